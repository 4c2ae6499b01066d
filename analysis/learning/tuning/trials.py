"""Trials of a search for hyperparameters, and the same as a study of optuna."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from analysis.errors import TrainingError
from analysis.learning.tuning_settings import Choice, Real, Tuning

if TYPE_CHECKING:
    import optuna

__all__ = ["Trial", "as_study", "distributions", "quiet"]

# optuna wants to know when trials were made; the same trials shall give the same study
TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Trial:
    """A training with changed settings.

    Args:
        number: counted from 0 over all rounds.
        changes: of settings, as text by name.
        values: of the validation after each epoch.
        value: what trials are compared by, the best of them; ``None`` if the training failed.
        pruned: whether it was given up as hopeless.

    Raises:
        TrainingError: a value is not finite, or a trial that was given up has none.
    """

    number: int
    changes: Mapping[str, str]
    values: tuple[float, ...]
    value: float | None
    pruned: bool = False

    def __post_init__(self) -> None:
        values = self.values if self.value is None else (*self.values, self.value)
        if not all(map(math.isfinite, values)):
            wrong = next(value for value in values if not math.isfinite(value))
            raise TrainingError(f"a value of trial {self.number} is {wrong}", cure="leave it out: the training failed")
        if self.pruned and not self.values:
            raise TrainingError(f"trial {self.number} was given up before its first epoch")


def as_study(tuning: Tuning, trials: Sequence[Trial], storage: Any = None) -> optuna.Study:
    """All trials as a study of optuna, with its tools for looking at them.

    Args:
        tuning: the search.
        trials: in any order, from number 0 on.
        storage: of optuna; in memory, if not given.

    Raises:
        TrainingError: a trial is missing, there twice, or one of another search.
    """
    import optuna

    direction = optuna.study.StudyDirection.MAXIMIZE if tuning.rising else optuna.study.StudyDirection.MINIMIZE
    with quiet():
        study = optuna.create_study(study_name=tuning.name, direction=direction, storage=storage)
    for number, trial in enumerate(sorted(trials, key=lambda trial: trial.number)):
        if trial.number != number:
            raise TrainingError(
                f"trial {min(number, trial.number)} of the search {tuning.name!r} is "
                + ("there twice" if trial.number < number else "missing"),
                cure="run the trials of a round before the next one",
            )
        study.add_trial(_frozen(tuning, trial))
    return study


def distributions(tuning: Tuning) -> dict[str, Any]:
    """The search's space as optuna has it, in the order of the names."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    space: dict[str, Any] = {}
    for one in sorted(tuning.space, key=lambda one: one.name):
        if isinstance(one, Choice):
            space[one.name] = CategoricalDistribution(one.values)
        elif isinstance(one, Real):
            space[one.name] = FloatDistribution(one.low, one.high, log=one.logarithmic)
        else:
            space[one.name] = IntDistribution(one.low, one.high, log=one.logarithmic)
    return space


@contextmanager
def quiet() -> Generator[None, None, None]:
    """Without what optuna tells of its own doings."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _frozen(tuning: Tuning, trial: Trial) -> optuna.trial.FrozenTrial:
    from optuna.trial import FrozenTrial, TrialState

    complete = TrialState.PRUNED if trial.pruned else TrialState.COMPLETE
    space = distributions(tuning)
    try:
        frozen = FrozenTrial(
            number=trial.number,
            trial_id=trial.number,
            state=TrialState.FAIL if trial.value is None and not trial.pruned else complete,
            value=trial.value,
            datetime_start=TIME,
            datetime_complete=TIME,
            params={one.name: _read(one, trial.changes[one.name]) for one in tuning.space},
            distributions=space,
            user_attrs={},
            system_attrs={},
            intermediate_values=dict(enumerate(trial.values, start=1)),
        )
        if unknown := trial.changes.keys() - space.keys():
            raise ValueError(f"{sorted(unknown)[0]} is none of its settings")
        for name, value in frozen.params.items():
            if not space[name]._contains(space[name].to_internal_repr(value)):
                raise ValueError(f"{name} is {value}")
    except (ValueError, KeyError) as error:
        raise TrainingError(
            f"trial {trial.number} is of another search than {tuning.name!r}: {error}",
            cure="give the search that it was made for, or make it again",
        ) from error
    return frozen


def _read(one: Any, text: str) -> Any:
    return text if isinstance(one, Choice) else (float if isinstance(one, Real) else int)(text)
