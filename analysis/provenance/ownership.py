"""Names of a module whose objects nobody else has, so that a change of them is a matter of the module."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from analysis.provenance.bindings import bound_in, dotted

__all__ = ["SHARED", "owned"]

#: that the object may be another module's, whatever others are
SHARED = "!"

_NEW = (
    *(ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp),
    *(ast.Constant, ast.JoinedStr, ast.Lambda, ast.BinOp, ast.UnaryOp, ast.Compare),
)


def owned(body: Iterable[ast.stmt], names: Iterable[str]) -> dict[str, list[str]]:
    """Conditions under which objects of names are a module's own.

    Args:
        body: statements of the module, without imports.
        names: that they bind.

    Returns:
        Conditions by name, ``fresh NAME``: calling it returns an object that nobody else has; or :data:`SHARED`.
    """
    found: dict[str, set[str]] = {name: set() for name in names}
    for node in _at_import(body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.AugAssign):
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name, value in _pairs(target, node.value):
                    found.setdefault(name, set()).update(_origin(value))
        else:
            # what loops, patterns and files are bound to
            inner = [part for name in node._fields for part in _expressions(getattr(node, name))]
            for name in bound_in(inner)[0]:
                found.setdefault(name, set()).add(SHARED)
    return {name: [SHARED] if SHARED in some else sorted(some) for name, some in found.items()}


def _at_import(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from _at_import(getattr(node, name, ()))
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _at_import(part.body)


def _expressions(value: object) -> list[ast.AST]:
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, ast.AST) and not isinstance(part, ast.stmt | ast.match_case)]


def _pairs(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, value
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            for one, other in zip(targets, values, strict=True):
                yield from _pairs(one, other)
        case ast.Tuple(elts=targets) | ast.List(elts=targets), _:
            for one in targets:
                yield from _pairs(one, ast.Name("?", ast.Load()))


def _origin(value: ast.expr | None) -> set[str]:
    if value is None or isinstance(value, _NEW):
        return set()
    if isinstance(value, ast.Call) and (called := dotted(value.func)):
        return {f"fresh {'.'.join(called)}"}
    return {SHARED}
