from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows


@pytest.mark.release
@pytest.mark.parametrize(
    ("system", "fixture"),
    [
        pytest.param("htcondor", "pool_project", marks=pytest.mark.services("condor")),
        pytest.param("slurm", "slurm", marks=pytest.mark.services("slurm")),
    ],
)
def test_both_make_all_results(
    system: str, fixture: str, request: pytest.FixtureRequest, benchmark: Callable[..., str]
) -> None:
    """The benchmark stops where one does not."""
    request.getfixturevalue(fixture)
    options = ["--systems", system, "--branches", "4", "--rounds", "1", "--tasks-per-job", "2", "--peers", "tuned"]
    printed = benchmark("batch_overhead.py", *options)
    assert [row[0] for row in rows(printed)[-2:]] == [f"{system}, erumflow", f"{system}, plain law, tuned"]
