"""What the tests with outside validators share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis.preservation.small_capsule import written

# run by the validators' own Python
collect_ignore_glob = ["with_*.py"]


@pytest.fixture
def capsule_folder(tmp_path: Path) -> Path:
    """A small capsule, unpacked, with all that describes it; each test may change its own."""
    return written(tmp_path / "capsule")
