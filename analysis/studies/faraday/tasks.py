"""Law tasks of the study: inferences that go on where they were killed."""

from __future__ import annotations

from typing import Any, ClassVar

from analysis.stages import Stage
from analysis.studies.faraday.checkpoints import Checkpoints
from analysis.studies.faraday.settings import InferenceSettings
from tasks.stage_task import StageTask
from tasks.stages import MakeFolds, MakeResult

__all__ = ["InferFolds", "InferSky"]


def _settings(stage: Stage) -> InferenceSettings:
    assert stage.step is not None
    settings: InferenceSettings = stage.step.settings
    return settings


class _Resumable(StageTask):
    """Gives the step a folder for its checkpoints that outlives the process."""

    exclude_index = True

    # an inference keeps a second core busy for a fifth of its time: two of them take turns better
    job_resources: ClassVar[dict[str, int]] = {"cpus": 1, "memory": 4000, "runtime": 14400}

    checkpoints: Any = None

    def make(self, draft: Any) -> None:
        self.checkpoints = Checkpoints(draft.workspace, draft.keep)
        super().make(draft)
        draft.seeds = {"inference": _settings(self.chapter).seed}

    def called(self, function: Any, arguments: dict[str, Any]) -> Any:
        return super().called(function, {**arguments, "checkpoints": self.checkpoints})


class InferFolds(_Resumable, MakeFolds):
    """Infer the Faraday sky without the sources of a fold, fold by fold."""

    def labels(self, series: str) -> tuple[str, ...]:
        """Labels of the records, one a fold."""
        # the settings say how many there are, so that a choice of statistics can
        return tuple(f"fold_{number}" for number in range(_settings(self.chapter).folds))


class InferSky(_Resumable, MakeResult):
    """Infer the Faraday sky of all sources."""
