"""Find statements of modules that do more than define names when the modules are imported."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from analysis.provenance.definitions import Definition
from analysis.provenance.effect_rules import foreign
from analysis.provenance.effects import CERTAIN
from analysis.provenance.modules import ModuleSource, module_source
from analysis.provenance.origin import is_first_party
from analysis.provenance.plumbing import is_harmless
from analysis.provenance.references import absolute, extended

__all__ = ["statements_with_effects"]


@cache
def statements_with_effects(source: ModuleSource, installed: frozenset[str]) -> tuple[Definition, ...]:
    """Find the statements of a module that do more, or may do more, than bind and change its names.

    Args:
        source: the module.
        installed: top-level packages that are installed and followed all the same.
    """
    statements = source.definitions.statements
    return tuple(one for one in statements if not all(_holds(c, source, installed) for c in one.effects))


# while a condition is looked at, that it holds: functions may call each other
_known: dict[tuple[str, ModuleSource, frozenset[str]], bool] = {}


def _holds(condition: str, source: ModuleSource, installed: frozenset[str]) -> bool:
    known = (condition, source, installed)
    if known not in _known:
        _known[known] = True
        _known[known] = _decide(condition, source, installed)
    return _known[known]


def _decide(condition: str, source: ModuleSource, installed: frozenset[str]) -> bool:
    if condition == CERTAIN:
        return False
    kind, _, reference = condition.partition(" ")
    return all(_is_harmless(kind, one, installed) for one in _meant(reference, source, installed, 0))


def _is_harmless(kind: str, meant: tuple[ModuleSource, str] | str, installed: frozenset[str]) -> bool:
    if isinstance(meant, str):
        return foreign(kind, meant)
    source, name = meant
    if kind == "made" or name not in source.index:
        return False
    if kind != "derive" and is_harmless(source.name):
        return True
    if kind == "fresh":
        return all(one.kind == "class" for one in source.index[name])
    field = "call" if kind in ("run", "decorate") else kind
    return all(_holds(one, source, installed) for d in source.index[name] for one in getattr(d, field))


def _meant(
    reference: str, source: ModuleSource, installed: frozenset[str], depth: int
) -> Iterator[tuple[ModuleSource, str] | str]:
    """Definitions that a reference may mean, or the full name of what belongs to others."""
    if depth > 20:
        yield source, ""
        return
    if "|" in reference:
        module, _, names = absolute(reference, source).partition("|")
        first, *rest = names.split(".")
        top = module.partition(".")[0]
        if not (top in installed or is_first_party(top)):
            yield f"{module}.{names}"
        elif first and (inner := module_source(f"{module}.{first}")) is not None:
            yield from _of_module(inner, rest, installed, depth)
        elif (found := module_source(module)) is not None:
            yield from _of_module(found, [first, *rest], installed, depth)
        else:
            yield source, ""
        return
    first, *rest = reference.split(".")
    if source.binds(first) or source.definitions.stars:
        yield from _of_module(source, [first, *rest], installed, depth)
    else:
        yield reference


def _of_module(
    source: ModuleSource, names: list[str], installed: frozenset[str], depth: int
) -> Iterator[tuple[ModuleSource, str] | str]:
    if not names or not names[0]:
        yield source, ""
        return
    for target in source.definitions.imports.get(names[0], ()):
        yield from _meant(extended(target, names[1:]), source, installed, depth + 1)
    if names[0] in source.index or not source.binds(names[0]):
        # methods of objects may do anything
        yield source, names[0] if len(names) == 1 else ""
