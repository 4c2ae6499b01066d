"""Fingerprint of a task's own code: its ``run`` and what that uses, no more.

Of a module of tasks only the definitions count that ``run`` reaches, so that a change to one task does not touch its
neighbours. What it imports from the physics counts by whole modules, as everywhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from analysis.provenance.fingerprint import digest, fingerprint, module_source, resolve_imports
from analysis.provenance.syntax import canonical, names_in

__all__ = ["method_fingerprint"]

# carries results about, decides none
_PLUMBING = "tasks.framework"


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
    found: dict[str, str] = {}
    waiting: list[tuple[str, str]] = [("", method)]  # attributes of cls have no module, other names have one
    seen = set(waiting)
    while waiting:
        module, name = waiting.pop()
        located = _attribute(cls, name) if not module else _definition(module, name)
        if located is None:
            continue
        label, home, node = located
        if isinstance(node, ast.Import | ast.ImportFrom):
            reached = _imported(node, home)
        else:
            found[label] = digest(canonical(node))
            reached = [*_reached(node, home)]
        for item in reached:
            if isinstance(item, str):
                found |= fingerprint(item, frozenset({home.partition(".")[0]}) - {"tasks"})
            elif item not in seen and item[1] not in ignored:
                seen.add(item)
                waiting.append(item)
    return dict(sorted(found.items()))


def _is_followed(module: str) -> bool:
    return module_source(module) is not None and not (module + ".").startswith(_PLUMBING + ".")


def _attribute(cls: type, name: str) -> tuple[str, str, ast.AST] | None:
    for base in cls.__mro__:
        if name not in vars(base):
            continue
        top = base.__module__.partition(".")[0]
        if top in ("law", "luigi", "builtins", "abc") or not _is_followed(base.__module__):
            return None
        source = module_source(base.__module__)
        assert source is not None
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef) and node.name == base.__qualname__:
                for member in node.body:
                    if name in _bound(member):
                        return f"{base.__module__}:{base.__qualname__}.{name}", base.__module__, member
        return None
    return None


def _definition(module: str, name: str) -> tuple[str, str, ast.AST] | None:
    source = module_source(module)
    if source is None:
        return None
    for node in source.tree.body:
        if name in _bound(node):
            return f"{module}:{name}", module, node
    return None


def _bound(node: ast.AST) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {t.id for t in node.targets if isinstance(t, ast.Name)}
    if isinstance(node, ast.AnnAssign):
        return {node.target.id} if isinstance(node.target, ast.Name) else set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return set()


def _reached(node: ast.AST, home: str) -> Iterator[str | tuple[str, str]]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id in ("self", "cls"):
            yield "", inner.attr
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            yield from _imported(inner, home)
    for name in names_in(node):
        yield home, name


def _imported(node: ast.Import | ast.ImportFrom, home: str) -> list[str | tuple[str, str]]:
    """What an import statement of a module of tasks leads to: whole modules of physics, single names of tasks."""
    source = module_source(home)
    assert source is not None
    packages = frozenset({"analysis", home.partition(".")[0]})
    reached: list[str | tuple[str, str]] = []
    for alias in node.names:
        single: ast.Import | ast.ImportFrom = ast.Import([alias])
        if isinstance(node, ast.ImportFrom):
            single = ast.ImportFrom(node.module, [alias], node.level)
        for module in resolve_imports(single, source, packages):
            if not _is_followed(module):
                continue
            if module.partition(".")[0] == "analysis":
                reached.append(module)
            else:
                reached.append((module, alias.name))
    return reached
