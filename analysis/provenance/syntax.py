"""A syntax tree reduced to what can change a result, written the same way by every Python.

``ast.dump`` and ``ast.unparse`` differ between Python versions, so the tree is written by hand here. Left out are
comments, formatting, docstrings, annotations, ``pass``, ``__all__``, the order of neighbouring imports and whatever
only a type checker reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

__all__ = ["canonical", "imports_in_use", "names_in"]

# positions are not fields; these fields only serve type checkers or repeat what the position in the tree says
_IGNORED_FIELDS = {"annotation", "returns", "type_comment", "type_params", "type_ignores", "ctx", "kind"}


def canonical(node: ast.AST | Sequence[ast.AST]) -> str:
    """The canonical text of a syntax tree, or of several one after the other.

    Args:
        node: a tree as made by ``ast.parse``; it is not changed.

    Examples:
        >>> canonical(ast.parse("x: int = 1  # one")) == canonical(ast.parse("x: float = 0x1"))
        True
        >>> canonical(ast.parse("x = 1")) == canonical(ast.parse("x = 1.0"))
        False
    """
    out: list[str] = []
    if isinstance(node, ast.AST):
        _write(node, out, skip=_only_annotating(node))
    else:
        _write_body(node, out, skip=set())
    return "".join(out)


def imports_in_use(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """The import statements of a module that a running program needs, one alias each.

    Imports below ``if TYPE_CHECKING`` and of names that only annotations mention are left out.
    """
    skip = _only_annotating(tree)
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias for alias in _single_aliases(node) if _bound_name(alias) not in skip)
            continue
        for child in ast.iter_child_nodes(node):
            if not (isinstance(child, ast.If) and _is_type_checking(child.test)):
                stack.append(child)
            else:
                stack.extend(child.orelse)


def names_in(node: ast.AST) -> set[str]:
    """All names that a running program reads in a tree, annotations left out."""
    return {n.id for n in _walk(node) if isinstance(n, ast.Name)}


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Like ``ast.walk``, but not into annotations."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in _IGNORED_FIELDS:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child)


def _write(node: ast.AST, out: list[str], skip: set[str]) -> None:
    if isinstance(node, ast.Constant):
        # the type tells 1 from True and 1.0; repr of a float is its shortest exact form on every Python
        out.append(f"({type(node.value).__name__} {node.value!r})")
        return
    if isinstance(node, ast.JoinedStr):
        _write_formatted(node, out, skip)
        return
    out.append(f"({type(node).__name__}")
    for name, value in ast.iter_fields(node):
        # a field that is empty may not exist in another version
        if name in _IGNORED_FIELDS or value is None or value == []:
            continue
        piece: list[str] = []
        if not isinstance(value, list):
            _write_all([value], piece, skip)
        elif isinstance(value[0], ast.stmt):
            _write_body(value, piece, skip)
        else:
            _write_all(value, piece, skip)
        if piece:
            out.extend((f" {name}=[", *piece, "]"))
    out.append(")")


def _write_all(values: Sequence[object], out: list[str], skip: set[str]) -> None:
    for value in values:
        if isinstance(value, ast.AST):
            _write(value, out, skip)
        else:
            out.append(f"({value!r})")


def _write_formatted(node: ast.JoinedStr, out: list[str], skip: set[str]) -> None:
    """Write an f-string; Pythons differ in how they split its literal text."""
    out.append("(JoinedStr")
    text = ""
    for value in node.values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
            continue
        if text:
            out.append(f" {text!r}")
            text = ""
        assert isinstance(value, ast.FormattedValue)
        out.append(f" (FormattedValue {value.conversion} ")
        _write(value.value, out, skip)
        if isinstance(value.format_spec, ast.JoinedStr) and value.format_spec.values:
            out.append(" ")
            _write(value.format_spec, out, skip)
        out.append(")")
    out.append(f" {text!r})" if text else ")")


def _write_body(body: Sequence[ast.AST], out: list[str], skip: set[str]) -> None:
    imports: list[str] = []

    def flush() -> None:
        out.extend(sorted(imports))
        imports.clear()

    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for single in _single_aliases(statement):
                if _bound_name(single) not in skip:
                    piece: list[str] = []
                    _write(single, piece, skip)
                    imports.append("".join(piece))
            continue
        if _is_without_effect(statement):
            continue
        flush()
        if isinstance(statement, ast.If) and _is_type_checking(statement.test):
            _write_body(statement.orelse, out, skip)
            continue
        _write(statement, out, skip)
    flush()


def _is_without_effect(statement: ast.AST) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):  # docstrings, and the ellipsis of an empty body
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Assign):
        return [t.id for t in statement.targets if isinstance(t, ast.Name)] == ["__all__"]
    return False


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _single_aliases(node: ast.Import | ast.ImportFrom) -> Iterator[ast.Import | ast.ImportFrom]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield ast.Import(names=[alias])
        elif node.module != "__future__":
            yield ast.ImportFrom(module=node.module, names=[alias], level=node.level)


def _bound_name(single: ast.Import | ast.ImportFrom) -> str:
    alias = single.names[0]
    return alias.asname or alias.name.partition(".")[0]


def _only_annotating(tree: ast.AST) -> set[str]:
    """Names that annotations mention and nothing else does; importing them changes no result."""
    read = names_in(tree)
    everywhere: set[str] = set()
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            annotation = getattr(node, name, None)
            if isinstance(annotation, ast.AST):
                everywhere |= _annotation_names(annotation)
    return everywhere - read


def _annotation_names(annotation: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                found |= _annotation_names(ast.parse(node.value, mode="eval").body)
            except SyntaxError:
                continue
    return found
