"""Names that statements bind, and what those that are imported stand for; see :mod:`analysis.provenance.scopes`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from analysis.provenance.traversal import children, is_type_checking, walk

__all__ = ["bound_in", "dotted", "targets_of"]


def targets_of(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str, str]]:
    """Names that an import binds, with references to what they stand for and the modules that are run for them."""
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            name = alias.asname or alias.name.partition(".")[0]
            yield name, f"{alias.name if alias.asname else name}|", f"{alias.name}|"
        elif statement.module != "__future__":
            module = "." * statement.level + (statement.module or "")
            yield alias.asname or alias.name, f"{module}|{alias.name}", f"{module}|{alias.name}"


def dotted(node: ast.AST) -> list[str]:
    """The parts of ``name.attribute``, and of ``getattr(name, "attribute")``; empty if it is neither."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Attribute(value=value, attr=name):
            return [*inner, name] if (inner := dotted(value)) else []
        case ast.Call(func=ast.Name("getattr"), args=[value, ast.Constant(str(name)), *_]) if name.isidentifier():
            return [*inner, name] if (inner := dotted(value)) else []
    return []


def bound_in(body: Iterable[ast.AST]) -> tuple[set[str], dict[str, list[str]]]:
    """Names that statements bind in their own scope, and what those that they import stand for."""
    names: set[str] = set()
    imports: dict[str, list[str]] = {}
    outer: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
                stack += node.decorator_list
                continue
            case ast.Lambda():
                continue
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                names |= {n.target.id for n in walk(node) if isinstance(n, ast.NamedExpr)}
                continue
            case ast.Import() | ast.ImportFrom():
                for name, target, _ in targets_of(node):
                    names.add(name)
                    imports.setdefault(name, []).append(target)
                continue
            case ast.If() if is_type_checking(node.test):
                stack += node.orelse
                continue
            case ast.Name(ctx=ast.Store() | ast.Del()):
                names.add(node.id)
            case ast.Global() | ast.Nonlocal():
                outer |= set(node.names)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
        stack += children(node)
    return names - outer, imports
