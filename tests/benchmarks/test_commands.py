from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows
from tests.tasks.project import Project


@pytest.mark.release
def test_costs_of_a_command_from_nothing_again_and_of_help(project: Project, benchmark: Callable[..., str]) -> None:
    options = ["--task", "CalibrateEvents", "--studies", "airshower", "--statistics", "small", "--runs", "1"]
    printed = benchmark("commands.py", *options, environment=project.environment())
    _, whole, again, _, law = rows(printed)
    assert "empty store" in whole[0]
    assert float(whole[2]) > float(again[2]) > float(law[2]) > 0
    assert float(whole[4]) > 0
