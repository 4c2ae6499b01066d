from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.conftest import rows
from tests.benchmarks.learning_alone import run_alone
from tests.tasks.project import Project

SMALL = [text for change in ("epochs=1", "folds=3", "seeds=1") for text in ("--change", change)]


@pytest.mark.release
def test_trains_studies_of_exported_records_alone(
    trained: Project, author: Project, repository: Path, benchmark: Callable[..., str], tmp_path: Path
) -> None:
    folder, file = tmp_path / "inputs", tmp_path / "trainings.json"
    for study, project, statistics in (("htautau", trained, ""), ("airshower", author, "small")):
        options = ("--export", "--studies", study, "--statistics", statistics)
        printed = benchmark("gpu_studies.py", str(folder), *options, environment=project.environment())
        assert printed.startswith(f"{study}: ")
    printed = run_alone(repository / "benchmarks" / "gpu_studies.py", str(folder), *SMALL, "--output", str(file))
    assert [row[0] for row in rows(printed)[1:]] == ["htautau", "airshower"]
    found = json.loads(file.read_text())
    for study, metric in (("htautau", "auc"), ("airshower", "rmse")):
        assert (found[study]["networks"], found[study]["epochs"]) == (3, 1)
        assert list(found[study]["validation"]) == ["loss", metric]
        # the same processor twice
        assert found[study]["first epoch, difference"] == {"as trained": 0.0}
