"""The definitions of one module: what each is, takes from around it and does when the module is imported.

They are plain data, made of the module's text alone, so that they can be kept from one command to the next.
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from analysis.provenance.bindings import bound_in, dotted, targets_of
from analysis.provenance.effects import CERTAIN, at_import, changed_by, inside
from analysis.provenance.scopes import Reads, reads
from analysis.provenance.syntax import canonical, is_without_effect
from analysis.provenance.traversal import is_type_checking

__all__ = ["Definition", "Definitions", "definitions_in", "digest"]


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
        references: see :class:`~analysis.provenance.scopes.Reads`; so are the next five.
        modules: that imports in it run.
        strings: that may name functions.
        own: attributes of its object that it uses.
        inherited: attributes of base classes that it uses.
        everything: whether it may use all of its module.
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
    references: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    inherited: list[str] = field(default_factory=list)
    everything: bool = False
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
        modules: that are run when the module is; ``?`` before those that need not be there.
        unused: references to modules whose names nothing reads: imported for what they do.
        members: statements of classes, by name of the class.
    """

    statements: list[Definition]
    imports: dict[str, list[str]]
    stars: list[str]
    modules: list[str]
    unused: list[str]
    members: dict[str, list[Definition]]

    def as_json(self) -> dict[str, Any]:
        """Plain data; what is empty or usual is left out."""
        return {
            "statements": [_as_json(one) for one in self.statements],
            "members": {name: [_as_json(one) for one in some] for name, some in self.members.items()},
            **{name: getattr(self, name) for name in ("imports", "stars", "modules", "unused")},
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


# arguments of field(), in dataclasses and attrs
_CALLED_FOR_FIELDS = {"default_factory", "converter", "validator", "factory"}
_USUAL = dataclasses.asdict(Definition([], (0, 0), ""))


def _as_json(one: Definition) -> dict[str, Any]:
    return {name: value for name, value in vars(one).items() if value != _USUAL[name]}


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
    run: set[str] = set()
    for statement, optional, of_class in _imports(running):
        for name, target, module in targets_of(statement):
            run.add(f"?{module}" if optional else module)
            if name == "*":
                stars.append(module.removesuffix("*"))
            elif not of_class and target not in imports.setdefault(name, []):
                imports[name].append(target)
    own -= imports.keys() - {name for node in nodes for name in _defined(node)}
    everywhere = reads(running, imports)
    read = {reference.partition(".")[0] for reference in everywhere.references} | _mentioned(tree)
    members: dict[str, list[Definition]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            members.setdefault(node.name, []).extend(_member(one, imports) for one in _running(node.body))
    return Definitions(
        [_definition(node, frozenset(own), imports) for node in nodes],
        imports,
        stars,
        sorted(run),
        sorted(
            target
            for name, targets in imports.items()
            for target in targets
            if name not in read and target.endswith("|")
        ),
        members,
    )


def _definition(node: ast.stmt, own: frozenset[str], imports: dict[str, list[str]]) -> Definition:
    names = bound_in([node])[0] | changed_by(node, own)
    found = _described(node, sorted(names), reads([node], imports))
    found.effects = at_import(node, own, imports)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        found.call, found.factory = inside(node), inside(node, factory=True)
    elif isinstance(node, ast.ClassDef):
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
    return Definition(
        names,
        (first, node.end_lineno or node.lineno),
        digest(text),
        sorted(found.references),
        sorted(found.modules),
        sorted(found.strings),
        sorted(found.own),
        sorted(found.inherited),
        found.everything,
        sorted(found.doubts),
    )


def _making(node: ast.ClassDef) -> list[str]:
    """Conditions under which making an object of a class has no effect."""
    found = {condition.replace("derive ", "call ") for condition in _bases(node)}
    for member in node.body:
        if isinstance(member, ast.FunctionDef):
            if member.name in ("__init__", "__post_init__", "__new__"):
                found |= set(inside(member, of_class=True))
            elif member.name in ("__set_name__", "__call__"):
                found.add(CERTAIN)
        for inner in ast.walk(member) if isinstance(member, ast.AnnAssign) else ():
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


def _defined(node: ast.stmt) -> set[str]:
    """Names that a statement binds other than by importing."""
    names, imports = bound_in([node])
    stored = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names - imports.keys() | stored


def _mentioned(tree: ast.Module) -> set[str]:
    """Names that are mentioned anywhere, in annotations and ``__all__``, too."""
    found: set[str] = set()
    for node in ast.walk(tree):
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
