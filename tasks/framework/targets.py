"""Records as law sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from law.target.base import Target

from analysis.errors import StudyError
from analysis.provenance.manifests import MANIFEST
from analysis.provenance.records import Record
from analysis.provenance.store import Store
from tasks.framework.inputs import listings_now

__all__ = ["Outdated", "RecordCollection", "RecordTarget", "RecordsOfPlace", "complete_labels"]

Outdated = Callable[[Sequence[str]], Mapping[str, str]]


class RecordTarget(Target):
    """One record as an output.

    Args:
        record: complete or not.
        pinned: whether law.cfg pins it, so that it is not removed.
        outdated: of complete ones of some labels those whose inputs hold something else by now, with the reasons.
    """

    def __init__(
        self, record: Record, *, pinned: bool = False, outdated: Outdated = lambda labels: {}, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.record = record
        self.pinned = pinned
        self.outdated = outdated

    def exists(self, **_: Any) -> bool:
        return self.record.is_complete() and not self.outdated([self.record.label])

    def remove(self, silent: bool = True, **_: Any) -> None:
        _refuse_pinned(self.record.place, self.pinned)
        remove_record(self.record)

    def uri(self, return_all: bool = False, **_: Any) -> str | list[str]:
        return [self.record.address] if return_all else self.record.address

    def status_text(self, max_depth: int = 0, flags: Any = None, color: bool = False, exists: Any = None) -> str:
        text = super().status_text(max_depth=max_depth, flags=flags, color=color, exists=exists)
        return f"{text} (pinned)" if self.pinned else str(text)

    def _repr_pairs(self) -> list[tuple[str, str]]:
        return [("record", self.record.address)]


class RecordCollection(Target):
    """All records of a workflow as one output, whose state costs one listing a place.

    Args:
        places: of the store, with the labels in each.
    """

    def __init__(self, places: Sequence[RecordsOfPlace], threshold: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places = places
        self.threshold = threshold

    def __len__(self) -> int:
        return sum(len(p.labels) for p in self.places)

    def count(self) -> int:
        """Number of complete records."""
        return sum(len(complete_labels(p)) for p in self.places)

    def exists(self, **_: Any) -> bool:
        return self._is_enough(self.count())

    def _is_enough(self, count: int) -> bool:
        return count >= (len(self) * self.threshold if self.threshold <= 1 else self.threshold)

    def remove(self, silent: bool = True, **_: Any) -> None:
        for place in self.places:
            _refuse_pinned(place.place, place.pinned)
        for place in self.places:
            for label in place.labels:
                remove_record(place.record(label))

    def uri(self, return_all: bool = False, **_: Any) -> str | list[str]:
        urls = [p.store.url(p.place) for p in self.places]
        return urls if return_all or len(urls) != 1 else urls[0]

    def status_text(self, max_depth: int = 0, flags: Any = None, color: bool = False, exists: Any = None) -> str:
        count = self.count()
        text = super().status_text(color=color, exists=self._is_enough(count))
        text += f" ({count}/{len(self)})"
        if pinned := sum(place.pinned for place in self.places):
            text += " (pinned)" if pinned == len(self.places) else f" ({pinned} of {len(self.places)} series pinned)"
        if max_depth > 0:
            for place in self.places:
                text += f"\n{len(complete_labels(place))}/{len(place.labels)}  {place.store.url(place.place)}"
                text += "  (pinned)" if place.pinned else ""
        return text

    def _repr_pairs(self) -> list[tuple[str, str]]:
        return [("records", str(len(self))), ("places", str(len(self.places)))]


@dataclass(frozen=True)
class RecordsOfPlace:
    """The records that a workflow has in one place.

    Args:
        store: where it is.
        place: its relative name.
        labels: of the records.
        payload: of each record.
        pinned: whether law.cfg pins them, so that they are not removed.
        outdated: of complete ones of some labels those whose inputs hold something else by now, with the reasons.
    """

    store: Store
    place: str
    labels: Sequence[str]
    payload: tuple[str, ...]
    pinned: bool = False
    outdated: Outdated = field(default=lambda labels: {}, compare=False)

    def record(self, label: str) -> Record:
        """The record of a label."""
        return Record(self.store, self.place, label, self.payload)


def complete_labels(place: RecordsOfPlace) -> list[str]:
    """Labels of the complete records that are not outdated; costs a listing, and one of each place of inputs."""
    listing = listings_now().of(place.store, place.place)
    there = [label for label in place.labels if place.record(label).is_complete(listing)]
    old = place.outdated(there) if there else {}
    return [label for label in there if label not in old] if old else there


def _refuse_pinned(place: str, pinned: bool) -> None:
    if pinned:
        raise StudyError(
            f"the records {place} are pinned by law.cfg or law_user.cfg, so they are not removed",
            cure="take the option out of the section [pins] first",
        )


def remove_record(record: Record) -> None:
    """Delete a record, the manifest first: what is left of it, if this is interrupted, is not complete."""
    for name in (MANIFEST, *record.payload):
        record.store.remove(record.place, record.file_name(name))
