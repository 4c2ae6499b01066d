"""Fingerprints of single methods and what they use, no more.

Of a module of tasks only the definitions count that ``run`` reaches, so that a change to one task does not touch its
neighbours. What it imports from the physics, or from anybody's own packages, counts by whole modules, as everywhere.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from analysis.provenance.fingerprint import digest, fingerprint, module_source, resolve_imports
from analysis.provenance.origin import is_first_party, packages_with
from analysis.provenance.syntax import attributes_in, canonical, names_imported, names_in
from analysis.provenance.traversal import running_nodes

__all__ = ["class_fingerprint", "method_fingerprint"]

# carries results about or refuses them, and decides none: what stages say and take is in keys by itself
_PLUMBING = (
    *("tasks.framework.", "tasks.families."),
    *("analysis.chapters.", "analysis.checking.", "analysis.formats.format.", "analysis.stages.", "analysis.wiring."),
)

# scopes of names, besides modules: attributes of the class, and those of any class that it derives from
_SELF, _SUPER = "", "super()"

# what these make is the values of the fields, which enter a key themselves
_MAKERS = {"__init__", "__post_init__"}

_EMPTY = canonical([])


@cache
def method_fingerprint(cls: type, method: str, ignored: frozenset[str] = frozenset()) -> dict[str, str]:
    """Digests of a method and of everything first-party that it reaches.

    Followed are ``self.name`` through the classes that ``cls`` derives from, names defined in the same module, and
    imports.

    Args:
        cls: the task's class.
        method: name of the method.
        ignored: attributes whose values enter a key elsewhere (the task's parameters).

    Returns:
        Digest by ``module``, ``module:name`` or ``module:Class.name``.
    """
    return _Search(cls, ignored).digests([method])


@cache
def class_fingerprint(cls: type) -> dict[str, str]:
    """Digests of what an object of a dataclass does beyond holding its fields: methods, properties, class variables.

    Returns:
        As of :func:`method_fingerprint`; empty for a class of nothing but fields.
    """
    fields = frozenset(field.name for field in dataclasses.fields(cls))
    installed = packages_with(cls.__module__.partition(".")[0])
    names = {
        name
        for base in cls.__mro__
        if _is_followed(base.__module__, installed)
        for node in _classes(base.__module__).get(base.__name__, [])
        for member in node.body
        for name in _bound(member)
    }
    return _Search(cls, fields).digests(names - fields - _MAKERS)


class _Search:
    """Everything that attributes of a class reach."""

    def __init__(self, cls: type, ignored: frozenset[str]) -> None:
        self._cls = cls
        self._ignored = ignored
        self._installed = packages_with(cls.__module__.partition(".")[0])
        self._found: dict[str, str] = {}
        self._waiting: list[tuple[str, str]] = []
        self._seen: set[tuple[str, str]] = set()

    def digests(self, names: Iterable[str]) -> dict[str, str]:
        for name in names:
            self._add(_SELF, name)
        while self._waiting:
            scope, name = self._waiting.pop()
            if scope in (_SELF, _SUPER):
                self._follow_attribute(name, everywhere=scope == _SUPER)
            else:
                self._follow_global(scope, name)
        return dict(sorted(self._found.items()))

    def _add(self, scope: str, name: str) -> None:
        # a parameter's name may be a function's name as well
        if (scope, name) not in self._seen and not (scope in (_SELF, _SUPER) and name in self._ignored):
            self._seen.add((scope, name))
            self._waiting.append((scope, name))

    def _record(self, label: str, nodes: list[ast.stmt]) -> None:
        if (text := canonical(nodes)) != _EMPTY:
            self._found[label] = digest(text)

    def _follow_attribute(self, name: str, everywhere: bool) -> None:
        for base in self._cls.__mro__:
            if name not in vars(base):
                continue
            module = base.__module__
            if _is_followed(module, self._installed):
                classes = _classes(module).get(base.__name__, [])
                members = [member for node in classes for member in node.body if name in _bound(member)]
                self._record(f"{module}:{base.__qualname__}.{name}", members)
                for member in members:
                    self._reach(member, module)
                    for inner in _evaluated_in_class(member):
                        for used in names_in(inner):
                            self._add(_SELF, used)
            if not everywhere:
                return

    def _follow_global(self, module: str, name: str) -> None:
        source = module_source(module)
        if source is None:
            return
        nodes = [_only(node, name) for node in source.tree.body if name in _bound(node)]
        if not nodes:
            nodes = [_only(node, name) for node in source.tree.body if "*" in _bound(node)]
        imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
        plumbing = [self._import(node, module, {name}) for node in imports]
        if len(imports) < len(nodes) or not all(plumbing):
            self._record(f"{module}:{name}", nodes)
        for node in nodes:
            if node not in imports:
                self._reach(node, module)

    def _reach(self, node: ast.AST, home: str) -> None:
        for inner in running_nodes(node):
            if isinstance(inner, ast.Attribute) and (scope := _scope(inner.value)) is not None:
                self._add(scope, inner.attr)
            elif isinstance(inner, ast.Import | ast.ImportFrom):
                for alias in inner.names:
                    self._import(_single(inner, alias), home, attributes_in(node))
        for name in names_in(node):
            self._add(home, name)

    def _import(self, single: ast.Import | ast.ImportFrom, home: str, used: Collection[str]) -> bool:
        """Follow to whole modules, to single names of tasks and of their own; whether it leads to the framework."""
        source = module_source(home)
        assert source is not None
        top = home.partition(".")[0]
        name = single.names[0].name
        modules = resolve_imports(single, source, self._installed, used)
        for module in modules:
            if _is_plumbing(module):
                continue
            if module.partition(".")[0] not in (top, "tasks") or module.startswith("analysis."):
                self._found |= fingerprint(module)
            elif module.endswith(f".{name}") or isinstance(single, ast.Import):
                for bound in _all_bound(module):  # the module itself is imported
                    self._add(module, bound)
            else:
                self._add(module, name)
        return any(_is_plumbing(module) for module in modules)


def _is_plumbing(module: str) -> bool:
    return f"{module}.".startswith(_PLUMBING)


def _is_followed(module: str, installed: frozenset[str]) -> bool:
    top = module.partition(".")[0]
    own = (top in installed or is_first_party(top)) and not _is_plumbing(module)
    return own and module_source(module) is not None


def _scope(value: ast.expr) -> str | None:
    """The scope of ``value.name``; ``None`` if ``value`` is not the object itself."""
    match value:
        case ast.Name("self" | "cls") | ast.Attribute(ast.Name("self"), "__class__"):
            return _SELF
        case ast.Call(ast.Name("type"), [ast.Name("self")]):
            return _SELF
        case ast.Call(ast.Name("super")):
            return _SUPER
    return None


def _evaluated_in_class(member: ast.stmt) -> Iterator[ast.AST]:
    """The parts of a class's member that are evaluated in the class's scope."""
    if not isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
        yield member
        return
    yield from member.decorator_list
    yield from member.args.defaults
    yield from (default for default in member.args.kw_defaults if default is not None)


@cache
def _classes(module: str) -> dict[str, list[ast.ClassDef]]:
    source = module_source(module)
    found: dict[str, list[ast.ClassDef]] = {}
    for node in ast.walk(source.tree) if source else ():
        if isinstance(node, ast.ClassDef):
            found.setdefault(node.name, []).append(node)
    return found


def _all_bound(module: str) -> set[str]:
    source = module_source(module)
    return {name for node in source.tree.body for name in _bound(node)} if source else set()


@cache
def _bound(statement: ast.stmt) -> frozenset[str]:
    """Names that a statement, or one inside it, binds or changes in its own scope."""
    found: set[str] = set()
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
                continue
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                continue
            case ast.Import() | ast.ImportFrom():
                found |= names_imported(node)
                continue
            case ast.Name(ctx=ast.Store() | ast.Del()):
                found.add(node.id)
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                found |= _root(node)
            case ast.Expr(ast.Call(ast.Attribute() as method)):  # such as TABLE.update(...)
                found |= _root(method)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
        stack.extend(ast.iter_child_nodes(node))
    return frozenset(found)


def _root(node: ast.expr) -> set[str]:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _only(node: ast.stmt, name: str) -> ast.stmt:
    """An import statement reduced to the alias that binds a name; other statements as they are."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return node
    alias = next((a for a in node.names if (a.asname or a.name.partition(".")[0]) == name), None)
    return _single(node, alias or ast.alias(name))


def _single(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.Import | ast.ImportFrom:
    return ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], node.level)
