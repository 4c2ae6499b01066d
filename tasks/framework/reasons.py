"""Reasons why records are missing: what differs from the nearest earlier ones."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.provenance.code_differences import code_difference
from analysis.provenance.differences import ABSENT, Difference, find_differences
from analysis.provenance.fingerprint import sources
from analysis.provenance.history import earlier_record, nearest_record
from analysis.provenance.same_name import Earlier
from analysis.provenance.source_texts import kept_texts
from analysis.provenance.store import Store
from tasks.framework.states import Node, Series, all_nodes

__all__ = ["CodeTexts", "Reason", "code_lines", "find_reasons", "identity", "input_words"]

_SHOWN_NAMES = 4


@dataclass(frozen=True)
class Reason:
    """The reason why records of a series are others than they were.

    Args:
        series: of the records.
        earlier: the records that they are compared with.
        differences: of their keys' parts, the root causes first.
    """

    series: Series
    earlier: Earlier
    differences: tuple[Difference, ...]

    @property
    def causes(self) -> list[Difference]:
        """Changes in the task itself."""
        return [one for one in self.differences if one.kind != "input"]

    @property
    def inputs(self) -> list[Difference]:
        """Changes where its inputs are made."""
        return [one for one in self.differences if one.kind == "input"]


def find_reasons(root: Node) -> dict[tuple[str, str], Reason]:
    """Find the reasons for all series that are missing as a whole, by place's address and series.

    Those that are there, but replaced the input of a missing one, have their reason too: it is the cause.
    """
    found: dict[tuple[str, str], Reason] = {}
    asked: dict[tuple[str, str], str] = {}
    for node in all_nodes(root):
        for series in node.series:
            if series.is_pinned:
                continue
            reason = _reason_of(series, asked.get(identity(series), ""))
            if reason is None:
                continue
            found[identity(series)] = reason
            for one in reason.inputs:
                if (changed := _made_of(series, one)) is not None:
                    asked.setdefault(changed[0], changed[1])
    return found


def identity(series: Series) -> tuple[str, str]:
    """Return what tells a series from all others of a study: its task's family and its place."""
    return series.task.family, series.records.place


def _reason_of(series: Series, asked: str) -> Reason | None:
    """Compare a series with its nearest earlier records; one that is there with those that were replaced by it."""
    parts, records = series.task.key_parts(series.name), series.records
    if len(series.missing) == len(records.labels):
        nearest = nearest_record(records.store, records.place, parts, records.labels[0])
        return None if nearest is None else Reason(series, nearest[0], tuple(nearest[1]))
    if asked and asked != series.key:
        place = f"{records.place.rpartition('-')[0]}-{asked}"
        if (earlier := earlier_record(records.store, place, records.labels[0])) is not None:
            return Reason(series, earlier, tuple(find_differences(earlier.parts, parts)))
    return None


def _made_of(series: Series, difference: Difference) -> tuple[tuple[str, str], str] | None:
    """Return identity of the series that a changed input is, and the key that it had before."""
    need = series.task.needs(series.name).get(difference.name)
    if need is None or difference.old is ABSENT:
        return None
    upstream = need.task
    return (upstream.family, upstream.place(need.chosen_series)), str(difference.old).partition(" ")[0]


def input_words(reason: Reason) -> str:
    """Name the inputs that changed by the tasks that make them, and by their series where these are not the own one."""
    needs = reason.series.task.needs(reason.series.name)
    by_task: dict[str, list[str]] = {}
    for one in reason.inputs:
        need = needs.get(one.name)
        if ABSENT in (one.old, one.new) or need is None:
            by_task.setdefault(one.name, []).append("new" if one.old is ABSENT else "not used any more")
            continue
        names = by_task.setdefault(need.task.family, [])
        (old, _, old_extent), (new, _, new_extent) = (str(key).partition(" ") for key in (one.old, one.new))
        name = need.chosen_series
        if old == new:
            names.append(f"{name}: {old_extent or 'all'} -> {new_extent or 'all'}")
        elif len(need.task.series_names()) > 1 and name != reason.series.name:
            names.append(name)
    return ", ".join(_with_names(family, list(dict.fromkeys(names))) for family, names in by_task.items())


def _with_names(family: str, names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return f"{family} ({', '.join(names[:_SHOWN_NAMES])}{more})" if names else family


class CodeTexts:
    """Source texts of earlier code, each file read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    def of(self, store: Store, earlier: Earlier) -> dict[str, str]:
        """Source texts by label."""
        key = store.url(""), earlier.place
        if key not in self._known:
            self._known[key] = kept_texts(store, earlier.parts)
        return self._known[key]


def code_lines(texts: CodeTexts, reason: Reason, difference: Difference) -> list[str]:
    """Return the lines of a difference of code; none where the text of what was is not known."""
    old = texts.of(reason.series.records.store, reason.earlier).get(difference.name, "")
    new = sources([difference.name]).get(difference.name, "") if old else ""
    return code_difference(old, new) if old and new else []
