"""Fingerprints of code: digests that change when a result may change, and only then.

The fingerprint of a function is the digests of all definitions that it reaches by name, in its module and others, and
of what importing these modules does besides defining names. Modules count wherever they lie. Those of Python and of
installed distributions do not (:mod:`analysis.provenance.origin`): their versions stand in the manifest; a
distribution that no lock names counts by its content.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache

from analysis.errors import StudyError
from analysis.provenance.definitions import Definition, digest
from analysis.provenance.import_effects import statements_with_effects
from analysis.provenance.import_order import with_order
from analysis.provenance.modules import ModuleSource, compiled_module, module_source
from analysis.provenance.origin import packages_with
from analysis.provenance.reach import IMPORT, Reach
from analysis.provenance.references import code_of
from analysis.provenance.unfollowed import warn_of

__all__ = ["digest", "edited_modules", "fingerprint", "imported_modules", "sources"]


def fingerprint(code: str) -> dict[str, str]:
    """Digests of everything first-party that a function reaches.

    Args:
        code: ``"module:function"``; or ``"module"``, all of it. If an installed distribution has the module, all of
            that counts as first-party.

    Returns:
        Digest by label, sorted: ``module:name`` for a definition, ``module`` for a compiled module,
        ``module:(import)`` for what importing a module does besides defining names, ``distribution NAME``.

    Raises:
        StudyError: a first-party module that is needed does not exist or cannot be parsed.
    """
    return dict(_reached(code, packages_with(_top(code))).found)


def imported_modules(code: str) -> set[str]:
    """Names of the first-party modules that are imported for a function; raises as :func:`fingerprint` does."""
    return set(_reached(code, packages_with(_top(code))).imported)


def _top(code: str) -> str:
    return code.partition(":")[0].partition(".")[0]


@cache
def _reached(code: str, installed: frozenset[str]) -> Reach:
    module, _, name = code.partition(":")
    if module_source(module) is None and compiled_module(module) is None:
        raise StudyError(f"the module {module!r} does not exist", cure="correct its name, or install its package")
    reach = Reach(installed)
    reach.add(module, name)
    reach.found = with_order(reach.found, module, reach.imported)
    warn_of(reach.doubts)
    return reach


def sources(labels: Iterable[str]) -> dict[str, str]:
    """The source text of definitions as this process read it, by label; what cannot be told is left out."""
    return {label: text for label in labels if (text := _text(label))}


def _text(label: str) -> str:
    module, _, name = label.partition(":")
    source = None if " " in module else module_source(module)
    if source is None:
        return ""
    lines = source.content.decode(errors="replace").splitlines()
    return "\n".join("\n".join(lines[one.lines[0] - 1 : one.lines[1]]) for one in _statements(source, name))


def edited_modules(labels: Iterable[str], *, imported: bool = False) -> list[str]:
    """Modules that were edited since they were read, and would run as edited: code of them that counts.

    Args:
        labels: of definitions that count. Changes of others do not, except of what importing their modules does.
        imported: whether modules that this process has imported already are looked at, too.

    Returns:
        Names of modules, sorted.
    """
    by_module: dict[str, set[str]] = {}
    for label in labels:
        module, _, name = label.partition(":")
        if " " not in module and (imported or module not in sys.modules):
            by_module.setdefault(module, {IMPORT}).add(name)
    return sorted(module for module, names in by_module.items() if _is_edited(module, names))


def _is_edited(module: str, names: Iterable[str]) -> bool:
    """Whether definitions of a module are others in its file now than when it was read."""
    source = module_source(module)
    if source is None:
        return False
    try:
        now = source.now()
        if now is source:
            return False
        return now is None or any(_now(source, name) != _now(now, name) for name in names)
    except StudyError:
        return True


def _now(source: ModuleSource, name: str) -> str:
    return code_of(_statements(source, name), source)


def _statements(source: ModuleSource, name: str) -> list[Definition]:
    """The statements that a label is of."""
    found = source.definitions
    if not name:
        return found.statements
    if name == IMPORT:
        return list(statements_with_effects(source, packages_with(_top(source.name))))
    if "." in name:
        *classes, member = name.split(".")
        return [one for one in found.members.get(classes[-1], ()) if member in one.names]
    return source.index.get(name, [])
