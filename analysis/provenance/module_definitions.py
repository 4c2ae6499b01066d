"""Find the definitions of a module in its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from analysis.provenance.bindings import bound_in, dotted, targets_of
from analysis.provenance.definitions import Definition, Definitions, digest
from analysis.provenance.effects import CERTAIN, at_import, changed_by, inside
from analysis.provenance.ownership import owned
from analysis.provenance.scopes import Reads, reads
from analysis.provenance.syntax import canonical, is_without_effect
from analysis.provenance.traversal import is_type_checking, walk

__all__ = ["definitions_in"]

# arguments of field(), in dataclasses and attrs
_CALLED_FOR_FIELDS = {"default_factory", "converter", "validator", "factory"}


def definitions_in(tree: ast.Module) -> Definitions:
    """Find the definitions of a module.

    Args:
        tree: as parsed; it is not changed.
    """
    running = list(_running(tree.body))
    nodes = [node for node in running if not isinstance(node, ast.Import | ast.ImportFrom)]
    own, _ = bound_in(nodes)
    imports: dict[str, list[str]] = {}
    stars: list[str] = []
    run: dict[str, None] = {}
    for statement, optional, of_class in _imports(running):
        for name, target, module in targets_of(statement):
            run[f"?{module}" if optional else module] = None
            if name == "*":
                stars.append(module.removesuffix("*"))
            elif not of_class and target not in imports.setdefault(name, []):
                imports[name].append(target)
    for name, target in _imported_for_all(nodes):
        imports.setdefault(name, []).append(target)
    own -= imports.keys() - {name for node in nodes for name in _defined(node)}
    objects = owned(nodes, own)
    everywhere = reads(running, imports)
    read = {reference.partition(".")[0] for reference in everywhere.references} | _mentioned(tree)
    members: dict[str, list[Definition]] = {}
    for node in walk(tree):
        if isinstance(node, ast.ClassDef):
            members.setdefault(node.name, []).extend(_member(one, imports) for one in _running(node.body))
    return Definitions(
        [_definition(node, objects, imports, running) for node in nodes],
        imports,
        stars,
        list(run),
        sorted(
            target
            for name, targets in imports.items()
            for target in targets
            if name not in read and target.endswith("|")
        ),
        sorted(_exported(tree.body)),
        members,
    )


def _definition(
    node: ast.stmt, own: dict[str, list[str]], imports: dict[str, list[str]], body: list[ast.stmt]
) -> Definition:
    names = bound_in([node])[0] | changed_by(node, own)
    found = _described(node, sorted(names), reads([node], imports))
    found.effects = at_import(node, own, imports)
    before = (one for one in body[: body.index(node)] if isinstance(one, ast.Import | ast.ImportFrom))
    found.after = sum(name == "*" or name in names for one in before for name, _, _ in targets_of(one))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        found.kind = "function"
        found.call, found.factory = inside(node), inside(node, factory=True)
    elif isinstance(node, ast.ClassDef):
        found.kind = "class"
        found.call, found.derive = _making(node), _deriving(node)
    return found


def _member(node: ast.stmt, imports: dict[str, list[str]]) -> Definition:
    names, _ = bound_in([node])
    found = _described(node, sorted(names), reads([node], imports))
    # what is evaluated in the class's scope
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = (one for one in (*node.args.defaults, *node.args.kw_defaults) if one is not None)
        found.own += reads([*node.decorator_list, *defaults], imports).references
    else:
        found.own += found.references
    found.own = sorted({one.partition(".")[0] for one in found.own})
    return found


def _described(node: ast.stmt, names: list[str], found: Reads) -> Definition:
    text = canonical([node])
    decorators = getattr(node, "decorator_list", [])
    if any(isinstance(one, ast.Attribute) and one.attr == "register" for one in decorators):
        # it dispatches by the annotation of the first argument
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        given = [a.annotation for a in node.args.args[:1] if a.annotation] if not isinstance(node, ast.ClassDef) else []
        text += "".join(canonical(one) for one in given)
    first = min([node.lineno, *(one.lineno for one in decorators)])
    taken: dict[str, Any] = {n: sorted(value) if isinstance(value, set) else value for n, value in vars(found).items()}
    return Definition(names, (first, node.end_lineno or node.lineno), digest(text), **taken)


def _making(node: ast.ClassDef) -> list[str]:
    """Conditions under which making an object of a class has no effect."""
    found = {condition.replace("derive ", "call ") for condition in _bases(node)}
    for member in node.body:
        if isinstance(member, ast.FunctionDef):
            if member.name in ("__init__", "__post_init__", "__new__"):
                found |= set(inside(member, of_class=True))
            elif member.name in ("__set_name__", "__call__"):
                found.add(CERTAIN)
        for inner in walk(member) if isinstance(member, ast.AnnAssign) else ():
            if isinstance(inner, ast.keyword) and inner.arg in _CALLED_FOR_FIELDS:
                called = dotted(inner.value)
                found.add(f"call {'.'.join(called)}" if called else CERTAIN)
    return [CERTAIN] if CERTAIN in found else sorted(found)


def _deriving(node: ast.ClassDef) -> list[str]:
    taught = {"__init_subclass__", "__class_getitem__"} & {getattr(member, "name", "") for member in node.body}
    metaclass = any(one.arg == "metaclass" and dotted(one.value)[-1:] != ["ABCMeta"] for one in node.keywords)
    return [CERTAIN] if taught or metaclass else _bases(node)


def _bases(node: ast.ClassDef) -> list[str]:
    bases = [dotted(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]
    return sorted(f"derive {'.'.join(base)}" if base else CERTAIN for base in bases)


def _running(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body that do something when the module is imported."""
    for node in body:
        if (isinstance(node, ast.If) and is_type_checking(node.test)) or (
            isinstance(node, ast.If) and _is_main(node.test)
        ):
            yield from _running(node.orelse)
        elif not is_without_effect(node):
            yield node


def _imports(
    body: list[ast.stmt], optional: bool = False, of_class: bool = False
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool, bool]]:
    """Imports that run with the module; whether they may fail, and whether a class's body has them."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, optional, of_class
        elif isinstance(node, ast.If) and (is_type_checking(node.test) or _is_main(node.test)):
            yield from _imports(node.orelse, optional, of_class)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = isinstance(node, ast.ClassDef)
            yield from _imports(getattr(node, "body", []), optional or isinstance(node, ast.Try), of_class or inner)
            for part in ("orelse", "finalbody"):
                yield from _imports(getattr(node, part, []), optional, of_class)
            for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
                yield from _imports(part.body, optional, of_class)


def _imported_for_all(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Imports in functions, of names that are declared to be the module's."""
    for function in (n for one in body for n in walk(one) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
        shared = {name for node in walk(function) if isinstance(node, ast.Global) for name in node.names}
        for node in walk(function) if shared else ():
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from ((name, target) for name, target, _ in targets_of(node) if name in shared)


def _exported(body: list[ast.stmt]) -> set[str]:
    """Names in ``__all__``; and, where it is computed, a digest of how."""
    found: set[str] = set()
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if not isinstance(value, ast.expr) or not any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
            continue
        found |= {one.value for one in walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
        if not all(isinstance(one, ast.List | ast.Tuple | ast.Constant | ast.Load) for one in walk(value)):
            found.add(f"={digest(canonical(value))}")
    return found


def _defined(node: ast.stmt) -> set[str]:
    """Names that a statement binds other than by importing."""
    names, imports = bound_in([node])
    stored = {n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names - imports.keys() | stored


def _mentioned(tree: ast.Module) -> set[str]:
    """Names that are mentioned anywhere, in annotations and ``__all__``, too."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def _is_main(test: ast.expr) -> bool:
    match test:
        case ast.Compare(ast.Name("__name__"), [ast.Eq()], [ast.Constant("__main__")]):
            return True
    return False
