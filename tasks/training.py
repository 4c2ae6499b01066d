"""Training: from reconstructed events to networks."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import luigi

from analysis.learning.settings import TrainingSettings
from analysis.study import Step
from analysis.validated import override
from tasks.data import GenerateEvents
from tasks.framework.compilation import cache_compilations
from tasks.framework.parameters import ChangesParameter
from tasks.framework.progress import training_progress
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.framework.settings import study_named
from tasks.framework.shifted_workflow import ShiftedWorkflow
from tasks.reconstruction import ReconstructEvents

__all__ = ["ModelTask", "PrepareTraining", "TrainModel"]


class PrepareTraining(ShiftedWorkflow):
    """Features, labels, targets and weights of reconstructed events; the truth of simulated ones joins them here."""

    payload = ("safetensors",)

    def ingredients(self, series: str) -> dict[str, Any]:
        return {
            "prepare": self.definition.prepare_training,
            "dataset": self.dataset_of(series).without_origin(),
        }

    def needs(self, series: str) -> dict[str, Need]:
        needs = {"events": Need(ReconstructEvents.req(self), series, aligned=True)}
        dataset = self.dataset_of(series)
        if dataset.generate:
            needs["truth"] = Need(GenerateEvents.req(self), dataset.name, aligned=True)
        return needs

    @recorded
    def run(self, draft):
        from analysis.events.columns import values
        from analysis.events.joining import of_events
        from analysis.events.parquet import read_events

        step = self.definition.prepare_training
        events = read_events(self.input_path("events", "parquet"))
        truth = None
        if self.dataset.generate:
            truth = of_events(read_events(self.input_path("truth", "parquet")), values(events, "identity"))
        step.load()(events, truth, self.dataset.without_origin(), step.settings).save(draft.path("safetensors"))


class ModelTask(RecordTask):
    """What the tasks about a network have in common: its settings."""

    exclude_index = True

    training = ChangesParameter(
        default={},
        description="changes of the study's training settings, such as epochs=20,learning_rate=1e-3; default: none",
    )
    network = ChangesParameter(
        default={},
        description="changes of the study's network settings, such as hidden=64,64; default: none",
    )

    # the changed settings are ingredients: a change to the default value is no change
    selecting_parameters = RecordTask.selecting_parameters | {"training", "network"}

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check the changes of settings.

        Raises:
            StudyError: a name or a value is wrong; the message says what there is.
        """
        params = super().modify_param_values(params)
        study = study_named(params["study"])
        override(study.training, params["training"])
        override(study.network.settings, params["network"])
        return params

    @property
    def training_settings(self) -> TrainingSettings:
        """The study's settings with the changes of this command."""
        return override(self.definition.training, self.training)

    @property
    def network_step(self) -> Step:
        """The study's network with the changes of this command."""
        step = self.definition.network
        return dataclasses.replace(step, settings=override(step.settings, self.network))

    def trained(self) -> Any:
        """The trained networks, of tasks that have them in the role ``networks``."""
        from analysis.learning.model import Trained

        return Trained.load(
            self.input_path("networks", "parameters.safetensors"),
            self.input_path("networks", "network.json"),
            self.network_step,
            self.training_settings,
        )

    def record_name(self) -> str:
        return self.definition.network.module.rpartition(".")[2]


class TrainModel(ModelTask):
    """Train the study's networks, one a fold, on its simulated events."""

    payload = ("parameters.safetensors", "network.json", "history.jsonl")

    checkpoint_seconds = luigi.FloatParameter(
        default=10.0,
        significant=False,
        description="how often a checkpoint is written; changes no result; default: 10",
    )

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"network": self.network_step, "training": self.training_settings}

    def needs(self, series: str) -> dict[str, Need]:
        # measured events train nothing: networks are the same for every campaign
        prepared = PrepareTraining.req(self, datasets=("simulated",))
        return {name: Need(prepared, name) for name in prepared.series_names()}

    @recorded
    def run(self, draft):
        from analysis.learning.inputs import TrainingInputs, join_datasets
        from analysis.learning.training import train

        cache_compilations()
        settings = self.training_settings
        paths = {name: self.input_paths(name, "safetensors") for name in self.needs(self.own_series)}
        inputs = join_datasets({name: [TrainingInputs.load(path) for path in some] for name, some in paths.items()})
        with training_progress(settings.epochs) as report:
            trained = train(
                inputs,
                self.network_step,
                settings,
                checkpoints=draft.workspace,
                fingerprint={"key": draft.record.key},
                report=report,
                checkpoint_seconds=self.checkpoint_seconds,
            )
        trained.save(draft.path("parameters.safetensors"), draft.path("network.json"))
        trained.save_history(draft.path("history.jsonl"))
        draft.seeds = {"training": settings.seed}

    def summary(self):
        yield self.describe_datasets(dataset.name for dataset in self.definition.simulated)
        history = [json.loads(line) for line in self.own_record.path("history.jsonl").read_text().splitlines()]
        last = history[-1]
        best = [history[fold["best_epoch"] - 1]["folds"][fold["fold"]] for fold in last["folds"]]
        unit = f" {self.definition.target_unit}".rstrip()
        for name, of_fold, of_name in (
            (last["loss"], "validation_loss", ""),
            (last["merit"], "validation_merit", unit),
        ):
            values = [fold[of_fold] for fold in best]
            spread = f"{min(values):.4g} ... {max(values):.4g} in {len(values)} folds"
            yield f"validation {name}", f"{sum(values) / len(values):.4g}{of_name}    ({spread})"
        yield "epochs", ", ".join(str(fold["best_epoch"]) for fold in last["folds"]) + f" of {last['epochs']}"
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)
