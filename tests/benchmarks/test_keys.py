"""The benchmark of keys runs, and an edit of a definition reaches fewer steps than one of a module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.release
def test_it_measures(repository: Path) -> None:
    command = [sys.executable, str(repository / "benchmarks" / "keys.py"), "--runs", "1", "--studies", "airshower"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=repository)
    found = {
        line[:20].strip(): float(line.split()[-1 if line.endswith(tuple("0123456789")) else -2])
        for line in done.stdout.splitlines()
    }
    assert 1 <= found["steps by definition"] < found["steps by module"] < found["steps"]
    assert found["fingerprints"] < found["keys, nothing kept"]
