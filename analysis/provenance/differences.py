"""Differences between two keys, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from analysis.provenance.auxiliary import name_of
from analysis.provenance.keys import KeyParts, canonical_json

__all__ = ["ABSENT", "Difference", "differences", "find_differences"]

_PARTS = ("parameters", "code", "configuration", "inputs")
_WORDS = {"parameters": "parameter", "code": "code", "configuration": "configuration", "inputs": "input"}
_SHA256 = re.compile("[0-9a-f]{64}")

ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """One difference between the parts of two keys.

    Args:
        kind: ``task``, ``parameter``, ``code``, ``file``, ``setting``, ``configuration`` or ``input``.
        name: of what differs; of code its label, of an input its role.
        old: its value, its digest or its key before; :data:`ABSENT` if there was none.
        new: the same now.
    """

    kind: str
    name: str
    old: Any
    new: Any

    def __str__(self) -> str:
        what = "is new" if self.old is ABSENT else "is not used any more" if self.new is ABSENT else "changed"
        if self.kind == "task":
            return f"task: {self.old} -> {self.new}"
        if self.kind == "code":
            return f"code {self.name} {what}"
        if self.kind == "file":
            # the key knows the file by what the step calls it
            called = name_of(str(self.new))
            return f"file {self.name} {f'({called}) ' if called else ''}{what}"
        if self.kind == "input" and ABSENT not in (self.old, self.new):
            return f"input {self.name}: other record ({self.old} -> {self.new})"
        before, after = ("nothing" if value is ABSENT else repr(value) for value in (self.old, self.new))
        common = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
        return f"{self.kind} {self.name}: {_shortened(before, common)} -> {_shortened(after, common)}"


def find_differences(old: KeyParts, new: KeyParts) -> list[Difference]:
    """Find the differences between the parts of two keys, the root causes first."""
    found = [] if old.family == new.family else [Difference("task", "", old.family, new.family)]
    for part in _PARTS:
        for name, before, after in _changes(getattr(old, part), getattr(new, part), ""):
            found.append(_difference(_WORDS[part], name, before, after))
    # code that several steps use is told once
    return list({str(one): one for one in found}.values())


def differences(old: KeyParts, new: KeyParts) -> list[str]:
    """List the differences between the parts of two keys, one line each, the root causes first.

    A changed input is told only by its role: what changed in it is told where it was made.

    Examples:
        >>> old = KeyParts("Fit", configuration={"range": [80, 100]}, inputs={"events": "aa"})
        >>> new = KeyParts("Fit", configuration={"range": [80, 102]}, inputs={"events": "bb"})
        >>> differences(old, new)
        ['configuration range[1]: 100 -> 102', 'input events: other record (aa -> bb)']
    """
    return [str(one) for one in find_differences(old, new)]


def _changes(old: Any, new: Any, name: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            inner = f"{name}.{key}" if name else str(key)
            yield from _changes(old.get(key, ABSENT), new.get(key, ABSENT), inner)
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        yield from _changes_of_list(old, new, name)
    # as text: for Python, 1 and True and 1.0 are equal
    elif ABSENT in (old, new) or canonical_json(old) != canonical_json(new):
        yield name, old, new


def _changes_of_list(old: Sequence[Any], new: Sequence[Any], name: str) -> Iterator[tuple[str, Any, Any]]:
    matcher = SequenceMatcher(None, [canonical_json(v) for v in old], [canonical_json(v) for v in new], autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        both = min(i_end - i, j_end - j)
        for k in range(both):
            yield from _changes(old[i + k], new[j + k], f"{name}[{j + k}]")
        for k in range(i + both, i_end):
            yield f"{name}[{k}]", old[k], ABSENT
        for k in range(j + both, j_end):
            yield f"{name}[{k}]", ABSENT, new[k]


def _difference(word: str, name: str, old: Any, new: Any) -> Difference:
    if word != "configuration":
        return Difference(word, name, old, new)
    _, of_step, label = name.rpartition(".code.")
    if of_step:
        return Difference("code", label, old, new)
    _, of_step, file = name.rpartition(".files.")
    if of_step and _SHA256.fullmatch(str(old if new is ABSENT else new)):
        return Difference("file", file, old, new)
    owner, of_step, setting = name.rpartition(".settings.")
    if of_step:
        # of the one step that makes the record, as --set names it
        return Difference("setting", setting if owner == "step" else f"{owner}.{setting}", old, new)
    return Difference(word, name, old, new)


def _shortened(text: str, common: int) -> str:
    """At most 60 characters of a text, so that what comes after its common beginning is seen."""
    if len(text) > 60 and common > 40:
        text = "..." + text[common - 20 :]
    return text if len(text) <= 60 else text[:57] + "..."
