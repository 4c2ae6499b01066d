"""Differences between two keys, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from analysis.provenance.auxiliary import name_of
from analysis.provenance.keys import KeyParts, canonical_json

__all__ = ["differences"]

_WORDS = {"parameters": "parameter", "code": "code", "configuration": "configuration", "inputs": "input"}
_SHA256 = re.compile("[0-9a-f]{64}")


def differences(old: KeyParts, new: KeyParts) -> list[str]:
    """List the differences between the parts of two keys, one line each, the root causes first.

    A changed input is told only by its role: what changed in it is told where it was made.

    Examples:
        >>> old = KeyParts("Fit", configuration={"range": [80, 100]}, inputs={"events": "aa"})
        >>> new = KeyParts("Fit", configuration={"range": [80, 102]}, inputs={"events": "bb"})
        >>> differences(old, new)
        ['configuration range[1]: 100 -> 102', 'input events: other record (aa -> bb)']
    """
    lines = [] if old.family == new.family else [f"task: {old.family} -> {new.family}"]
    for part, word in _WORDS.items():
        for name, before, after in _changes(getattr(old, part), getattr(new, part), ""):
            lines.append(_line(word, name, before, after))
    # code that several steps use is told once
    return list(dict.fromkeys(lines))


_ABSENT = object()


def _changes(old: Any, new: Any, name: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            inner = f"{name}.{key}" if name else str(key)
            yield from _changes(old.get(key, _ABSENT), new.get(key, _ABSENT), inner)
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        yield from _changes_of_list(old, new, name)
    # as text: for Python, 1 and True and 1.0 are equal
    elif _ABSENT in (old, new) or canonical_json(old) != canonical_json(new):
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
            yield f"{name}[{k}]", old[k], _ABSENT
        for k in range(j + both, j_end):
            yield f"{name}[{k}]", _ABSENT, new[k]


def _line(word: str, name: str, old: Any, new: Any) -> str:
    _, of_step, module = name.rpartition(".code.") if word == "configuration" else ("", "", "")
    what = "is new" if old is _ABSENT else "is not used any more" if new is _ABSENT else "changed"
    if word == "code" or of_step:
        label = module if of_step else name
        return f"{label if label.startswith('distribution ') else f'code {label}'} {what}"
    _, of_step, file = name.rpartition(".files.")
    if of_step and _SHA256.fullmatch(str(old if new is _ABSENT else new)):
        # the key knows the file by what the step calls it
        called = name_of(str(new))
        return f"file {file} {f'({called}) ' if called else ''}{what}"
    if word == "input" and _ABSENT not in (old, new):
        return f"input {name}: other record ({old} -> {new})"
    before, after = ("nothing" if value is _ABSENT else repr(value) for value in (old, new))
    common = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    return f"{word} {name}: {_shortened(before, common)} -> {_shortened(after, common)}"


def _shortened(text: str, common: int) -> str:
    """At most 60 characters of a text, so that what comes after its common beginning is seen."""
    if len(text) > 60 and common > 40:
        text = "..." + text[common - 20 :]
    return text if len(text) <= 60 else text[:57] + "..."
