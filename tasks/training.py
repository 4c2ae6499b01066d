"""Training: from reconstructed events to networks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from luigi.freezing import FrozenOrderedDict

from analysis.chapters import Network, Training
from analysis.formats.format import format_step
from tasks.framework.compilation import cache_compilations
from tasks.framework.numbers import Number
from tasks.framework.options import NetworkOptions
from tasks.framework.progress import training_progress
from tasks.framework.record_task import Need
from tasks.framework.settings import study_of, training_memory
from tasks.published import FetchNetworks
from tasks.stage_task import StageTask
from tasks.stages import MakeEvents

__all__ = [
    "NetworkTask",
    "PrepareTraining",
    "TrainModel",
    "smaller_batches",
    "start_of",
    "train_network",
    "training_events",
]


class PrepareTraining(MakeEvents):
    """Features, labels, targets and weights of reconstructed events; the truth of simulated ones joins them here."""


class NetworkTask(NetworkOptions, StageTask):
    """Common base of the tasks about a stage's networks: which network it is, and its settings."""

    exclude_index = True

    makes = "TrainModel"

    @property
    def chapter(self) -> Training:
        stage = super().chapter
        assert isinstance(stage, Training)
        return stage

    @property
    def chosen_network(self) -> Network:
        """The network with the changes of this command; what a tuning finds is not in it."""
        return self.chapter.chosen

    def record_name(self) -> str:
        return self.chosen_network.name


class TrainModel(NetworkTask):
    """Train the study's networks, one a fold, on its simulated events."""

    varying = ("history.jsonl", "events.tfevents")
    # the processor counts as two devices
    job_resources: ClassVar[dict[str, int]] = {"cpus": 2, "memory": 4000, "runtime": 14400}

    checkpoint_seconds = Number(
        least=0,
        default=10.0,
        significant=False,
        description="how often a checkpoint is written; changes no result; default: 10",
    )

    def ingredients(self, series: str) -> dict[str, Any]:
        chosen = self.chosen_network
        return {"network": chosen.build, "training": chosen.training, "format": format_step("networks")}

    def needs(self, series: str) -> dict[str, Need]:
        needs = training_events(self) | start_of(self)
        if self.chapter.tuning:
            needs["tuning"] = Need(self._search())
        return needs

    def less_memory(self) -> Iterator[str]:
        yield from super().less_memory()
        yield smaller_batches(self, self.tuned().chosen)

    def _search(self) -> Any:
        from tasks.tuning import TuneModel

        return TuneModel.req(self, stage=self.stage)

    def tuned(self) -> Training:
        """The stage with the best settings of its tuning, if there is one; the changes of this command still hold."""
        if not self.chapter.tuning:
            return self.chapter
        best = {f"{self.stage}.{name}": text for name, text in self._search().best_changes().items()}
        changes = FrozenOrderedDict(sorted({**best, **self.set}.items()))
        stage = study_of(self.study, self.statistics, changes).stage(self.stage)
        assert isinstance(stage, Training)
        return stage

    def load(self, records: list[Any], fields: Any = None) -> list[Any]:
        from analysis.formats.networks import load

        return [load(record.path, self.tuned()) for record in records]

    def make(self, draft: Any) -> None:
        from analysis.formats.networks import save
        from analysis.learning.training.tensorboard import EventFile

        network = self.tuned().chosen
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
        save(trained, draft.path, self.chapter)
        draft.seeds = {"training": network.training.seed}

    def summary(self):
        yield self.describe_datasets(training_events(self))
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


def smaller_batches(task: NetworkTask, network: Network) -> str:
    """Say in words what makes the training of a network take less memory."""
    size = network.training.batch_size
    several = len(task.definition.stages_of(Training)) > 1
    option = f"--set {task.stage}.training." if several else "--training "
    return (
        f"train with smaller batches ({option}batch_size={max(size // 2, 1)}; they have {size} events) or a smaller "
        "network; let events take less (training_memory in [resources] of law_user.cfg)"
    )


def training_events(task: NetworkTask) -> dict[str, Need]:
    """Return the requirements of training by data set; of simulated events, so that all campaigns share them."""
    prepared = task.producing(task.chapter.inputs, datasets=task.chapter.datasets, shift=("nominal",))
    return {name: Need(prepared, name) for name in prepared.series_names()}


def start_of(task: NetworkTask) -> dict[str, Need]:
    """Return the requirement of the published networks that a training starts from, by role; of others nothing."""
    chosen = task.chosen_network.training.start
    return {"published": Need(FetchNetworks.req(task, stage=task.stage))} if chosen else {}


def train_network(
    task: NetworkTask,
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
    from analysis.learning.data.sorted_inputs import sort_input_files
    from analysis.learning.training.plan import default_memory
    from analysis.learning.training.train import train

    cache_compilations()
    memory = training_memory() or default_memory()
    start = FetchNetworks.req(task, stage=task.stage).start(network) if network.training.start else None
    paths = {name: task.input_paths(name, "safetensors") for name in training_events(task)}
    return train(
        sort_input_files(paths, workspace / "events", memory),
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
        start=start,
    )
