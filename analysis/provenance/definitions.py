"""The definitions of one module: what each is, takes from around it and does when the module is imported.

They are plain data, made of the module's text alone, so that they can be kept from one command to the next.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from typing import Any

from analysis.provenance.effects import CERTAIN

__all__ = ["Definition", "Definitions", "digest"]


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass
class Definition:
    """A statement of a module or class that defines or changes names.

    Args:
        names: that it binds or changes.
        lines: first and last line.
        digest: of its canonical text.
        kind: ``function``, ``class``, or empty.
        after: number of imports before it that bind the same names.
        references: see :class:`~analysis.provenance.scopes.Reads`; so are the next five.
        modules: that imports in it run.
        strings: that may name functions.
        own: attributes of its object that it uses.
        inherited: attributes of base classes that it uses.
        everything: whether it may use all of its module.
        subclasses: whether it asks for classes that are derived from one.
        doubts: lines with what cannot be followed there.
        effects: conditions under which it does no more when the module is imported; see
            :mod:`analysis.provenance.effects`.
        call: conditions under which calling what it defines has no effect.
        factory: the same where what the call returns is called, too.
        derive: conditions under which nothing happens when a class is derived from it.
    """

    names: list[str]
    lines: tuple[int, int]
    digest: str
    kind: str = ""
    after: int = 0
    references: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    inherited: list[str] = field(default_factory=list)
    everything: bool = False
    subclasses: bool = False
    doubts: list[tuple[int, str]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    call: list[str] = field(default_factory=lambda: [CERTAIN])
    factory: list[str] = field(default_factory=lambda: [CERTAIN])
    derive: list[str] = field(default_factory=lambda: [CERTAIN])


@dataclass
class Definitions:
    """The definitions of a module.

    Args:
        statements: in their order, imports left out.
        imports: references to what imported names stand for, by name.
        stars: modules of which all names are imported.
        modules: that are run when the module is, in order; ``?`` before those that need not be there.
        unused: references to modules whose names nothing reads: imported for what they do.
        exports: names in ``__all__``, and a digest of what computes it.
        members: statements of classes, by name of the class.
    """

    statements: list[Definition]
    imports: dict[str, list[str]]
    stars: list[str]
    modules: list[str]
    unused: list[str]
    exports: list[str]
    members: dict[str, list[Definition]]

    def as_json(self) -> dict[str, Any]:
        """Plain data; what is empty or usual is left out."""
        return {
            "statements": [_as_json(one) for one in self.statements],
            "members": {name: [_as_json(one) for one in some] for name, some in self.members.items()},
            **{name: getattr(self, name) for name in ("imports", "stars", "modules", "unused", "exports")},
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Definitions:
        """The inverse of :meth:`as_json`."""
        return cls(
            **values
            | {
                "statements": [Definition(**one) for one in values["statements"]],
                "members": {name: [Definition(**one) for one in some] for name, some in values["members"].items()},
            }
        )


_USUAL = dataclasses.asdict(Definition([], (0, 0), ""))


def _as_json(one: Definition) -> dict[str, Any]:
    return {name: value for name, value in vars(one).items() if value != _USUAL[name]}
