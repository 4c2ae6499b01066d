"""Training: from reconstructed events to networks."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import luigi

from analysis.study import Network
from analysis.validated import override
from tasks.data import GenerateEvents
from tasks.framework.compilation import cache_compilations
from tasks.framework.parameters import ChangesParameter
from tasks.framework.progress import training_progress
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.framework.settings import study_named, training_memory
from tasks.framework.shifted_workflow import ShiftedWorkflow
from tasks.reconstruction import ReconstructEvents

__all__ = ["ModelTask", "PrepareTraining", "TrainModel", "changed", "train_network", "training_events"]


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
    """What the tasks about a network have in common: which one it is, and its settings."""

    exclude_index = True

    network = luigi.Parameter(
        default="",
        description="name of a network of the study; default: the study's first",
    )
    network_settings = ChangesParameter(
        default={},
        description="changes of the network's settings, such as hidden=64,64; default: none",
    )
    training = ChangesParameter(
        default={},
        description="changes of the training's settings, such as epochs=20,optimizer=lion,optimizer.b1=0.95; "
        "default: none",
    )
    tuning = luigi.Parameter(
        default="",
        description="name of a tuning of the study, whose best settings are used; default: none",
    )

    # the changed settings are ingredients: a change to the default value is no change
    selecting_parameters = RecordTask.selecting_parameters | {"network", "network_settings", "training", "tuning"}

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check names and changes of settings, and fill in the study's default.

        Raises:
            StudyError: a name or a value is wrong; the message says what there is.
        """
        params = super().modify_param_values(params)
        study = study_named(params["study"])
        network = study.network(params["network"] or study.networks[0].name)
        params["network"] = network.name
        changed(network, {"network": params["network_settings"], "training": params["training"]})
        if params["tuning"]:
            study.tuning(params["tuning"])
        return params

    @property
    def chosen_network(self) -> Network:
        """The study's network with the changes of this command; what a tuning finds is not in it."""
        return changed(self.definition.network(self.network), self._own_changes)

    @property
    def _own_changes(self) -> dict[str, Mapping[str, str]]:
        return {"network": self.network_settings, "training": self.training}

    def tuned_network(self) -> Network:
        """The network with the best settings of the tuning, if there is one; the changes of this command still hold."""
        if not self.tuning:
            return self.chosen_network
        from tasks.tuning import TuneModel

        tuned = changed(self.definition.network(self.network), TuneModel.req(self).best_changes())
        return changed(tuned, self._own_changes)

    def trained(self) -> Any:
        """The trained networks, of tasks that have them in the role ``networks``."""
        from analysis.learning.model import Trained

        network = self.tuned_network()
        return Trained.load(
            self.input_path("networks", "parameters.safetensors"),
            self.input_path("networks", "network.json"),
            network.build,
            network.training,
        )

    def record_name(self) -> str:
        return self.network


class TrainModel(ModelTask):
    """Train the study's networks, one a fold, on its simulated events."""

    payload = ("parameters.safetensors", "network.json", "history.jsonl", "events.tfevents")
    varying = ("history.jsonl", "events.tfevents")
    # the processor counts as two devices
    job_resources: ClassVar[dict[str, int]] = {"cpus": 2, "memory": 4000, "runtime": 14400}

    checkpoint_seconds = luigi.FloatParameter(
        default=10.0,
        significant=False,
        description="how often a checkpoint is written; changes no result; default: 10",
    )

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"network": self.chosen_network.build, "training": self.chosen_network.training}

    def needs(self, series: str) -> dict[str, Need]:
        needs = training_events(self)
        if self.tuning:
            from tasks.tuning import TuneModel

            needs["tuning"] = Need(TuneModel.req(self))
        return needs

    @recorded
    def run(self, draft):
        from analysis.learning.tensorboard import EventFile, write_events

        network = self.tuned_network()
        with training_progress() as show, EventFile(draft.workspace / "live" / "events.tfevents") as watched:

            def report(entry: dict[str, Any]) -> None:
                show(entry)
                watched.add(entry)

            def resumed(history: Sequence[dict[str, Any]]) -> None:
                for entry in history:
                    watched.add(entry)

            trained = train_network(
                self,
                network,
                draft.workspace,
                draft.record.key,
                report,
                resumed=resumed,
                checkpoint_seconds=self.checkpoint_seconds,
                checkpointed=draft.keep,
            )
        trained.save(draft.path("parameters.safetensors"), draft.path("network.json"))
        trained.save_history(draft.path("history.jsonl"))
        write_events(trained.history, draft.path("events.tfevents"))
        draft.seeds = {"training": network.training.seed}

    def summary(self):
        yield self.describe_datasets(dataset.name for dataset in self.definition.simulated)
        history = [json.loads(line) for line in self.own_record.path("history.jsonl").read_text().splitlines()]
        last = history[-1]
        best = [history[n["best_epoch"] - 1]["networks"][i] for i, n in enumerate(last["networks"])]
        unit = f" {self.definition.target_unit}".rstrip()
        for name, of_name in ((last["loss"], ""), *((name, unit) for name in last["metrics"])):
            values = [network["metrics"].get(name, network["validation_loss"]) for network in best]
            spread = f"{min(values):.4g} ... {max(values):.4g} in {len(values)} networks"
            yield f"validation {name}", f"{sum(values) / len(values):.4g}{of_name}    ({spread})"
        yield "epochs", ", ".join(str(n["best_epoch"]) for n in last["networks"]) + f" of {last['epochs']}"
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)


def changed(network: Network, changes: Mapping[str, Mapping[str, str]]) -> Network:
    """The network with changed settings, those of ``network`` and those of its ``training``.

    Raises:
        StudyError: a name or a value is wrong; the message says what there is.
    """
    build = dataclasses.replace(network.build, settings=override(network.build.settings, changes["network"]))
    return dataclasses.replace(network, build=build, training=override(network.training, changes["training"]))


def training_events(task: ModelTask) -> dict[str, Need]:
    """What networks are trained on, by data set; measured events train nothing, so it is the same for all campaigns."""
    prepared = PrepareTraining.req(task, datasets=("simulated",))
    return {name: Need(prepared, name) for name in prepared.series_names()}


def train_network(
    task: ModelTask,
    network: Network,
    workspace: Path,
    key: str,
    report: Callable[[dict[str, Any]], None],
    *,
    resumed: Callable[[Sequence[dict[str, Any]]], None] | None = None,
    stop: Callable[[list[dict[str, Any]]], bool] | None = None,
    checkpoint_seconds: float = 10.0,
    checkpointed: Callable[[Path], None] | None = None,
) -> Any:
    """Train a network on the events that a task has from :func:`training_events`.

    Args:
        task: whose inputs are used.
        network: with its settings.
        workspace: a folder that outlives the process, for checkpoints and for events that do not fit into memory.
        key: of the record; a checkpoint of another one is refused.
        report: called after each epoch with its entry in the history.
        resumed: called with the history of earlier runs that were killed, if there is one, before going on.
        stop: is asked after each epoch, with the history, whether to go no further.
        checkpoint_seconds: how often a checkpoint is written.
        checkpointed: called with the file of each checkpoint.
    """
    from analysis.learning.arrangement import arrange_files
    from analysis.learning.plan import default_memory
    from analysis.learning.training import train

    cache_compilations()
    memory = training_memory() or default_memory()
    paths = {name: task.input_paths(name, "safetensors") for name in training_events(task)}
    return train(
        arrange_files(paths, workspace / "events", memory),
        network.build,
        network.training,
        checkpoints=workspace,
        described={"key": key},
        report=report,
        resumed=resumed,
        stop=stop,
        checkpoint_seconds=checkpoint_seconds,
        checkpointed=checkpointed,
        memory=memory,
    )
