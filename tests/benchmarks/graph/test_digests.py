from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows
from tests.tasks.project import Project


@pytest.mark.release
def test_checks_are_timed_and_all_is_verified(project: Project, benchmark: Callable[..., str]) -> None:
    options = ["--commands", "CalibrateEvents --study airshower --statistics small", "--rounds", "1"]
    printed = benchmark("graph/digests.py", *options, environment=project.environment())
    found = {row[0]: row[1:] for row in rows(printed)}
    parts = [float(found[name][0]) for name in list(found)[2:-1]]
    assert len(parts) == 4
    assert float(found["all checks"][0]) == pytest.approx(sum(parts), abs=0.03)
    assert 0.0 < float(found["all checks"][0]) < float(found["all of it"][0])
    assert "VerifyRecords` of all its records: " in printed
