"""Evaluation: what the networks say of every event, and how good that is."""

from __future__ import annotations

import json
from typing import Any

from tasks.framework.compilation import cache_compilations
from tasks.framework.record_task import Need, recorded
from tasks.framework.shifted_workflow import ShiftedWorkflow
from tasks.training import ModelTask, PrepareTraining, TrainModel

__all__ = ["EvaluateModel", "ScoreEvents", "read_predictions"]


class ScoreEvents(ModelTask, ShiftedWorkflow):
    """Let the one network that had no part in an event judge it, for every event, measured ones too."""

    payload = ("safetensors",)

    selecting_parameters = ModelTask.selecting_parameters | ShiftedWorkflow.selecting_parameters

    def needs(self, series: str) -> dict[str, Need]:
        return {
            "inputs": Need(PrepareTraining.req(self), series, aligned=True),
            "networks": Need(TrainModel.req(self)),
        }

    @recorded
    def run(self, draft):
        from safetensors.numpy import save_file

        from analysis.learning.inputs import TrainingInputs

        cache_compilations()
        inputs = TrainingInputs.load(self.input_path("inputs", "safetensors"))
        predictions = self.trained().predictions(inputs)
        save_file({"identity": inputs.identity, "predictions": predictions}, draft.path("safetensors"))


class EvaluateModel(ModelTask):
    """Judge the networks by events that they never saw, and compare with those they were trained on."""

    payload = ("metrics.json",)

    def record_name(self) -> str:
        return self.campaign or super().record_name()

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"evaluate": self.definition.evaluate}

    def needs(self, series: str) -> dict[str, Need]:
        simulated = PrepareTraining.req(self, datasets=("simulated",))
        measured = ("measured",) if self.definition.campaigns else ()
        scores = ScoreEvents.req(self, datasets=("simulated", *measured))
        return {
            "networks": Need(TrainModel.req(self)),
            **{f"inputs {name}": Need(simulated, name) for name in simulated.series_names()},
            **{f"scores {name}": Need(scores, name) for name in scores.series_names()},
        }

    @recorded
    def run(self, draft):
        cache_compilations()
        step = self.definition.evaluate
        names = tuple(dataset.name for dataset in self.definition.simulated)
        inputs, predictions = read_predictions(self, names)
        result = step.load()(self.trained(), predictions, inputs, step.settings)
        draft.path("metrics.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")

    def summary(self) -> Any:
        yield self.describe_datasets(dataset.name for dataset in self.definition.simulated)
        yield from json.loads(self.own_record.path("metrics.json").read_text())["headline"].items()
        for role, need in self.needs(self.own_series).items():
            if role.startswith("scores "):
                yield role, need.records("")[0].store.url(need.records("")[0].place)
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)


def read_predictions(task: ModelTask, names: tuple[str, ...]) -> tuple[Any, Any]:
    """Inputs and predictions of all events of data sets, from a task's roles ``inputs NAME`` and ``scores NAME``."""
    import numpy as np
    from safetensors.numpy import load_file

    from analysis.learning.inputs import TrainingInputs, concatenate

    prepared = [path for name in names for path in task.input_paths(f"inputs {name}", "safetensors")]
    scored = [path for name in names for path in task.input_paths(f"scores {name}", "safetensors")]
    inputs = concatenate([TrainingInputs.load(path) for path in prepared])
    return inputs, np.concatenate([load_file(path)["predictions"] for path in scored])
