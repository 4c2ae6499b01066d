from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
@pytest.mark.parametrize(
    ("system", "fixture"),
    [
        pytest.param("htcondor", "pool_project", marks=pytest.mark.services("condor")),
        pytest.param("slurm", "slurm", marks=pytest.mark.services("slurm")),
    ],
)
def test_both_make_all_results(system: str, fixture: str, request: pytest.FixtureRequest, repository: Path) -> None:
    """The benchmark stops where one does not."""
    request.getfixturevalue(fixture)
    script = repository / "benchmarks/batch_overhead.py"
    options = ["--systems", system, "--branches", "4", "--rounds", "1", "--tasks-per-job", "2", "--peers", "tuned"]
    done = subprocess.run([sys.executable, str(script), *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [line.split("|")[1].strip() for line in done.stdout.splitlines()[-2:]] == [
        f"{system}, erumflow",
        f"{system}, plain law, tuned",
    ]
