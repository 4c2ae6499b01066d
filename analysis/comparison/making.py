"""What was different in the making of two results: root causes where they are, each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.comparison.pairs import Pair
from analysis.preservation.comparison import circumstances
from analysis.provenance.differences import differences
from analysis.provenance.keys import KeyParts

__all__ = ["Cause", "causes", "conditions"]


@dataclass(frozen=True)
class Cause:
    """A difference in the making of records.

    Args:
        task: that made them.
        series: names of the records, those of one task together.
        lines: parameters, code, settings and inputs that differ, a line each; empty where only inputs are others that
            were told before.
    """

    task: str
    series: tuple[str, ...]
    lines: tuple[str, ...]


def causes(pairs: Sequence[Pair]) -> list[Cause]:
    """List what was different in the making, root causes first; series that differ in the same are told together.

    Args:
        pairs: in the order of the graph.
    """
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for pair in pairs:
        old, new = (KeyParts.from_dict(manifest["parts"]) for manifest in pair.manifests)
        told = {*pair.needs, *(role for role in old.inputs if old.inputs[role] == new.inputs.get(role))}
        lines = [line for line in differences(old, new) if not _is_input(line, told)]
        found.setdefault((pair.family, tuple(lines)), []).append(pair.series)
    return [Cause(task, tuple(series), lines) for (task, lines), series in found.items()]


def _is_input(line: str, roles: Iterable[str]) -> bool:
    return any(line.startswith(f"input {role}:") for role in roles)


def conditions(pairs: Sequence[Pair], names: tuple[str, str]) -> dict[str, int]:
    """List what was different around the making and decides no key: software, machines, commits, seeds.

    Args:
        pairs: of records.
        names: of the two sides.

    Returns:
        Texts, and of how many records each holds.
    """
    found: dict[str, int] = {}
    for pair in pairs:
        for label, one in pair.b.items():
            before = pair.a.get(label) or next(iter(pair.a.values()))
            for line in _around(before.manifest, one.manifest, names):
                found[line] = found.get(line, 0) + 1
    return found


def _around(before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, str]) -> list[str]:
    lines = circumstances(before, after, names)
    for word, texts in (
        ("host", [one["host"].get("name") for one in (before, after)]),
        ("commit", [_commit(one["source"]) for one in (before, after)]),
    ):
        if texts[0] != texts[1]:
            lines.append(f"{word}: {texts[0] or 'unknown'} -> {texts[1] or 'unknown'}")
    return lines


def _commit(source: Mapping[str, Any]) -> str:
    return f"{source['commit'][:12]}{' with changes' if source['dirty'] else ''}" if source.get("commit") else ""
