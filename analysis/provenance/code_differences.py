"""Readable differences of code: what changed in a definition, without what decides no result."""

from __future__ import annotations

import ast
import difflib
import io
import textwrap
import tokenize
import warnings

__all__ = ["code_difference"]

_CONTEXT = 2
_MOST_LINES = 40


def code_difference(old: str, new: str) -> list[str]:
    r"""Compare two source texts of a definition, as lines of a unified difference without its head.

    Comments, docstrings and empty lines are left out, as they enter no key; of what is left, long differences are
    shortened. Text that came from a store is made fit for a terminal.

    Args:
        old: source text before.
        new: source text now.

    Examples:
        >>> code_difference("def f(x):\n    return x  # as it is", "def f(x):\n    return 2 * x")
        [' def f(x):', '-    return x', '+    return 2 * x']
    """
    lines = _difference(_decisive_lines(old), _decisive_lines(new))
    # in what Python cannot parse, or where only the order of definitions of one name changed
    lines = lines or _difference(_lines(old), _lines(new))
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"... {len(lines) - _MOST_LINES} more lines"]
    return lines


def _difference(old: list[str], new: list[str]) -> list[str]:
    lines = list(difflib.unified_diff(old, new, n=_CONTEXT, lineterm=""))
    # two lines name files, the next one has numbers of lines, which are those of no file
    return ["..." if line.startswith("@@") else line for line in lines[3:]]


def _decisive_lines(text: str) -> list[str]:
    """The lines of a text without comments, docstrings and empty ones."""
    text = textwrap.dedent(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError):
        return _lines(text)
    lines = text.split("\n")
    for token in reversed(tokens):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for first, last in _docstrings(tree):
        lines[first - 1 : last] = [""] * (last - first + 1)
    return _lines("\n".join(lines))


def _docstrings(tree: ast.AST) -> list[tuple[int, int]]:
    """First and last line of every docstring."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            match node.body[0]:
                case ast.Expr(ast.Constant(str())) as first:
                    found.append((first.lineno, first.end_lineno or first.lineno))
    return found


def _lines(text: str) -> list[str]:
    """The lines of a text that hold something, without what would move a terminal's cursor."""
    lines = (line.expandtabs(4).rstrip() for line in text.split("\n"))
    return ["".join(c if c.isprintable() else "?" for c in line) for line in lines if line]
