"""Small programs that engines of keys fall for, each with a change of what it does.

They lie in a file beside. There, a line ``=== NAME`` begins a program and ``--- FILE`` a file of it; ``OLD => NEW`` at
its end is the change, of the one place where the old text stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["TRAPS", "Trap"]


@dataclass(frozen=True)
class Trap:
    """A program and a change of it; its entry is ``t.main:entry``.

    Args:
        files: the text of each file.
        changed: the text of each file after the change.
    """

    files: dict[str, str]
    changed: dict[str, str]


def _trap(text: str) -> Trap:
    parts = text.split("--- ")[1:]
    files = {name: body for name, _, body in (part.partition("\n") for part in parts)}
    old, new = (side.replace("\\n", "\n") for side in files.pop("change").strip().split(" => "))
    assert sum(body.count(old) for body in files.values()) == 1, old
    files.setdefault("t/__init__.py", "")
    return Trap(files, {name: body.replace(old, new) for name, body in files.items()})


def _traps() -> dict[str, Trap]:
    text = (Path(__file__).parent / "templates" / "traps.txt").read_text(encoding="utf-8")
    named = (part.partition("\n") for part in text.split("=== ")[1:])
    return {name: _trap(body) for name, _, body in named}


TRAPS = _traps()
