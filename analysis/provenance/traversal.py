"""Ways through a syntax tree."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

__all__ = ["IGNORED_FIELDS", "Census", "census", "is_type_checking"]

IGNORED_FIELDS = frozenset({"annotation", "returns", "type_comment", "type_params", "type_ignores", "ctx", "kind"})
"""Positions are not fields; these only serve type checkers or repeat what the position in the tree says."""


@cache
def children(node: ast.AST) -> tuple[ast.AST, ...]:
    """Children of a node, but those without content, such as operators and contexts; asked for again and again."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [one for one in value if isinstance(one, ast.AST) and one._fields]
        elif isinstance(value, ast.AST) and value._fields:
            found.append(value)
    return tuple(found)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Like ``ast.walk``, in its order, over what :func:`children` has."""
    waiting = deque([node])
    while waiting:
        node = waiting.popleft()
        waiting.extend(children(node))
        yield node


class Census(NamedTuple):
    """Names and annotations in a syntax tree.

    Args:
        names: that a running program reads.
        annotations: of arguments, results and variables.
        for_checkers: what only type checkers read, with the conditions that say so.
    """

    names: frozenset[str]
    annotations: tuple[ast.AST, ...]
    for_checkers: tuple[ast.AST, ...]


@cache
def census(tree: ast.AST) -> Census:
    """All that is asked of a tree, found on one way through it: the innermost loop of every command."""
    names, annotations, for_checkers = set(), [], []
    stack = [tree]
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind is ast.Name:
            names.add(node.id)  # type: ignore[attr-defined]
            continue
        if kind is ast.Constant:
            continue
        if isinstance(node, ast.If) and is_type_checking(node.test):
            for_checkers += [node.test, *node.body]
            stack.extend(node.orelse)
            continue
        for name in node._fields:
            value = getattr(node, name, None)
            if name in IGNORED_FIELDS:
                if isinstance(value, ast.AST) and name in ("annotation", "returns"):
                    annotations.append(value)
            elif isinstance(value, list):
                stack.extend([v for v in value if isinstance(v, ast.AST)])
            elif isinstance(value, ast.AST):
                stack.append(value)
    return Census(frozenset(names), tuple(annotations), tuple(for_checkers))


def is_type_checking(test: ast.expr) -> bool:
    """Whether the condition of an ``if`` is that only a type checker reads what is below."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"
