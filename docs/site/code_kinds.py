"""Kinds of code blocks of pages, for their highlighting and for the tests that check them."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["KINDS", "Block", "blocks", "kind_of", "setup"]

KINDS = ("sh", "ini", "python", "pycon", "json", "yaml", "text")
_FENCED = re.compile(
    r"^(?P<indent> *)(?P<fence>```+)(?P<language>[\w{}-]*)[^\n]*\n(?P<text>.*?)^(?P=indent)(?P=fence) *$",
    re.MULTILINE | re.DOTALL,
)
_INDENTED = re.compile(r"(?:(?<=\n\n)|(?<=-->\n))((?:    [^\n]*\n|\n(?=(?:\n)*    ))+)")
_COMMAND = re.compile(
    r"(?:[A-Z_]+=\S* )*(?:law|source|python3?|pip|uv|git|pytest|export|tensorboard|sed|mkdir|cd|ssh|bash|cp|curl|for"
    r"|gunzip) \S"
)


@dataclass(frozen=True)
class Block:
    """A code block of a page: its kind, its text, and the line that it begins at."""

    kind: str
    text: str
    line: int


def kind_of(text: str) -> str:
    r"""Tell the kind of a block that does not say it.

    Examples:
        >>> kind_of("law run Report  # the page"), kind_of("[studies]\npath: x"), kind_of("fit = Fit('fit')")
        ('sh', 'ini', 'python')
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return "text"
    if lines[0].startswith(">>> "):
        return "pycon"
    if _COMMAND.match(lines[0]):
        return "sh"
    if re.fullmatch(r"\[\w+\](?:\s+#.*)?", lines[0]):
        return "ini"
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return "text"
    return (
        "python" if any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in body) else "text"
    )


def blocks(page: str) -> Iterator[Block]:
    """All code blocks of a page in Markdown; directives are none."""
    for found in _FENCED.finditer(page):
        language = found["language"]
        if language == "{code-cell}" or not language.startswith("{"):
            text = textwrap.dedent(found["text"])
            kind = language or kind_of(text)
            if language == "{code-cell}":
                # options of the cell, and commands to the notebook
                kind, text = "python", re.sub(r"^(?::[\w-]+:|[%!]).*", "", text, flags=re.MULTILINE)
            yield Block(kind, text, page.count("\n", 0, found.start()) + 2)
    plain = _FENCED.sub(lambda found: "\n" * found[0].count("\n"), page)
    plain = re.sub(r"<!--.*?-->", lambda found: "\n" * found[0].count("\n") + "-->", plain, flags=re.DOTALL)
    for found in _INDENTED.finditer(plain):
        before = plain[: found.start()].rstrip("\n").rpartition("\n\n")[2]
        # what belongs to an item of a list is a paragraph
        if not re.match(r"\s*(?:[-*]|\d+\.) ", before):
            text = "".join(line[4:] if line.strip() else "\n" for line in found[1].splitlines(keepends=True))
            yield Block(kind_of(text), text, plain.count("\n", 0, found.start()) + 1)


def _highlight(app: Any, tree: Any) -> None:
    """Give blocks without a language the one that they are in."""
    from docutils import nodes

    for node in tree.findall(nodes.literal_block):
        if node.get("language", "none") in ("none", "default"):
            node["language"] = kind_of(node.astext())
        elif node.astext().startswith("!"):
            # a command in a notebook
            node["language"] = "sh"


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", _highlight)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
