"""The task that makes a stage, by name."""

from __future__ import annotations

import pytest

from analysis.errors import StudyError
from analysis.study import Task
from tasks.families import task_class


def test_a_task_that_does_not_exist_is_told_with_the_nearest() -> None:
    assert task_class(Task("scan", task="tasks.calibration:CalibrateEvents")).__name__ == "CalibrateEvents"
    with pytest.raises(
        StudyError, match=r"made by the task 'tasks\.calibration:CalibrateEvent', which does not exist"
    ) as caught:
        task_class(Task("scan", task="tasks.calibration:CalibrateEvent"))
    assert caught.value.cure == "write it as 'package.module:Class'; did you mean 'CalibrateEvents'?"
    with pytest.raises(StudyError, match="which does not exist") as caught:
        task_class(Task("scan", task="Scan"))
    assert caught.value.cure == "write it as 'package.module:Class'"
