"""A syntax tree reduced to what can change a result, written the same way by every Python.

``ast.dump`` and ``ast.unparse`` differ between Python versions, so the tree is written by hand here. Left out are
comments, formatting, docstrings, annotations, ``pass``, ``__all__``, the order of neighbouring imports and whatever
only a type checker reads.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from analysis.provenance.traversal import IGNORED_FIELDS, census, is_type_checking

__all__ = ["canonical", "is_without_effect"]

# the annotations that a dataclass obeys
_DECISIVE_ANNOTATIONS = {"ClassVar", "InitVar", "KW_ONLY"}


def canonical(node: ast.AST | Sequence[ast.stmt]) -> str:
    """The canonical text of a syntax tree, or of several one after the other; it is plain ASCII.

    Args:
        node: a tree as made by ``ast.parse``; it is not changed.

    Examples:
        >>> canonical(ast.parse("x: int = 1  # one")) == canonical(ast.parse("x = 0x1"))
        True
        >>> canonical(ast.parse("x = 1")) == canonical(ast.parse("x = 1.0"))
        False
    """
    tree = node if isinstance(node, ast.AST) else ast.Module(body=list(node), type_ignores=[])
    return _text(tree, _only_annotating(tree))


def is_without_effect(statement: ast.stmt) -> bool:
    """Whether a statement changes nothing: ``pass``, a docstring, ``__all__``."""
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):  # docstrings, and the ellipsis of an empty body
        return isinstance(statement.value, ast.Constant)
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return all(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


class _Writer:
    """Writes the canonical text into ``out``.

    Args:
        skip: imports of these names are left out.
    """

    def __init__(self, skip: frozenset[str]) -> None:
        self.out: list[str] = []
        self._skip = skip
        self._in_class = False

    def write(self, node: ast.AST) -> None:
        """Write a node and what is below it."""
        if isinstance(node, ast.Constant):
            self._write_constant(node.value)
            return
        if isinstance(node, ast.JoinedStr):
            self._write_formatted(node)
            return
        around, self._in_class = self._in_class, _is_in_class(node, self._in_class)
        self.out.append(f"({type(node).__name__}")
        for name, value in _fields(node):
            start = len(self.out)
            self.out.append(f" {name}=[")
            self._write_field(value)
            if len(self.out) > start + 1:
                self.out.append("]")
            else:  # all of it may be left out
                self.out.pop()
        self.out.append(")")
        self._in_class = around

    def write_body(self, body: Sequence[ast.stmt]) -> None:
        """Write statements one after the other, neighbouring imports in sorted order."""
        imports: list[str] = []
        for statement in _statements(body, self._in_class):
            if isinstance(statement, ast.Import | ast.ImportFrom):
                imports += [
                    _text(s, frozenset()) for s in _single_aliases(statement) if not _names_imported(s) & self._skip
                ]
            else:
                self.out.extend(sorted(imports))
                imports.clear()
                self.write(statement)
        self.out.extend(sorted(imports))

    def _write_field(self, value: Any) -> None:
        values = value if isinstance(value, list) else [value]
        if isinstance(values[0], ast.stmt):
            self.write_body(values)
            return
        for item in values:
            if isinstance(item, ast.AST):
                self.write(item)
            else:
                self.out.append(f"({item!a})")

    def _write_constant(self, value: object) -> None:
        # the type tells 1 from True and 1.0; repr of a float is its shortest exact form on every Python. Not repr of
        # a string: which characters it escapes is a matter of the Python's Unicode version
        text = hex(value) if type(value) is int else ascii(value)
        self.out.append(f"({type(value).__name__} {text})")

    def _write_formatted(self, node: ast.JoinedStr) -> None:
        """Write an f-string; Pythons differ in how they split its literal text."""
        self.out.append("(JoinedStr")
        text = ""
        for value in node.values:
            if isinstance(value, ast.Constant):
                text += str(value.value)
                continue
            if text:
                self.out.append(f" {text!a}")
                text = ""
            assert isinstance(value, ast.FormattedValue)
            self.out.append(f" (FormattedValue {value.conversion} ")
            self.write(value.value)
            if isinstance(value.format_spec, ast.JoinedStr) and value.format_spec.values:
                self.out.append(" ")
                self.write(value.format_spec)
            self.out.append(")")
        self.out.append(f" {text!a})" if text else ")")


def _text(node: ast.AST, skip: frozenset[str]) -> str:
    writer = _Writer(skip)
    writer.write(node)
    return "".join(writer.out)


def _fields(node: ast.AST) -> Iterator[tuple[str, object]]:
    for name, value in ast.iter_fields(node):
        # a field that is empty may not exist in another version
        if name not in IGNORED_FIELDS and value is not None and value != []:
            yield name, value
    if isinstance(node, ast.AnnAssign):
        attributes = {n.attr for n in _annotation_nodes(node.annotation) if isinstance(n, ast.Attribute)}
        mentioned = _annotation_names(node.annotation) | attributes
        if found := sorted(_DECISIVE_ANNOTATIONS & mentioned):
            yield "annotation", found


def _is_in_class(node: ast.AST, now: bool) -> bool:
    if isinstance(node, ast.ClassDef):
        return True
    return now and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _statements(body: Sequence[ast.stmt], in_class: bool) -> Iterator[ast.stmt]:
    """The statements that have an effect, without what formatting and annotations add to them."""
    for statement in body:
        if isinstance(statement, ast.If) and is_type_checking(statement.test):
            yield from _statements(statement.orelse, in_class)
        elif is_without_effect(statement):
            continue
        elif isinstance(statement, ast.AnnAssign) and not in_class:  # in a class, an annotation declares a field
            if statement.value is not None:
                yield ast.Assign(targets=[statement.target], value=statement.value)
        elif isinstance(statement, ast.Delete):
            # formatters take the parentheses of "del (a, b)" away, which are a tuple to the parser
            yield ast.Delete(targets=[t for target in statement.targets for t in _members(target)])
        else:
            yield statement


def _members(target: ast.expr) -> list[ast.expr]:
    return [m for t in target.elts for m in _members(t)] if isinstance(target, ast.Tuple) else [target]


def _single_aliases(node: ast.Import | ast.ImportFrom) -> Iterator[ast.Import | ast.ImportFrom]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield ast.Import(names=[alias])
        elif node.module != "__future__":
            yield ast.ImportFrom(module=node.module, names=[alias], level=node.level)


@cache
def _only_annotating(tree: ast.AST) -> frozenset[str]:
    """Names that annotations and type checkers read and nothing else does; importing them changes no result."""
    found = census(tree)
    annotating = set().union(*map(_annotation_names, found.annotations))
    annotating |= {n.id for part in found.for_checkers for n in ast.walk(part) if isinstance(n, ast.Name)}
    return frozenset(annotating - found.names)


def _annotation_names(annotation: ast.AST) -> set[str]:
    return {node.id for node in _annotation_nodes(annotation) if isinstance(node, ast.Name)}


def _annotation_nodes(annotation: ast.AST) -> Iterator[ast.AST]:
    """All nodes of an annotation, also of what is quoted in it."""
    for node in ast.walk(annotation):
        yield node
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            with contextlib.suppress(SyntaxError, ValueError):
                yield from _annotation_nodes(ast.parse(node.value, mode="eval").body)


def _names_imported(statement: ast.Import | ast.ImportFrom) -> set[str]:
    """The names that an import statement binds."""
    return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
