"""Whether the records of a study are what their manifests say, and were made of what there is."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import RecordError
from analysis.provenance.adoption import set_aside
from analysis.provenance.manifests import FORMAT, content_digest, manifest_text
from analysis.provenance.records import Record

__all__ = ["Verification", "verify_all"]

Found = dict[tuple[str, str], tuple[Record, dict[str, Any]]]


@dataclass
class Verification:
    """The outcome of looking at all records of a study.

    Args:
        number: of records.
        damaged: what is wrong with those that are not what their manifests say; they are set aside.
        outdated: of which input each was made that holds something else by now; they are set aside.
        upgraded: records of older stores that say by now what they were made of.
        unknown: records of older stores that do not say it, because their inputs are not there or were made later.
    """

    number: int = 0
    damaged: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    upgraded: int = 0
    unknown: list[str] = field(default_factory=list)


def verify_all(
    records: Sequence[Record],
    *,
    varying: Mapping[str, Sequence[str]] | None = None,
    report: Callable[[int], None] = lambda done: None,
) -> Verification:
    """Check records against their manifests, and these against those of their inputs.

    What is damaged, or was made of something else than its inputs hold, is set aside. Records of older stores do not
    say what their inputs held; where these are there and were made before, they say it from now on.

    Args:
        records: of a study, in all stores.
        varying: names of payload files that hold times, by the task that makes them.
        report: called with the number of records that were looked at.

    Raises:
        StoreError: a store cannot be used.
    """
    outcome, found = Verification(len(records)), Found()
    damaged: set[tuple[str, str]] = set()
    for number, record in enumerate(records, start=1):
        try:
            # those of older stores are completed
            found[record.place, record.label] = record, copy.deepcopy(record.verify())
        except RecordError as error:
            damaged.add((record.place, record.label))
            outcome.damaged.append(error.problem)
        report(number)
    for _, manifest in found.values():
        _mark_varying(manifest, (varying or {}).get(manifest["record"]["family"], ()))
    contents = {name: content_digest(manifest) for name, (_, manifest) in found.items()}
    old = []
    for record, manifest in found.values():
        why = _outdated(manifest, contents, damaged)
        if why:
            set_aside(record)
            outcome.outdated.append(f"the record {record.address} is outdated: its {why}")
        elif manifest["format"] < FORMAT:
            old.append((record, manifest))
    for record, manifest in old:
        if _completed(manifest, found, contents):
            _rewrite(record, manifest)
            outcome.upgraded += 1
        else:
            outcome.unknown.append(record.address)
    return outcome


def _mark_varying(manifest: dict[str, Any], names: Iterable[str]) -> None:
    """A record of an older store does not say which of its files hold times."""
    for name in names if manifest["format"] < FORMAT else ():
        if name in manifest["payload"]:
            manifest["payload"][name]["varying"] = True


def _outdated(
    manifest: Mapping[str, Any],
    contents: Mapping[tuple[str, str], str],
    damaged: set[tuple[str, str]],
) -> str:
    """Say of which input a record was made that holds something else; empty if there is none that is known to."""
    for used in manifest["inputs"]:
        known = dict(zip(used["labels"], used.get("contents", ()), strict=False))
        for label in used["labels"]:
            name = (used["place"], label)
            words = f"input {used['role']}, {' '.join(filter(None, name))},"
            if label not in known and name in damaged:
                return f"{words} is damaged, and perhaps was when it was made of it"
            if label in known and contents.get(name, known[label]) != known[label]:
                return f"{words} was made anew with other content"
    return ""


def _completed(manifest: dict[str, Any], found: Found, contents: Mapping[tuple[str, str], str]) -> bool:
    """Write into a manifest what its inputs hold; whether they are there, and were there before it."""
    for used in manifest["inputs"]:
        names = [(used["place"], label) for label in used["labels"]]
        if any(name not in found for name in names):
            return False
        if any(found[name][1]["made"]["end"] > manifest["made"]["end"] for name in names):
            return False
        used["contents"] = [contents[name] for name in names]
    return True


def _rewrite(record: Record, manifest: Mapping[str, Any]) -> None:
    """Put another text in the place of a manifest, with the same time where the store keeps it."""
    text = manifest_text({**{name: value for name, value in manifest.items() if name != "digest"}, "format": FORMAT})
    store, name = record.store, record.manifest_name
    with store.lock(record.place, record.label, lambda: None):
        time = store.listing(record.place).times.get(name, 0.0)
        with store.draft(record.place, record.label) as folder:
            (folder / name).write_text(text, encoding="ascii")
            os.utime(folder / name, (time, time))
            store.put(record.place, name, folder / name)
