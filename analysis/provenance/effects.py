"""Tell statements that only define names from those that do more when their module is imported.

What a statement of a module does when it is run is *certain* to reach beyond the names that it binds, or it is harmless
if some *conditions* hold, which other modules decide: ``call NAME``, calling it has no effect; ``run NAME``, the
same where its result is not used; ``decorate NAME``, and ``factory NAME`` where it is called to make a decorator;
``made NAME``, nor has calling what it returns;
``fresh NAME``, what it returns is nobody else's;
``derive NAME``, a class may be derived from it without its taking notice. The same is asked of the body of a function
that is called. Of what cannot be told, the answer is that it has effects: then its text counts too often.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from analysis.provenance.bindings import bound_in, dotted
from analysis.provenance.effect_rules import PURE_METHODS
from analysis.provenance.traversal import children, is_type_checking

__all__ = ["CERTAIN", "at_import", "changed_by", "inside"]

#: that code has an effect, whatever others are
CERTAIN = "!"

_FRESH = {"list", "dict", "set", "tuple", "frozenset", "sorted", "bytearray", "deque", "defaultdict", "Counter"}
_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Tuple, ast.Constant)


def at_import(statement: ast.stmt, own: Mapping[str, list[str]], imports: Mapping[str, list[str]]) -> list[str]:
    """Conditions under which a module's statement does no more than bind and change names of the module.

    Args:
        statement: of the module.
        own: names that statements of the module other than imports bind, with conditions under which their objects
            are its own; see :func:`~analysis.provenance.ownership.owned`.
        imports: what the module imports, by name.

    Returns:
        :data:`CERTAIN` alone if it does more in any case.
    """
    found = _Effects(own, set(), set(), imports, of_module=True)
    found.statements([statement])
    return _sorted(found)


def inside(
    function: ast.FunctionDef | ast.AsyncFunctionDef, *, of_class: bool = False, factory: bool = False
) -> list[str]:
    """Conditions under which a call of a function has no effect but its result; ``self`` may be filled by its makers.

    Args:
        function: its definition.
        of_class: whether it is a method.
        factory: whether the function that it returns is called, too.
    """
    names, imports = bound_in(function.body)
    given = function.args
    arguments = {a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg) if a}
    maker = of_class and function.name in ("__init__", "__post_init__")
    fresh = {"self"} if maker else set()
    stored: dict[str, list[ast.expr]] = {}
    for node in _own_nodes(function.body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    stored.setdefault(target.id, []).append(node.value)
    fresh |= {name for name, values in stored.items() if name not in arguments and all(map(_is_fresh, values))}
    found = _Effects({}, names | arguments, fresh, imports, of_module=False)
    found.functions = {n.name: n for n in function.body if isinstance(n, ast.FunctionDef)}
    found.statements(function.body)
    if factory:
        for inner in found.functions.values():
            found.statements(inner.body)
    return _sorted(found)


def changed_by(statement: ast.stmt, own: Iterable[str]) -> set[str]:
    """Names of the module that its statement changes: by a method, an item, an attribute, a decorator of theirs."""
    found: set[str] = set()
    for node in _own_nodes([statement]):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                found |= _root(node)
            case ast.Call(func=ast.Attribute(attr=method) as called) if method not in PURE_METHODS:
                found |= _root(called)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                for one in (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list):
                    found |= _root(one) if isinstance(one, ast.Attribute) else set()
            case ast.Call(func=ast.Name("setattr" | "delattr"), args=[ast.Name(name), *_]):
                found.add(name)
    return found.intersection(own)


class _Effects:
    """Goes through what runs, and collects conditions.

    Args:
        own: names of the module that may be changed under conditions: their definition has the change.
        local: names that are a function's own.
        fresh: of them, those whose objects nobody else has.
        imports: what names stand for that are imported here.
        of_module: whether the statements are a module's, not a function's.
    """

    def __init__(
        self,
        own: Mapping[str, list[str]],
        local: set[str],
        fresh: set[str],
        imports: Mapping[str, list[str]],
        *,
        of_module: bool,
    ) -> None:
        self.conditions: set[str] = set()
        self.certain = False
        self.functions: dict[str, ast.FunctionDef] = {}
        self._own, self._local, self._fresh, self._imports = own, local, fresh, imports
        self._of_module = of_module
        self._entered: set[str] = set()

    def statements(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Pass() | ast.Break() | ast.Continue() | ast.Nonlocal() | ast.Expr(ast.Constant()):
                return
            case ast.Import() | ast.ImportFrom():
                # of a function: the module might be run by the call
                self.certain |= not self._of_module
            case ast.Global():
                self.certain |= not self._of_module
            case ast.Raise():
                if self._of_module:
                    self.certain = True
                self._expressions(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._decorators(node)
                for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)):
                    self._expression(default)
            case ast.ClassDef():
                self._class(node)
            case ast.If() if is_type_checking(node.test):
                self.statements(node.orelse)
            case ast.AugAssign(target=ast.Name(id=name)) if self._of_module:
                self._change({name})
                self._expression(node.value)
            case ast.Expr(value) if self._of_module and not isinstance(value, ast.Call):
                # it is there for what it does
                self.certain = True
            case ast.Expr(ast.Call() as call) if self._of_module:
                self._call(call, "run")
                for child in children(call):
                    self._expression(child)
            case _:
                self._expressions(node)
                for name in ("body", "orelse", "finalbody"):
                    self.statements(getattr(node, name, ()))
                for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                    self._expressions(handler)
                    self.statements(handler.body)

    def _expressions(self, node: ast.AST) -> None:
        """Look at the expressions of a statement, not at statements in it."""
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "body", "orelse", "finalbody", "handlers", "cases"):
                continue
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, ast.AST):
                    self._expression(one)

    def _expression(self, node: ast.AST) -> None:
        match node:
            case ast.Lambda():
                return
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                self._change(_root(node))
            case ast.Call():
                self._call(node)
        for child in children(node):
            self._expression(child)

    def _change(self, roots: set[str]) -> None:
        if not self._of_module:
            self.certain |= not roots or not roots <= self._fresh
            return
        self.certain |= not roots or not roots <= self._own.keys()
        for root in roots.intersection(self._own):
            self.conditions.update(self._own[root])

    def _call(self, node: ast.Call, kind: str = "call") -> None:
        match node.func:
            case ast.Attribute(ast.Name("object"), "__setattr__") if "self" in self._fresh:
                return
            case ast.Attribute(ast.Call(ast.Name("super")), "__init__" | "__post_init__"):
                return
            case ast.Name("setattr" | "delattr") if self._of_module and node.args:
                self._change(_root(node.args[0]))
                return
            case ast.Attribute(value=ast.Constant() | ast.JoinedStr()):
                return
            case ast.Attribute(attr=method) if method in PURE_METHODS:
                return
        parts = dotted(node.func)
        if not parts:
            # the outer call of f(x)(y), or a method of what a call returned
            inner: ast.AST = node.func
            while isinstance(inner, ast.Attribute | ast.Subscript):
                inner = inner.value
            if isinstance(inner, ast.Call) and (parts := dotted(inner.func)):
                self._condition("made", parts)
            else:
                self.certain = True
            return
        self._condition(kind, parts)

    def _condition(self, kind: str, parts: list[str]) -> None:
        root = parts[0]
        if root in self._local:
            if root in self._imports:
                self.conditions |= {f"{kind} {'.'.join([target, *parts[1:]])}" for target in self._imports[root]}
            elif len(parts) == 1 and root in self.functions and root not in self._entered:
                self._entered.add(root)
                self.statements(self.functions[root].body)
            elif len(parts) == 1 or root not in self._fresh or root == "self":
                self.certain = True
        elif self._of_module and len(parts) > 1 and root in self._own:
            # what a method does to an object of the module stands with the object's name
            self.conditions.update(self._own[root])
        else:
            self.conditions.add(f"{kind} {'.'.join(parts)}")

    def _decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for one in node.decorator_list:
            if isinstance(one, ast.Call):
                for argument in (*one.args, *one.keywords):
                    self._expression(argument)
            parts = dotted(one.func if isinstance(one, ast.Call) else one)
            if parts:
                self._condition("factory" if isinstance(one, ast.Call) else "decorate", parts)
            else:
                self.certain = True

    def _class(self, node: ast.ClassDef) -> None:
        self._decorators(node)
        for base in node.bases:
            inner = base.value if isinstance(base, ast.Subscript) else base
            if parts := dotted(inner):
                self.conditions.add(f"derive {'.'.join(parts)}")
            else:
                self._expression(inner)
        for keyword in node.keywords:
            if keyword.arg == "metaclass":
                self.conditions.add(f"decorate {'.'.join(dotted(keyword.value) or ['?'])}")
            self._expression(keyword.value)
        names, _ = bound_in(node.body)
        around = self._own
        # a class's own names, as in @value.setter
        self._own = {**self._own, **{name: [] for name in names}}
        self.statements(node.body)
        self._own = around


def _sorted(found: _Effects) -> list[str]:
    return [CERTAIN] if found.certain or CERTAIN in found.conditions else sorted(found.conditions)


def _own_nodes(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """Nodes that run with the statements, not those of functions in them."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            stack += [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        elif not isinstance(node, ast.Lambda):
            stack += children(node)


def _root(node: ast.AST) -> set[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _is_fresh(value: ast.expr) -> bool:
    return isinstance(value, _DISPLAYS) or (isinstance(value, ast.Call) and bool({*dotted(value.func)[-1:]} & _FRESH))
