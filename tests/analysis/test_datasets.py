from __future__ import annotations

from typing import Any

import pytest

from analysis.datasets import Schema
from analysis.errors import StudyError


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"branches": ("pt", "identity")}, "'Events' reads the branch 'identity', which is what this framework calls"),
        ({"branches": ("pt", "eta", "pt")}, "'Events' reads the branch 'pt' twice"),
        ({"branches": ("pt",), "missing": ("eta",)}, "has the missing field 'eta', which is no branch of it"),
    ],
)
def test_a_schema_makes_a_readable_record(more: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        Schema("Events", **more)
