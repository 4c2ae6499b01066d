"""Check of workspaces against pyhf's schema, which its package has as JSON."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from analysis.errors import StudyError

__all__ = ["check_schema"]


def check_schema(workspace: Mapping[str, Any]) -> None:
    """See that a workspace follows the schema of HistFactory's workspaces, version 1.0.0.

    Raises:
        StudyError: it does not; the message names the place.
    """
    # of thousands of numbers and modifiers, the schema tells a dozen apart, and importing pyhf takes half a second
    if not _validator().is_valid(_outline(workspace)):
        _complain(workspace)


@cache
def _validator() -> Any:
    import jsonschema

    file = Path(str(distribution("pyhf").locate_file("pyhf/schemas/1.0.0/defs.json")))
    definitions = json.loads(file.read_text(encoding="utf-8"))["definitions"]
    return jsonschema.Draft6Validator({"$ref": "#/definitions/workspace", "definitions": definitions})


def _outline(value: Any, key: str = "") -> Any:
    """One of those entries of each list that the schema cannot tell apart: it knows no number, and no name but lumi."""
    if isinstance(value, dict):
        return {name: _outline(one, name) for name, one in value.items()}
    if isinstance(value, list):
        if all(type(one) is float for one in value):
            return [0.0] if value else []
        alike = {repr(one): one for one in map(_outline, value)}
        # nor does their order matter
        return [alike[one] for one in sorted(alike)]
    if isinstance(value, str) and key == "name" and value != "lumi":
        return ""
    return 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


def _complain(workspace: Mapping[str, Any]) -> None:
    import jsonschema
    import pyhf.exceptions
    import pyhf.schema

    try:
        with warnings.catch_warnings():
            # pyhf uses a part of jsonschema that is deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            # which lets arrays pass for lists
            pyhf.schema.validate(workspace, "workspace.json")
    except pyhf.exceptions.InvalidSpecification as problem:
        cause = problem.__context__
        assert isinstance(cause, jsonschema.ValidationError)
        message = cause.message if len(cause.message) < 200 else f"{cause.message[:200]}..."
        raise StudyError(
            f"the workspace does not follow pyhf's schema at {_path(workspace, cause.absolute_path)}: {message}",
            cure="see https://pyhf.readthedocs.io for the format",
        ) from None


def _path(workspace: Any, path: Any) -> str:
    """The place in the workspace, with names instead of numbers where there are some."""
    parts, place = [], workspace
    for step in path:
        place = place[step]
        name = place.get("name") if isinstance(place, dict) else None
        parts.append(str(name) if isinstance(step, int) and name else str(step))
    return "/".join(parts) or "its top"
