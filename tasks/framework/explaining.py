"""``--explain``: the tree of a task with keys and states, and the reason for what is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from law.util import colored

from analysis.errors import StudyError
from tasks.framework.adopted_series import adopted_series
from tasks.framework.due import is_due
from tasks.framework.reasons import CodeTexts, Reason, code_lines, find_reasons, identity, input_words
from tasks.framework.reporting import tell_lines
from tasks.framework.states import Node, Series, all_nodes, states_of

__all__ = ["explain"]

_SHOWN_CAUSES, _SHOWN_NAMES = 8, 3
_COLOURS = {"complete": "green", "missing": "red"}
_DIFFERENCE = {"+": "green", "-": "red"}


def explain(root: Any, depth: str) -> None:
    """Print the tree of a task down to a depth, with family, series, key and state of all records, and reasons.

    Args:
        root: the task.
        depth: how far; 0 for the task alone, -1 for all.

    Raises:
        StudyError: the depth is no number.
    """
    try:
        most = int(depth)
    except ValueError as error:
        raise StudyError(f"--explain {depth!r} is no depth", cure="write a number, or nothing for all") from error
    node = states_of(root, lambda _, at: most < 0 or at < most)
    tell_lines(_Tree(node).lines())


class _Tree:
    """The lines of a tree, in which every task, reason and difference stands once."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._reasons = find_reasons(root)
        self._adopted = adopted_series(one for node in all_nodes(root) for one in node.series)
        self._texts = CodeTexts()
        self._told: dict[str, str] = {}
        self._shown: set[str] = set()
        self._explained: set[str] = set()

    def lines(self) -> Iterator[str]:
        yield from self._branch(self._root, "", "", "")
        yield ""
        yield self._total()
        yield from self._all_causes()

    def _branch(self, node: Node, before: str, corner: str, after: str) -> Iterator[str]:
        head = before + corner
        name = _painted(node.name, "green")
        # two tasks may make the same records: of some data sets, and of all
        own = {f"{one.records.place} {one.records.labels}" for one in node.series} or {node.task.task_id}
        if own <= self._shown:
            yield f"{head}{name} {_names(node)}  (as above)"
            return
        self._shown |= own
        inner = before + after
        text = inner + ("│    " if node.required else "     ")
        if not node.series:
            yield f"{head}{name}  {'done' if node.complete else 'to be done'}"
        elif len(node.series) == 1:
            yield f"{head}{name} {self._described(node, node.series[0])}"
            yield from self._reason(node.series[0], text)
        else:
            yield f"{head}{name}"
            width = max(len(_title(series)) for series in node.series)
            for series in node.series:
                yield f"{text}{self._described(node, series, width)}"
                yield from self._reason(series, f"{text}  ")
        for number, one in enumerate(node.required):
            last = number == len(node.required) - 1
            yield from self._branch(one, inner, "└── " if last else "├── ", "    " if last else "│   ")

    def _described(self, node: Node, series: Series, width: int = 0) -> str:
        """Name, key and state of a series."""
        number, missing = len(series.records.labels), len(series.missing)
        if not missing:
            state = "complete" if number == 1 else f"complete ({number})"
        elif missing < number:
            state = f"{number - missing} of {number}"
        else:
            state = "missing" if number == 1 else f"missing ({number})"
        notes = ["pinned"] if series.is_pinned else []
        if old := self._adopted.get(series.records.place):
            notes.append(f"adopted from {old}")
        if series.damaged:
            notes.append("damaged")
        if series.outdated:
            notes.append("outdated")
        if not missing and is_due(node.task):
            notes.append("looked at again after what is before it")
        if missing == number and not notes and identity(series) not in self._reasons:
            notes.append("never made")
        if like := self._told_of(node, series):
            notes.append(f"as {like}")
            self._explained.add(series.records.place)
        colour = _COLOURS.get(state.partition(" ")[0], "yellow")
        words = "".join(f", {_painted(note, 'yellow')}" for note in notes)
        return f"{_title(series):<{width}}  {series.key}  {_painted(state, colour)}{words}"

    def _told_of(self, node: Node, series: Series) -> str:
        """The series of the task of which the same reason was told before; empty if there is none."""
        reason = self._reasons.get(identity(series))
        if reason is None or series.records.place in self._explained:
            return ""
        words = f"{node.name} {[str(one) for one in reason.causes]} {input_words(reason)}"
        told = self._told.setdefault(words, series.name)
        return told if told != series.name else ""

    def _reason(self, series: Series, text: str) -> Iterator[str]:
        if pin := series.task.pinned(series.name):
            yield f"{text}pinned by {pin.option}: without that it would be {series.task.key_parts(series.name).key()}"
            return
        for why in list(dict.fromkeys(series.outdated.values()))[:_SHOWN_CAUSES]:
            yield f"{text}{why}"
        reason = self._reasons.get(identity(series))
        if reason is None or series.records.place in self._explained:
            return
        self._explained.add(series.records.place)
        causes, inputs = [str(one) for one in reason.causes], input_words(reason)
        verb = "differs from" if series.missing else "took the place of"
        since = f"{text}{verb} {reason.earlier.key} ({reason.earlier.time})"
        if not causes:
            yield f"{since}: inputs {inputs}"
            return
        yield f"{since}:"
        for one in reason.causes[:_SHOWN_CAUSES]:
            yield from self._cause(reason, one, f"{text}  ")
        if len(causes) > _SHOWN_CAUSES:
            yield f"{text}  and {len(causes) - _SHOWN_CAUSES} more"
        if inputs:
            yield f"{text}  inputs {inputs}"

    def _cause(self, reason: Reason, cause: Any, text: str) -> Iterator[str]:
        if cause.kind != "code":
            yield f"{text}{cause}"
            return
        known = f"{cause} {cause.old} {cause.new}"
        again = known in self._told
        self._told.setdefault(known, "")
        lines = [] if again else code_lines(self._texts, reason, cause)
        yield f"{text}{cause}{' (shown above)' if again else ''}"
        yield from (f"{text}  {_painted(line, _DIFFERENCE.get(line[:1], ''))}" for line in lines)

    def _total(self) -> str:
        series = {one.records.place: one for node in all_nodes(self._root) for one in node.series}.values()
        records, missing = (sum(len(one.records.labels) for one in series), sum(len(one.missing) for one in series))
        if not records:
            return "there are no records to make"
        if not missing:
            return f"all {records} records are there" if records > 1 else "the record is there"
        return f"{missing} of {records} records {'is' if missing == 1 else 'are'} missing"

    def _all_causes(self) -> Iterator[str]:
        """All root causes, with the tasks in which they are."""
        tasks: dict[str, list[str]] = {}
        for node in all_nodes(self._root):
            for series in node.series:
                reason = self._reasons.get(identity(series))
                for cause in reason.causes if reason else ():
                    tasks.setdefault(str(cause), []).append(node.name)
        for line, names in list(tasks.items())[:_SHOWN_CAUSES]:
            yield f"  {line} ({_first(dict.fromkeys(names))})"
        if len(tasks) > _SHOWN_CAUSES:
            yield f"  and {len(tasks) - _SHOWN_CAUSES} more causes"


def _names(node: Node) -> str:
    return _first(map(_title, node.series))


def _first(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _SHOWN_NAMES} more" if len(every) > _SHOWN_NAMES else ""
    return ", ".join(every[:_SHOWN_NAMES]) + more


def _title(series: Series) -> str:
    labels = series.records.labels
    return series.name + (f" {labels[0]}" if len(labels) == 1 and labels[0] else "")


def _painted(text: str, colour: str) -> str:
    return colored(text, colour) if colour and sys.stdout.isatty() else text
