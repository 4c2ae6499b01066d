"""Which records of a store may go: those that no current, pinned, preserved or young result needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analysis.provenance.inventory import StoredPlace
from analysis.provenance.manifests import manifest_name
from analysis.provenance.trash import Removal

__all__ = ["PRESERVING", "Choice", "Needed", "choose", "made_at", "made_of", "removals_of", "time_of"]

#: folders of tasks whose records are results that somebody preserved, or verdicts on them
PRESERVING = frozenset({"PreserveStudy", "RerunStudy"})


@dataclass(frozen=True)
class Needed:
    """Reasons for a record to stay, with all that it was made of.

    Args:
        current: places of records that the present code makes.
        pinned: keys that steps are frozen to.
        preserved: places that a capsule lists, besides those of the store's own capsules.
        unknown: names of studies whose current records are not known.
    """

    current: frozenset[str] = frozenset()
    pinned: frozenset[str] = frozenset()
    preserved: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


@dataclass
class Choice:
    """The choice between records that go and that stay.

    Args:
        going: places whose records go.
        staying: why the other places stay, by place, in a word.
    """

    going: list[StoredPlace] = field(default_factory=list)
    staying: dict[str, str] = field(default_factory=dict)


def choose(
    places: Sequence[StoredPlace],
    manifests: Mapping[StoredPlace, Mapping[str, Any]],
    needed: Needed,
    *,
    before: float,
    versions: int = 0,
    restricted: Collection[str] | None = None,
) -> Choice:
    """Choose the places whose records go.

    Args:
        places: of all records of the studies, in all locations.
        manifests: one of each place that has one.
        needed: what makes records stay.
        before: records stay that were made later, or that something made later was made of (seconds since the epoch).
        versions: how many of the newest keys of each series stay in any case.
        restricted: places that may go; ``None`` for all.
    """
    inputs = {place.place: {str(one["place"]) for one in of.get("inputs", ())} for place, of in manifests.items()}
    times = {place.place: time_of(place, manifests.get(place)) for place in places}
    roots = {
        "of a study that is not known": (one.place for one in places if one.study in needed.unknown),
        "current": needed.current,
        "pinned": (one.place for one in places if one.key in needed.pinned),
        "preserved": (*needed.preserved, *(one.place for one in places if one.task in PRESERVING)),
        "young": (place for place, time in times.items() if time >= before),
    }
    reasons: dict[str, str] = {}
    for reason, some in roots.items():
        for place in made_of(some, inputs):
            reasons.setdefault(place, reason)
    for place in _newest(places, times, versions):
        reasons.setdefault(place, "among the newest")
    choice = Choice()
    for one in places:
        if one.place not in reasons and (restricted is None or one.place in restricted):
            choice.going.append(one)
        else:
            choice.staying[one.place] = reasons.get(one.place, "not asked about")
    return choice


def made_of(places: Iterable[str], inputs: Mapping[str, Collection[str]]) -> set[str]:
    """Return places and all that their records were made of, directly or not.

    Args:
        places: where to begin.
        inputs: places that the records of a place were made of.

    Examples:
        >>> sorted(made_of(["fit"], {"fit": ["histograms"], "histograms": ["events"], "page": ["fit"]}))
        ['events', 'fit', 'histograms']
    """
    found, waiting = set(), list(places)
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += inputs.get(place, ())
    return found


def time_of(place: StoredPlace, manifest: Mapping[str, Any] | None) -> float:
    """Return when the youngest of a place's records was made at the latest, as a manifest and the files' times tell.

    Returns:
        Seconds since the epoch.
    """
    # records of one key may have been made in turns; a store that was copied has later times for all of its files
    written = [place.entries[name].modified for name in place.files] if len(place.labels) > 1 else []
    return max(made_at(place, manifest), *written, 0.0)


def made_at(place: StoredPlace, manifest: Mapping[str, Any] | None) -> float:
    """Return when a place's records were made, as one manifest tells; without one, as the files' times do.

    Returns:
        Seconds since the epoch; infinity if nothing tells it.
    """
    try:
        return datetime.fromisoformat(str((manifest or {})["made"]["end"])).timestamp()
    except (KeyError, TypeError, ValueError):
        # a server that tells no times: it may be of today
        return max((place.entries[name].modified for name in place.files), default=0.0) or float("inf")


def removals_of(place: StoredPlace) -> list[Removal]:
    """Return the records of a place, each as something that goes as one; also remains without a manifest."""
    names: dict[str, list[str]] = {label: [] for label in place.labels}
    for name in place.files:
        names.setdefault(_label_of(name, place.labels), []).append(name)
    found = []
    for label, own in names.items():
        manifest = manifest_name(label)
        payload = sorted(name for name in own if name != manifest)
        found.append(Removal(place.place, label, (manifest, *payload), sum(place.files[name] for name in own)))
    return found


def _label_of(name: str, labels: Sequence[str]) -> str:
    """Return the label of the record that a file belongs to: the longest that begins its name, or what may be one."""
    fitting = [label for label in labels if not label or name == label or name.startswith(f"{label}.")]
    return max(fitting, key=len) if fitting else name.rpartition(".")[0]


def _newest(places: Sequence[StoredPlace], times: Mapping[str, float], versions: int) -> set[str]:
    """Places of the newest keys of each series."""
    series: dict[tuple[str, str, str], set[str]] = {}
    for one in places:
        series.setdefault((one.study, one.task, one.series), set()).add(one.place)
    return {
        place for some in series.values() for place in sorted(some, key=lambda one: times[one], reverse=True)[:versions]
    }
