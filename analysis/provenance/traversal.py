"""Ways through a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["IGNORED_FIELDS", "every_node", "is_type_checking", "running_nodes"]

IGNORED_FIELDS = frozenset({"annotation", "returns", "type_comment", "type_params", "type_ignores", "ctx", "kind"})
"""Positions are not fields; these only serve type checkers or repeat what the position in the tree says."""


def running_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Like ``ast.walk``, but not into annotations and what only type checkers read; in no particular order."""
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and is_type_checking(node.test):
            stack.extend(node.orelse)
            continue
        yield node
        # the innermost loop of every command
        for name in node._fields:
            if name in IGNORED_FIELDS:
                continue
            value = getattr(node, name, None)
            if isinstance(value, list):
                stack.extend([v for v in value if isinstance(v, ast.AST)])
            elif isinstance(value, ast.AST):
                stack.append(value)


def every_node(tree: ast.AST) -> Iterator[ast.AST]:
    """Like ``ast.walk``, but faster, and in no particular order."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                stack.extend([v for v in value if isinstance(v, ast.AST)])
            elif isinstance(value, ast.AST):
                stack.append(value)


def is_type_checking(test: ast.expr) -> bool:
    """Whether the condition of an ``if`` is that only a type checker reads what is below."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"
