from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
def test_status_is_asked_for_both_kinds_of_catalogues(repository: Path) -> None:
    """The benchmark stops where status is wrong."""
    script = repository / "benchmarks/catalogue.py"
    done = subprocess.run([sys.executable, str(script), "--files", "50", "--runs", "1"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| status of all chunks, all ") == 2
