"""Differences in the making of two results: root causes where they are, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.comparison.pairs import Pair, Stored
from analysis.preservation.comparison import circumstances
from analysis.provenance.code_differences import code_difference
from analysis.provenance.differences import find_differences
from analysis.provenance.keys import KeyParts, canonical_json
from analysis.provenance.source_texts import kept_texts

__all__ = ["Cause", "Change", "causes", "conditions", "marks"]


@dataclass(frozen=True)
class Change:
    """One difference in the making of records.

    Args:
        what: a parameter, setting, definition, file or input that differs, in words.
        code: of a definition, the lines of the difference of its code; empty where the store does not have both texts.
    """

    what: str
    code: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cause:
    """Differences in the making of records.

    Args:
        task: that made them.
        series: names of the records, those of one task together.
        changes: what differs; empty where only inputs are others that were told before.
    """

    task: str
    series: tuple[str, ...]
    changes: tuple[Change, ...]


def causes(pairs: Sequence[Pair]) -> list[Cause]:
    """List what was different in the making, root causes first; series that differ in the same are told together.

    Args:
        pairs: in the order of the graph.
    """
    found: dict[tuple[str, tuple[Change, ...]], list[str]] = {}
    texts: dict[tuple[str, str], dict[str, str]] = {}
    for pair in pairs:
        parts = [KeyParts.from_dict(manifest["parts"]) for manifest in pair.manifests]
        # inputs that both have, the same or a pair of their own
        told = {*pair.needs, *(role for role, key in parts[0].inputs.items() if key == parts[1].inputs.get(role))}
        different = [one for one in find_differences(*parts) if not (one.kind == "input" and one.name in told)]
        if any(one.kind == "code" for one in different):
            known = [_texts(side, one, texts) for side, one in zip(pair.sides, parts, strict=True)]
        changes = tuple(
            Change(str(one), tuple(_code(one.name, *known)) if one.kind == "code" else ()) for one in different
        )
        found.setdefault((pair.family, changes), []).append(pair.series)
    return [Cause(task, tuple(series), changes) for (task, changes), series in found.items()]


def _texts(side: Mapping[str, Stored], parts: KeyParts, known: dict[tuple[str, str], dict[str, str]]) -> dict[str, str]:
    """Source texts of the code of records by label; each file is read once."""
    store = next(iter(side.values())).record.store
    name = store.url(""), canonical_json(parts.all_code())
    if name not in known:
        known[name] = kept_texts(store, parts)
    return known[name]


def _code(label: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return code_difference(old[label], new[label]) if label in old and label in new else []


def marks(pairs: Sequence[Pair], names: tuple[str, str]) -> list[str]:
    """List the records that were adopted, and the pinned ones that results are made of, each once.

    Args:
        pairs: of records.
        names: of the two sides.
    """
    found: dict[str, None] = {}
    for pair in pairs:
        for name, side in zip(names, pair.sides, strict=True):
            for one in side.values():
                if adopted := one.manifest.get("adopted"):
                    key, reason = adopted["from"]["key"], adopted["reason"]
                    found[f"{name}: {pair.name} was adopted from {key}, because: {reason}"] = None
                for pin in one.manifest.get("pinned", ()):
                    found[f"{name}: made of {pin['place'].partition('/')[2].replace('/', ' ')}, which was pinned"] = (
                        None
                    )
    return list(found)


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
