"""Templates of definitions, which lie in a folder beside: every one is a name for an integer, once it is used.

In capitals: NAME, the numbers FIRST and SECOND, USED for the sum of what it uses, LOCAL for imports in a function, BASE
and DECORATOR for a class and a wrapper among what it uses; CHANGED for what another module changes.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["CHANGES", "DEFINITIONS", "USES"]

#: how a definition of a kind becomes an integer
USES = {
    "value": "IT",
    "function": "IT()",
    "class": "IT().m()",
    "wrapper": "IT(int)()",
    "table": "sum(IT.values())",
}


def _templates(name: str) -> tuple[str, ...]:
    text = (Path(__file__).parent / "templates" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(one.strip("\n") for one in text.split("===\n"))


DEFINITIONS = {kind: _templates(kind) for kind in USES}

#: statements that change what a definition of a kind made, from another module
CHANGES = {kind: _templates(f"change_of_{kind}") for kind in USES}
