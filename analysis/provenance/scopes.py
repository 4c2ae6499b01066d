"""Find what code takes from around it: names and attributes of modules, imports of its own, names in strings.

A *reference* is written ``name.attribute`` for what a name of the module is bound to, and ``module|name.attribute`` for
what is imported on the spot; a module begins with a dot for each level of a relative import.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from analysis.provenance.bindings import bound_in, dotted, targets_of
from analysis.provenance.traversal import IGNORED_FIELDS, is_type_checking

__all__ = ["Reads", "reads"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_STEP = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_IMPORTING = {"importlib.import_module", "__import__", "importlib.__import__", "runpy.run_module", "sys.modules.get"}
_UNKNOWN = {
    "importlib.util.spec_from_file_location",
    "importlib.machinery.SourceFileLoader",
    "importlib.metadata.entry_points",
    "runpy.run_path",
    "pkgutil.iter_modules",
    "pkgutil.walk_packages",
    "zipimport.zipimporter",
}


@dataclass
class Reads:
    """Names and attributes that code takes from around it.

    Args:
        references: to names of its module and of what it imports itself; all of a module if nothing follows ``|``.
        modules: that imports in it run, ``?`` before those that need not be there.
        strings: that may name functions, ``package.module:function``.
        own: names of attributes of the object or class that it belongs to.
        inherited: names of attributes that it takes from a base class.
        everything: whether it may use all of its module.
        subclasses: whether it asks for classes that are derived from one.
        doubts: lines with what cannot be followed there.
    """

    references: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    inherited: set[str] = field(default_factory=set)
    everything: bool = False
    subclasses: bool = False
    doubts: set[tuple[int, str]] = field(default_factory=set)


def reads(nodes: Iterable[ast.AST], imports: Mapping[str, list[str]]) -> Reads:
    """Find what statements take from around them; annotations and what only type checkers read are left out.

    Args:
        nodes: statements of a module or class, or parts of them.
        imports: what the module imports, by the names that it gives them.
    """
    walker = _Walker(imports)
    for node in nodes:
        walker.visit(node, None)
    return walker.found


class _Scope:
    """Names of a function, of a comprehension, or those that a class's body imports."""

    def __init__(self, names: set[str], imports: dict[str, list[str]], around: _Scope | None, of_class: bool) -> None:
        self.names, self.imports, self.around, self.of_class = names, imports, around, of_class


class _Walker:
    def __init__(self, imports: Mapping[str, list[str]]) -> None:
        self.found = Reads()
        self._imports = imports
        self._called: set[int] = set()

    def visit(self, node: ast.AST, scope: _Scope | None) -> None:
        if isinstance(node, ast.Name | ast.Attribute):
            if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del)):
                self._visit_dotted(node, scope)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and _STEP.fullmatch(node.value):
                self.found.strings.add(node.value)
        elif isinstance(node, _FUNCTIONS):
            self._visit_function(node, scope)
        elif isinstance(node, ast.ClassDef):
            for part in (*node.decorator_list, *node.bases, *node.keywords):
                self.visit(part, scope)
            _, imports = bound_in(node.body)
            # they become attributes of the class
            self.found.references |= {target for targets in imports.values() for target in targets}
            self._visit_all(node.body, _Scope(set(imports), imports, scope, True))
        elif isinstance(node, _COMPREHENSIONS):
            self._visit_comprehension(node, scope)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self.found.modules |= {module for _, _, module in targets_of(node)}
        elif isinstance(node, ast.If) and is_type_checking(node.test):
            self._visit_all(node.orelse, scope)
        elif isinstance(node, ast.Try):
            self._visit_try(node, scope)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        else:
            if isinstance(node, ast.Call):
                self._look_at_call(node, scope)
                if parts := dotted(node):
                    self._refer(parts, scope)
                    self.found.own |= set(parts[1:2]) if parts[0] in ("self", "cls") else set()
                    self._visit_all([*node.args[2:]], scope)
                    return
            elif isinstance(node, ast.Subscript) and self._qualified(dotted(node.value), scope) == "sys.modules":
                self._import(node.slice, node, scope)
            elif isinstance(node, ast.JoinedStr | ast.BinOp) and _has_own_name(node):
                self.found.everything = True
            self._visit_children(node, scope)

    def _visit_all(self, nodes: Iterable[ast.AST], scope: _Scope | None) -> None:
        for node in nodes:
            self.visit(node, scope)

    def _visit_children(self, node: ast.AST, scope: _Scope | None) -> None:
        for name in node._fields:
            if name in IGNORED_FIELDS:
                continue
            value = getattr(node, name, None)
            if isinstance(value, list):
                self._visit_all((v for v in value if isinstance(v, ast.AST)), scope)
            elif isinstance(value, ast.AST):
                self.visit(value, scope)

    def _visit_try(self, node: ast.Try, scope: _Scope | None) -> None:
        before = set(self.found.modules)
        self._visit_all(node.body, scope)
        # what is tried may not be there
        self.found.modules = before | {f"?{one}" for one in self.found.modules - before}
        self._visit_all([*node.handlers, *node.orelse, *node.finalbody], scope)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: _Scope | None) -> None:
        given = node.args
        self._visit_all([*given.defaults, *(one for one in given.kw_defaults if one is not None)], scope)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        names, imports = bound_in(body)
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        names |= {argument.arg for argument in every if argument is not None}
        if not isinstance(node, ast.Lambda):
            self._visit_all(node.decorator_list, scope)
            # it dispatches by the annotation of the first argument
            if any(isinstance(one, ast.Attribute) and one.attr == "register" for one in node.decorator_list):
                self._visit_all([a.annotation for a in every[:1] if a is not None and a.annotation], scope)
        around = scope
        while around is not None and around.of_class:
            around = around.around
        self._visit_all(body, _Scope(names, imports, around, False))

    def _visit_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: _Scope | None
    ) -> None:
        self.visit(node.generators[0].iter, scope)
        stored = (n for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name))
        inner = _Scope({n.id for n in stored}, {}, scope, False)
        for number, generator in enumerate(node.generators):
            self._visit_all([*generator.ifs, *([generator.iter] if number else []), generator.target], inner)
        self._visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt], inner)

    def _visit_dotted(self, node: ast.Name | ast.Attribute, scope: _Scope | None) -> None:
        self._note_own(node)
        if not (parts := dotted(node)):
            assert isinstance(node, ast.Attribute)
            self.visit(node.value, scope)
            return
        self._refer(parts, scope)
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            self._note_own(inner)
            inner = inner.value
        name = self._qualified(parts, scope)
        if name in _UNKNOWN or (name in _IMPORTING - {"sys.modules.get"} and id(node) not in self._called):
            self._doubt(node, f"{name} finds code")

    def _note_own(self, node: ast.AST) -> None:
        if not isinstance(node, ast.Attribute):
            return
        self.found.subclasses |= node.attr == "__subclasses__"
        match node.value:
            case ast.Name("self" | "cls") | ast.Attribute(ast.Name("self"), "__class__"):
                self.found.own.add(node.attr)
            case ast.Call(ast.Name("type"), [ast.Name("self")]):
                self.found.own.add(node.attr)
            case ast.Call(ast.Name("super")):
                self.found.inherited.add(node.attr)

    def _refer(self, parts: list[str], scope: _Scope | None) -> None:
        root, rest = parts[0], parts[1:]
        while scope is not None:
            if root in scope.names:
                for target in scope.imports.get(root, ()):
                    module, _, name = target.partition("|")
                    self.found.references.add(f"{module}|{'.'.join([*([name] if name else []), *rest])}")
                return
            scope = scope.around
        self.found.references.add(".".join(parts))

    def _qualified(self, parts: list[str], scope: _Scope | None) -> str:
        """The full name of what is imported from elsewhere or built in; empty for a name of a function's own."""
        if not parts:
            return ""
        targets = self._imports.get(parts[0], [])
        while scope is not None:
            if parts[0] in scope.names:
                targets = scope.imports.get(parts[0], [])
                if not targets:
                    return ""
                break
            scope = scope.around
        first = targets[0].replace("|", ".").strip(".") if targets else parts[0]
        return ".".join([first, *parts[1:]])

    def _look_at_call(self, node: ast.Call, scope: _Scope | None) -> None:
        self._called.add(id(node.func))
        name = self._qualified(dotted(node.func), scope)
        if name in _IMPORTING:
            self._import(node.args[0] if node.args else None, node, scope)
        elif name in ("exec", "eval") and node.args:
            self.found.everything = True
            match node.args[0]:
                case ast.Constant(str(text)):
                    with contextlib.suppress(SyntaxError):
                        self._visit_all(ast.parse(text.strip()).body, scope)
                case _:
                    self._doubt(node, f"{name} runs a text that is computed")
        elif name == "globals" or (name == "vars" and not node.args):
            self.found.everything = True

    def _import(self, what: ast.AST | None, node: ast.expr, scope: _Scope | None) -> None:
        match what:
            case ast.Constant(str(module)):
                self.found.references.add(f"{module}|")
            case ast.Name("__name__"):
                self.found.everything = True
            case _:
                self._doubt(node, "a module is imported by a name that is computed")

    def _doubt(self, node: ast.expr, what: str) -> None:
        self.found.doubts.add((node.lineno, what))


def _has_own_name(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == "__name__" for inner in ast.walk(node))
