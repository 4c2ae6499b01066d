"""Pins: steps that law.cfg's section ``[pins]`` freezes to given records in spite of changes of code or inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from analysis.errors import StudyError
from analysis.provenance.keys import KEY_LENGTH
from analysis.provenance.records import Record
from analysis.provenance.same_name import keys_of, newest_key
from tasks.families import task_name
from tasks.framework.pin_options import NOMINAL, SECTION, WHERE, Option, check_names, options
from tasks.framework.settings import store

__all__ = ["Pinned", "are_there", "behind", "old", "pinned", "pins_in_words", "told"]

_OLD_DAYS = 31
_TOLD = 8


@dataclass(frozen=True)
class Pinned:
    """A series that is frozen to records.

    Args:
        option: of law.cfg that says so.
        place: of the records.
        made: when they were made (ISO 8601, UTC).
        since: day since when they are pinned (ISO 8601), if the option says so.
        more: those that these records were made of when they were pinned, as manifests have them.
    """

    option: str
    place: str
    made: str
    since: str = ""
    more: tuple[dict[str, Any], ...] = ()

    @property
    def key(self) -> str:
        """The key of the records."""
        return self.place.rpartition("-")[2]

    def described(self) -> dict[str, str]:
        """Describe it for manifests."""
        found = {"place": self.place, "option": self.option, "made": self.made, "since": self.since}
        return {name: text for name, text in found.items() if text}

    def __str__(self) -> str:
        _, family, series = self.place.rpartition("-")[0].split("/")
        since = f", pinned since {self.since}" if self.since else ""
        return f"{family} {series} to {self.key}, made {self.made[:10]}{since} ([{SECTION}] {self.option})"

    def older(self, today: date) -> str:
        """Say that the records are older than a month, or pinned for longer than that; empty if they are not."""
        days = (today - date.fromisoformat(self.made[:10])).days
        pinned_for = (today - date.fromisoformat(self.since)).days if self.since else 0
        if max(days, pinned_for) < _OLD_DAYS:
            return ""
        since = f" and pinned for {pinned_for} days" if self.since else ""
        return f"{days} days old{since}"


#: series that this process found pinned, by place
_used: dict[str, Pinned] = {}


def told() -> list[str]:
    """Tell the pins that what this process asked for depends on, a line each."""
    lines = [str(_used[place]) for place in sorted(_used)]
    return lines if len(lines) <= _TOLD else [*lines[: _TOLD - 1], f"and {len(lines) - _TOLD + 1} more series"]


def are_there() -> bool:
    """Whether anything is pinned."""
    return bool(options())


def pinned(task: Any, series: str) -> Pinned | None:
    """The records that a series is frozen to; ``None`` if it is not.

    Args:
        task: a :class:`~tasks.framework.record_task.RecordTask`, of a workflow the workflow.
        series: one of its series.

    Raises:
        StudyError: law.cfg names what does not exist, or the records are not there or not complete.
    """
    if not (there := options()):
        return None
    check_names(task.study)
    option = next((there[name] for name in _names_of(task, series) if name in there), None)
    if option is None or not option.keys:
        return None
    found = _resolve(task, series, option)
    _used[found.place] = found
    return found


def behind(task: Any, series: str) -> list[dict[str, Any]]:
    """Describe the pinned records that a series is made of, directly or not, each once."""
    found: dict[str, dict[str, Any]] = {}
    waiting, seen = list(task.needs(series).values()), set()
    while waiting:
        need = waiting.pop()
        other, name = need.task, need.chosen_series
        if (place := other.place(name)) in seen:
            continue
        seen.add(place)
        if pin := other.pinned(name):
            found |= {one["place"]: one for one in (*pin.more, pin.described())}
        else:
            waiting += other.needs(name).values()
    return [found[place] for place in sorted(found)]


def _names_of(task: Any, series: str) -> Iterator[str]:
    """The options that would pin a series, the most specific first."""
    dataset, _, shift = series.partition(".")
    shift = shift or NOMINAL
    stage = task.definition.stage(task.stage) if getattr(task, "stage", "") else None
    # other tasks may work for a stage, too: its name is that of the one that makes it
    of_stage = (stage.name, task_name(stage)) if stage and stage.family == task.maker else ()
    tasks = dict.fromkeys((*of_stage, task.family))
    for suffix in (f"{dataset}.{shift}", dataset, shift, ""):
        for study in (f"{task.study}.", ""):
            yield from (f"{study}{name}{f'.{suffix}' if suffix else ''}" for name in tasks)


def _resolve(task: Any, series: str, option: Option) -> Pinned:
    """Find the records of a series among the keys of an option."""
    where, name = store(task.maker), f"{task.study}/{task.family}/{series}"
    found = [key for key in keys_of(where, name) if key.startswith(option.keys)]
    what = f"{WHERE}: {option.name} pins {task.family} {series}"
    lift = f"or let go of it: delete the option, or add {task.family}.{series} = with no key"
    if not found:
        newest = newest_key(where, name)
        raise StudyError(
            f"{what} to {' '.join(option.keys)}, and {where.url(name.rpartition('/')[0])} has no records of that name "
            f"under {'that key' if len(option.keys) == 1 else 'any of these keys'}",
            cure=f"{f'add the key of some: the newest are {newest}' if newest else 'there are none at all'}; {lift}",
        )
    if len(found) > 1:
        raise StudyError(
            f"{what} to {' '.join(option.keys)}, and there are records of that name under {', '.join(found)}",
            cure=f"name one key a series, with all {KEY_LENGTH} digits; the newest is {newest_key(where, name)}",
        )
    place, payload = f"{name}-{found[0]}", task.payload_of(series)
    listing = where.listing(place)
    records = [Record(where, place, label, payload) for label in task.labels(series)]
    whole = [record for record in records if record.is_complete(listing)]
    if len(whole) < len(records) or not records:
        raise StudyError(
            f"{what} to {found[0]}, of which {len(whole)} of {len(records)} records are complete in {where.url(place)}",
            cure=f"nothing is made under a pinned key: bring the others back, {lift}",
        )
    manifest = records[0].manifest()
    made = str(manifest.get("made", {}).get("end", ""))
    return Pinned(option.name, place, made, option.since, tuple(manifest.get("pinned", ())))


def pins_in_words(described: Iterable[Mapping[str, str]]) -> list[str]:
    """Say of pinned records, as manifests describe them, what that means, for a page or a capsule."""
    by_option: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for one in described:
        by_option.setdefault((one["place"].split("/")[1], one["option"]), []).append(one)
    return [_in_words(task, group) for (task, _), group in by_option.items()]


def _in_words(task: str, group: list[Mapping[str, str]]) -> str:
    named = (one["place"].rpartition("/")[2].rpartition("-") for one in group)
    series = ", ".join(f"{name} (key {key})" for name, _, key in named)
    since = f", since {group[0]['since']}" if "since" in group[0] else ""
    days = sorted({one["made"][:10] for one in group})
    return (
        f"{task} is pinned{since}, to records made {' to '.join(days[:1] + days[1:][-1:])}: {series}; what it would be "
        "by the present code, settings and inputs is not looked at"
    )


def old() -> list[str]:
    """Say of pins that are older than a month how old they are."""
    today = datetime.now(UTC).date()
    found = [(pin, text) for pin in _used.values() if (text := pin.older(today))]
    # of many data sets under one option, one tells
    by_option = {pin.option: (pin, text) for pin, text in sorted(found, key=lambda one: one[0].made, reverse=True)}
    return [
        f"[{SECTION}] {option} holds to records that are {text} ({pin.key}): is that still meant?"
        for option, (pin, text) in sorted(by_option.items())
    ]
