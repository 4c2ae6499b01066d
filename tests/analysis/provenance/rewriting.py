"""Ways to write a program otherwise that change nothing of what it does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

__all__ = ["REWRITINGS", "with_unrelated"]

_FOR_CHECKERS = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from elsewhere import Argument
"""


def _documented(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body.insert(0, ast.Expr(ast.Constant("Say what it does.")))


def _annotated(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = ast.Name("int")
            for argument in (*node.args.args, *node.args.kwonlyargs):
                argument.annotation = ast.Constant("Argument")
    body = ast.parse(_FOR_CHECKERS).body
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name() as target]):
                body.append(ast.AnnAssign(target, ast.Constant("Argument"), node.value, simple=1))
            case _:
                body.append(node)
    tree.body = body


def _imported_in_another_order(tree: ast.Module) -> None:
    first = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if tree.body[: len(first)] == first:
        tree.body[: len(first)] = reversed(first)


def _imported_at_once(tree: ast.Module) -> None:
    """Write neighbouring ``from x import a`` and ``from x import b`` as one statement."""
    body: list[ast.stmt] = []
    for node in tree.body:
        before = body[-1] if body else None
        if (
            isinstance(node, ast.ImportFrom)
            and isinstance(before, ast.ImportFrom)
            and (node.module, node.level) == (before.module, before.level)
            and "*" not in (node.names[0].name, before.names[0].name)
        ):
            before.names += node.names
        else:
            body.append(node)
    tree.body = body


def _unused_passes(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.body.append(ast.Pass())


def _commented(text: str) -> str:
    lines = [f"{line}  # as it is" if line and not line.endswith('"""') else line for line in text.splitlines()]
    return "# a comment\n\n\n" + "\n\n".join(lines) + "\n\n# the end"


def _of_trees(change: Callable[[ast.Module], None]) -> Callable[[str], str]:
    def rewrite(text: str) -> str:
        tree = ast.parse(text)
        change(tree)
        return ast.unparse(ast.fix_missing_locations(tree))

    return rewrite


REWRITINGS: dict[str, Callable[[str], str]] = {
    "formatting": lambda text: ast.unparse(ast.parse(text)),
    "comments": _commented,
    "docstrings": _of_trees(_documented),
    "annotations": _of_trees(_annotated),
    "order of imports": _of_trees(_imported_in_another_order),
    "joined imports": _of_trees(_imported_at_once),
    "passes": _of_trees(_unused_passes),
}

_UNRELATED = (
    "def unrelated(x={n}):\n    return x + {n}",
    "UNRELATED = {n}",
    'UNRELATED: dict[str, int] = {{"a": {n}}}',
    "class Unrelated:\n    K = {n}\n\n    def m(self):\n        return self.K",
    "@property\ndef unrelated(self):\n    return {n}",
    "def unrelated():\n    import math\n\n    return math.pi * {n}",
    "async def unrelated():\n    return {n}",
    "unrelated = lambda x: x + {n}",
    "def unrelated():\n    global UNRELATED\n    UNRELATED = {n}",
)


def with_unrelated(text: str, which: Sequence[int], number: int) -> str:
    """A module with further definitions that nothing uses, numbers of which can be chosen."""
    blocks = [_UNRELATED[one % len(_UNRELATED)].format(n=number) for one in which]
    return "\n\n\n".join([text, *blocks]) + "\n"
