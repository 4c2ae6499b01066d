"""The search for better settings: trials are branches of workflows, round after round."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any, ClassVar

from analysis.errors import StudyError
from analysis.learning.tuning_settings import Tuning, changes_by_settings
from tasks.framework.numbers import WholeNumber
from tasks.framework.progress import training_progress
from tasks.framework.record_task import Need, RecordTask
from tasks.framework.record_workflow import RecordWorkflow
from tasks.training import NetworkTask, smaller_batches, start_of, train_network, training_events

__all__ = ["RunTrials", "TuneModel"]


class TuningTask(NetworkTask):
    """Common base of the tasks of a search: the search, the study's first one if none is named."""

    exclude_index = True

    @property
    def search(self) -> Tuning:
        """The tuning that is searched.

        Raises:
            StudyError: the study has no tuning.
        """
        stage = self.chapter
        if not stage.tunings:
            raise StudyError(
                f"the study {self.study!r} has no tuning",
                cure=f"give its stage {stage.name!r} one: tunings=(Tuning(...),)",
            )
        found: Tuning = stage.search(stage.tuning or stage.tunings[0].name)
        return found

    def record_name(self) -> str:
        return f"{self.chosen_network.name}_{self.search.name}"


class RunTrials(TuningTask, RecordWorkflow):
    """Train the networks with other settings, one branch a trial; hopeless trials are given up."""

    payload: ClassVar[tuple[str, ...]] = ("json",)  # type: ignore[misc]
    job_resources: ClassVar[dict[str, int]] = {"cpus": 2, "memory": 4000, "runtime": 14400}

    round = WholeNumber(
        least=0,
        default=0,
        description="number of the round, counted from 0; its trials learn from those of earlier rounds; default: 0",
    )

    selecting_parameters = TuningTask.selecting_parameters | RecordWorkflow.selecting_parameters

    def series_names(self) -> tuple[str, ...]:
        return (f"{self.record_name()}_round_{self.round}",)

    def labels(self, series: str) -> tuple[str, ...]:
        first = self.round * self.search.trials
        return tuple(f"trial_{number}" for number in range(first, first + self.search.trials))

    @property
    def search_so_far(self) -> Tuning:
        """The search up to this round: more rounds change nothing about it."""
        return dataclasses.replace(self.search, rounds=self.round + 1)

    def ingredients(self, series: str) -> dict[str, Any]:
        network = self.chosen_network
        return {"network": network.build, "training": network.training, "search": self.search_so_far}

    def needs(self, series: str) -> dict[str, Need]:
        return training_events(self) | start_of(self) | trials_of(self, self.round)

    def less_memory(self) -> Iterator[str]:
        yield from super().less_memory()
        yield smaller_batches(self, self.chosen_network)

    def make(self, draft: Any) -> None:
        from analysis.learning.training.diagnosis import NotFiniteError
        from analysis.learning.tuning.search import Trial, check_comparable, hopeless, suggest

        search, number = self.search_so_far, int(self.own_label.removeprefix("trial_"))
        finished = read_trials(self, self.round)
        changes = suggest(search, finished, number)
        network = self.chosen_network.changed(changes_by_settings(changes))
        check_comparable(network.training)
        pruned = False

        def stop(history: list[dict[str, Any]]) -> bool:
            nonlocal pruned
            pruned = hopeless(search, finished, len(history), best_values(history)[-1])
            return pruned

        try:
            with training_progress() as report:
                trained = train_network(
                    self, network, draft.workspace, draft.record.key, report, stop=stop, checkpointed=draft.keep
                )
            values = best_values(trained.history)
            trial = Trial(number, changes, values, values[-1], pruned)
        except NotFiniteError:
            # a learning rate that is too high is an answer, not a fault
            trial = Trial(number, changes, (), None)
        draft.path("json").write_text(json.dumps(dataclasses.asdict(trial), indent=1, sort_keys=True) + "\n")
        draft.seeds = {"training": network.training.seed, "search": search.seed}


class TuneModel(TuningTask):
    """Search for the best settings of training and network; TrainModel uses them with ``--tuning NAME``."""

    payload: ClassVar[tuple[str, ...]] = ("trials.json", "journal.log")  # type: ignore[misc]
    takes_job = False

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"search": self.search}

    def needs(self, series: str) -> dict[str, Need]:
        return trials_of(self, self.search.rounds)

    def make(self, draft: Any) -> None:
        from analysis.learning.tuning.search import best, save

        trials = read_trials(self, self.search.rounds)
        best(self.search, trials)
        save(self.search, trials, draft.path("trials.json"), draft.path("journal.log"))

    def best_changes(self) -> dict[str, str]:
        """The best trial's changes of settings, ``network.NAME`` and ``training.NAME``; of a search that is done."""
        from analysis.learning.tuning.search import best, load

        trials = load(self.search, self.own_record.path("trials.json"))
        return dict(best(self.search, trials).changes)

    def summary(self) -> Any:
        from analysis.learning.tuning.search import best, importances, load

        search = self.search
        trials = load(search, self.own_record.path("trials.json"))
        chosen, shares = best(search, trials), importances(search, trials)
        failed = sum(trial.value is None for trial in trials)
        yield (
            "trials",
            f"{len(trials)}, {sum(trial.pruned for trial in trials)} given up as hopeless, {failed} not finite",
        )
        yield "first trial", f"{trials[0].value:.5g}" if trials[0].value is not None else "not finite"
        yield "best trial", f"{chosen.value:.5g} (number {chosen.number})"
        for name, share in shares.items():
            yield name, f"{chosen.changes[name]}    ({share:.0%} of the differences)"
        yield "use it with", f"--tuning {search.name}"
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)


def trials_of(task: TuningTask, rounds: int) -> dict[str, Need]:
    """The trials of the first rounds, by role."""
    needs = {}
    for number in range(rounds):
        trials = RunTrials.req(task, round=number)
        needs[f"round {number}"] = Need(trials, trials.series_names()[0])
    return needs


def read_trials(task: RecordTask, rounds: int) -> list[Any]:
    """The trials of the first rounds, from the roles of :func:`trials_of`."""
    from analysis.learning.tuning.search import Trial

    paths = [path for number in range(rounds) for path in task.input_paths(f"round {number}", "json")]
    described = [json.loads(path.read_text()) for path in paths]
    return [Trial(**{**trial, "values": tuple(trial["values"])}) for trial in described]


def best_values(history: Any) -> tuple[float, ...]:
    """The best validation value so far after each epoch, mean over the networks."""
    return tuple(sum(n["best_value"] for n in entry["networks"]) / len(entry["networks"]) for entry in history)
