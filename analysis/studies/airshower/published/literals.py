"""Tables that stand as literals in the source text of a package, read without running any of it."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any

from analysis.datasets import PackageFile
from analysis.errors import DataError
from analysis.events.resources import read_resource

__all__ = ["AUGER", "literal"]

AUGER = PackageFile(
    package="astrotools",
    version="1.5.0",
    path="auger.py",
    sha256="25f658a284c1acae6aca5401034f2c0a89e26236d3e7250c7f46b7add3889f1f",
    size=38678,
)
"""Parametrisations of the depth of shower maximum as astrotools (RWTH Aachen, MIT licence) has them."""


@cache
def literal(file: PackageFile, name: str, function: str = "") -> Any:
    """Return the literal that a Python source file assigns to a name.

    The text is parsed, never run. What is returned is shared by all callers: leave it as it is.

    Args:
        file: the source file, with its digest.
        name: of the variable.
        function: of which it is a local variable; a variable of the module without.

    Raises:
        DataError: the file is not the one meant (see :func:`~analysis.events.resources.read_resource`), or has no
            such literal.
    """
    scope: ast.AST | None = ast.parse(read_resource(file), filename=file.path)
    if function:
        scope = next((n for n in _body(scope) if isinstance(n, ast.FunctionDef) and n.name == function), None)
    for statement in _body(scope):
        if not isinstance(statement, ast.Assign):
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in statement.targets):
            try:
                return ast.literal_eval(statement.value)
            except ValueError:
                break
    where = f"{file.package}/{file.path}" + (f", function {function!r}" if function else "")
    raise DataError(f"{where} assigns no literal to {name!r}", cure="name another variable, or correct the catalogue")


def _body(scope: ast.AST | None) -> list[ast.stmt]:
    return getattr(scope, "body", [])
