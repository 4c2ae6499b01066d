"""Read a step's arguments from its syntax tree, without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from analysis.checking.names import did_you_mean
from analysis.errors import StudyError
from analysis.provenance.modules import ModuleSource, module_source
from analysis.step import Step

__all__ = ["Signature", "arguments_of"]


@dataclass(frozen=True)
class Signature:
    """The arguments of a function, as its definition names them.

    Args:
        function: ``"package.module:function"`` where it is defined.
        file: it is defined in.
        line: of the definition.
        names: of all arguments, in their order.
        defaults: those that have a default.
        positional_only: those that cannot be given by name.
        keyword_only: those that can be given by name only.
        any_positional: whether there is an ``*args``.
        any_keyword: whether there is a ``**kwargs``.
    """

    function: str
    file: str
    line: int
    names: tuple[str, ...]
    defaults: frozenset[str]
    positional_only: tuple[str, ...]
    keyword_only: tuple[str, ...]
    any_positional: bool
    any_keyword: bool

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the arguments that have no default, in their order."""
        return tuple(name for name in self.names if name not in self.defaults)

    def __str__(self) -> str:
        parts = [f"{name}=..." if name in self.defaults else name for name in self.names]
        if self.keyword_only and not self.any_positional:
            parts.insert(len(self.names) - len(self.keyword_only), "*")
        return f"{self.function}({', '.join(parts)})"


def arguments_of(step: Step | str) -> Signature:
    """Read the arguments of a step's function.

    Imports from other modules (``from .physics import candidates``) and plain assignments (``weigh = nominal``) are
    followed. Of a decorated function, the arguments are those of its definition.

    Args:
        step: or the function's name, ``"package.module:function"``.

    Raises:
        StudyError: the module or the function does not exist (the message has the nearest name), or it is a class or
            something else that has no readable definition, or takes arguments by position only.
    """
    return _read(step if isinstance(step, str) else step.function)


@cache
def _read(function: str) -> Signature:
    module, colon, name = function.partition(":")
    if not (module and colon and name.isidentifier()):
        raise StudyError(f"the step {function!r} names no function", cure="write it as 'package.module:function'")
    source = module_source(module)
    if source is None:
        raise StudyError(
            f"the step {function!r} is of the module {module!r}, which does not exist",
            cure=f"correct its name, or name its folder in [studies] path{did_you_mean(module, _neighbours(module))}",
        )
    found = _find(source, name, set())
    if found is None:
        raise StudyError(
            f"the module {module!r} has no function {name!r} ({source.path})",
            cure=f"correct the step {function!r}{did_you_mean(name, _functions(source))}",
        )
    source, node = found
    if not isinstance(node, ast.FunctionDef):
        raise StudyError(
            f"the step {function!r} is {_kind(node)}, not a function ({source.path}, line {node.lineno})",
            cure="name a function that is written with 'def'",
        )
    return _signature(source, node, function)


def _signature(source: ModuleSource, node: ast.FunctionDef, function: str) -> Signature:
    given = node.args
    by_place = [*given.posonlyargs, *given.args]
    defaults = {argument.arg for argument in by_place[len(by_place) - len(given.defaults) :]}
    defaults |= {a.arg for a, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value is not None}
    signature = Signature(
        f"{source.name}:{node.name}",
        str(source.path),
        node.lineno,
        tuple(argument.arg for argument in [*by_place, *given.kwonlyargs]),
        frozenset(defaults),
        tuple(argument.arg for argument in given.posonlyargs),
        tuple(argument.arg for argument in given.kwonlyargs),
        given.vararg is not None,
        given.kwarg is not None,
    )
    if unnamed := [name for name in signature.positional_only if name not in defaults]:
        raise StudyError(
            f"the step {function!r} takes {unnamed[0]!r} by position only ({source.path}, line {node.lineno})",
            cure="leave the '/' out: steps are called with arguments by name",
        )
    return signature


def _kind(node: ast.stmt) -> str:
    match node:
        case ast.ClassDef():
            return "a class"
        case ast.AsyncFunctionDef():
            return "an async function"
        case ast.Assign(value=value) | ast.AnnAssign(value=value) if value is not None:
            text = ast.unparse(value)
            return f"the value {text if len(text) < 60 else text[:57] + '...'}"
    return "a module"


def _find(source: ModuleSource, name: str, seen: set[tuple[str, str]]) -> tuple[ModuleSource, ast.stmt] | None:
    """The definition of a name, in the module or where it is imported from; the last one holds."""
    if (source.name, name) in seen:
        return None
    seen.add((source.name, name))
    for node in reversed(list(_statements(source.tree.body))):
        match node:
            case ast.FunctionDef(name=own) | ast.AsyncFunctionDef(name=own) | ast.ClassDef(name=own) if own == name:
                return source, node
            case ast.ImportFrom(names=aliases):
                for alias in aliases:
                    if (alias.asname or alias.name) == name or alias.name == "*":
                        wanted = name if alias.name == "*" else alias.name
                        if found := _imported(source, node, wanted, seen):
                            return found
            case ast.Import(names=aliases):
                if any((alias.asname or alias.name.partition(".")[0]) == name for alias in aliases):
                    return source, node
            case ast.Assign(targets=[ast.Name(id=own)], value=value) if own == name:
                other = _find(source, value.id, seen) if isinstance(value, ast.Name) else None
                return other or (source, node)
            case ast.AnnAssign(target=ast.Name(id=own), value=value) if own == name and value is not None:
                return source, node
    return None


def _imported(
    source: ModuleSource, node: ast.ImportFrom, name: str, seen: set[tuple[str, str]]
) -> tuple[ModuleSource, ast.stmt] | None:
    base = node.module or ""
    if node.level:
        here = source.name.split(".")
        anchor = here[: max(0, len(here) - node.level + (1 if source.is_package else 0))]
        base = ".".join([*anchor, base] if base else anchor)
    there = module_source(base)
    if there is None:
        return None
    found = _find(there, name, seen)
    if found is None and module_source(f"{base}.{name}") is not None:
        return source, node
    return found


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when the module is imported, those of branches included."""
    for node in body:
        yield node
        for inner in ("body", "orelse", "finalbody") if isinstance(node, ast.If | ast.Try | ast.With) else ():
            yield from _statements(getattr(node, inner, []))
        for handler in getattr(node, "handlers", []):
            yield from _statements(handler.body)


def _functions(source: ModuleSource) -> list[str]:
    names: list[str] = []
    for node in _statements(source.tree.body):
        if isinstance(node, ast.FunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.ImportFrom):
            names += [alias.asname or alias.name for alias in node.names]
    return names


def _neighbours(module: str) -> list[str]:
    """Modules in the package of one that does not exist."""
    package = module.rpartition(".")[0]
    source = module_source(package) if package else None
    if source is None:
        return []
    return [f"{package}.{path.stem}" for path in sorted(source.path.parent.glob("*.py")) if path.stem != "__init__"]
