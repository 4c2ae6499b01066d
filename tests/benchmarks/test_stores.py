from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.servers import S3, XRootD


@pytest.mark.services
def test_all_ways_bring_back_what_was_sent(xrootd: XRootD, s3: S3, repository: Path) -> None:
    """The benchmark stops where one does not, or does not list all there is."""
    script = repository / "benchmarks/stores.py"
    options = ["--rounds", "1", "--megabytes", "1", "--files", "3", "--listed", "10"]
    done = subprocess.run([sys.executable, str(script), *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert sum(line.startswith("| uploads of small files") for line in rows) == 2
