from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows
from tests.tasks.project import Project


@pytest.mark.release
def test_numbers_of_workers_take_turns_and_the_critical_path_is_shown(
    project: Project, benchmark: Callable[..., str]
) -> None:
    options = ["--commands", "CalibrateEvents --study airshower", "--arguments", "--statistics small", "--rounds", "1"]
    printed = benchmark("graph/whole.py", *options, environment=project.environment())
    found = rows(printed)
    assert [row[0] for row in found[1:3]] == ["1 worker", "2 workers"]
    assert found[1][2] == "1.00"
    families = [row[0].split()[0] for row in found[4:]]
    # the calibration is derived from monitoring data
    assert families == ["GenerateEvents", "SimulateData", "DeriveCalibration", "CalibrateEvents"]
