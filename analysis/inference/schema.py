"""Whether a HistFactory workspace is one that others can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyhf.exceptions
import pyhf.schema

from analysis.errors import DataError

__all__ = ["validate"]


def validate(workspace: Mapping[str, Any], name: str) -> None:
    """Check a workspace against pyhf's JSON schema.

    Args:
        workspace: as it would be read from JSON.
        name: of the workspace, for the message.

    Raises:
        DataError: it does not follow the schema.
    """
    try:
        pyhf.schema.validate(dict(workspace), "workspace.json")
    except pyhf.exceptions.InvalidSpecification as error:
        raise DataError(
            f"the workspace {name!r} is no HistFactory workspace: {str(error).splitlines()[0]}",
            cure="mend the study's step that builds it",
        ) from error
