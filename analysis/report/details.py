"""Details of a step or of a record that a page shows on request, as JSON with texts that are ready to show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from analysis.report.formatting import count, duration, file_size, moment
from analysis.report.kinds import kind_of
from analysis.report.material import RecordNode

__all__ = ["details"]

# of the files of a record; the others are counted
_FILES_SHOWN = 12


def details(records: Sequence[RecordNode]) -> dict[str, Any]:
    """Steps by task, records by place; what many records have in common (code, settings) stands once, by number."""
    code, settings = _Pool(), _Pool()
    uses: dict[str, list[list[str]]] = {node.place: [] for node in records}
    for node in records:
        for used in node.inputs:
            uses[used.place].append([used.role, node.place])
    places: dict[str, Any] = {}
    for node in records:
        places[node.place] = {
            "family": node.family,
            "series": node.series,
            "key": node.key,
            "count": count(len(node.labels), "record"),
            "facts": _facts(node),
            "code": code.number([[name, digest] for name, digest in node.code.items()]),
            "settings": [[name, settings.number(_pretty(value))] for name, value in node.configuration.items()],
            "parameters": [[name, value] for name, value in node.parameters.items() if value],
            "inputs": [[used.role, used.place] for used in node.inputs],
            "uses": uses[node.place],
            "files": [[file.name, file_size(file.size), file.sha256] for file in node.payload[:_FILES_SHOWN]],
            "more": len(node.payload[_FILES_SHOWN:]),
            "time": duration(node.seconds),
        }
    families = dict.fromkeys(node.family for node in records)
    steps = {family: _step([node for node in records if node.family == family]) for family in families}
    return {"steps": steps, "records": places, "code": code.values, "settings": settings.values}


def _step(members: Sequence[RecordNode]) -> dict[str, Any]:
    number = sum(len(node.labels) for node in members)
    return {
        "kind": kind_of(members[0].family).title,
        "records": [node.place for node in members],
        "facts": [
            ["records", f"{number:,}"],
            ["time", f"{duration(sum(node.seconds for node in members))} in all"],
            ["memory", f"{file_size(max(node.peak_memory for node in members))} at most"],
            ["files", file_size(sum(node.size for node in members))],
        ],
    }


def _facts(node: RecordNode) -> list[list[str]]:
    several = len(node.labels) > 1
    commit = f"{node.commit[:10]}{', files edited' if node.commit.endswith('+') else ''}"
    facts = [
        ["key", node.key],
        ["made", moment(node.created)],
        ["time", duration(node.seconds) + (f" in {count(len(node.labels), 'record')}" if several else "")],
        ["memory", file_size(node.peak_memory) + (" at most" if several else "")],
        ["device", ", ".join(dict.fromkeys(word for word in (node.device, node.processor) if word))],
        ["commit", commit],
        ["place", node.place],
    ]
    return [fact for fact in facts if fact[1]]


class _Pool:
    """Values by number, equal ones once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, value: Any) -> int:
        key = json.dumps(value, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(value)
        return self._numbers[key]


def _pretty(value: Any) -> str:
    """JSON as a person reads it: short lists stay on one line, what is empty is left out."""
    return "\n".join(_lines(value, ""))


def _lines(value: Any, indent: str) -> list[str]:
    if isinstance(value, dict):
        shown = {name: inner for name, inner in value.items() if inner not in (None, [], {}, "")}
        lines = []
        for name, inner in shown.items():
            text = _short(inner)
            if text is not None and len(indent) + len(name) + len(text) < 64:
                lines.append(f"{indent}{name}: {text}")
            else:
                lines += [f"{indent}{name}:", *_lines(inner, indent + "  ")]
        return lines
    if isinstance(value, list):
        if all(_is_plain(inner) for inner in value):
            return _wrapped([_word(inner) for inner in value], indent)
        lines = []
        for inner in value:
            text = _short(inner)
            own = [f"{indent}  {text}"] if text is not None and len(text) < 64 else _lines(inner, indent + "  ")
            lines += [f"{indent}- {own[0].lstrip()}" if own else f"{indent}-", *own[1:]]
        return lines
    return [f"{indent}{_word(value)}"]


def _short(value: Any) -> str | None:
    """On one line, if it is a plain value or a list of such."""
    if _is_plain(value):
        return _word(value)
    if isinstance(value, list) and all(_is_plain(inner) for inner in value):
        return ", ".join(map(_word, value))
    return None


def _wrapped(words: Sequence[str], indent: str) -> list[str]:
    lines = [indent]
    for position, word in enumerate(words):
        piece = word + ("," if position < len(words) - 1 else "")
        if len(lines[-1]) + len(piece) > 64 and lines[-1].strip():
            lines.append(indent)
        lines[-1] += piece if lines[-1] == indent else f" {piece}"
    return lines


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
