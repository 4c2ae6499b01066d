"""Evaluation: what the networks say of every event, and how well they tell classes apart."""

from __future__ import annotations

import json
from typing import Any

from tasks.framework.compilation import cache_compilations
from tasks.framework.record_task import Need, recorded
from tasks.framework.record_workflow import ChunkWorkflow
from tasks.training import ModelTask, PrepareTraining, TrainModel

__all__ = ["EvaluateModel", "ScoreEvents"]


class ScoreEvents(ModelTask, ChunkWorkflow):
    """Score every event, measured ones too, by the one network that it had no part in."""

    payload = ("safetensors",)

    selecting_parameters = ModelTask.selecting_parameters | ChunkWorkflow.selecting_parameters

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
        save_file({"identity": inputs.identity, "scores": self.trained().scores(inputs)}, draft.path("safetensors"))


class EvaluateModel(ModelTask):
    """ROC curves and their areas, confusion matrix, and training against test events; scores of all data sets."""

    payload = ("metrics.json", "comparison.json")

    def record_name(self) -> str:
        return self.campaign

    def needs(self, series: str) -> dict[str, Need]:
        simulated = PrepareTraining.req(self, datasets=("simulated",))
        scores = ScoreEvents.req(self, datasets=("simulated", "measured"))
        return {
            "networks": Need(TrainModel.req(self)),
            **{f"inputs {name}": Need(simulated, name) for name in simulated.series_names()},
            **{f"scores {name}": Need(scores, name) for name in scores.series_names()},
        }

    @recorded
    def run(self, draft):
        import numpy as np
        from safetensors.numpy import load_file

        from analysis.learning.inputs import TrainingInputs, concatenate
        from analysis.learning.metrics import compare_training, summarise

        cache_compilations()
        names = [dataset.name for dataset in self.definition.simulated]
        prepared = [path for name in names for path in self.input_paths(f"inputs {name}", "safetensors")]
        scored = [path for name in names for path in self.input_paths(f"scores {name}", "safetensors")]
        inputs = concatenate([TrainingInputs.load(path) for path in prepared])
        scores = np.concatenate([load_file(path)["scores"] for path in scored])
        trained = self.trained()
        for name, result in (
            ("metrics.json", summarise(scores, inputs, trained.settings.folds)),
            ("comparison.json", compare_training(trained, inputs)),
        ):
            draft.path(name).write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")

    def summary(self) -> Any:
        metrics = json.loads(self.own_record.path("metrics.json").read_text())
        comparison = json.loads(self.own_record.path("comparison.json").read_text())
        for name, value in metrics["auc"].items():
            difference = comparison[name]["difference"]
            yield (
                f"AUC {name} against rest",
                f"{value['value']:.4f} +- {value['uncertainty']:.4f}"
                f"    training - test {difference['value']:+.4f} +- {difference['uncertainty']:.4f}",
            )
        for role, need in self.needs(self.own_series).items():
            if role.startswith("scores "):
                yield role, need.records("")[0].store.url(need.records("")[0].place)
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)
