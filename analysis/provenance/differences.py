"""Why two keys differ, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.provenance.keys import KeyParts

__all__ = ["differences"]

_WORDS = {"parameters": "parameter", "code": "code", "configuration": "configuration", "inputs": "input"}


def differences(old: KeyParts, new: KeyParts) -> list[str]:
    """What differs between the parts of two keys, one line each, the root causes first.

    A changed input is told only by its role: what changed in it is told where it was made.

    Examples:
        >>> old = KeyParts("Fit", configuration={"range": [80, 100]}, inputs={"events": "aa"})
        >>> new = KeyParts("Fit", configuration={"range": [80, 102]}, inputs={"events": "bb"})
        >>> differences(old, new)
        ['configuration range[1]: 100 -> 102', 'input events: other record (aa -> bb)']
    """
    lines = []
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
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changes(before, after, f"{name}[{i}]")
    elif old is _ABSENT or new is _ABSENT or old != new:
        yield name, old, new


def _line(word: str, name: str, old: Any, new: Any) -> str:
    _, of_step, module = name.rpartition(".code.")
    if word == "code" or of_step:
        what = "is new" if old is _ABSENT else "is not used any more" if new is _ABSENT else "changed"
        return f"code {module if of_step else name} {what}"
    if word == "input" and _ABSENT not in (old, new):
        return f"input {name}: other record ({old} -> {new})"
    return f"{word} {name}: {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    text = "nothing" if value is _ABSENT else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
