"""The search for the best settings: which trials to make, which to give up, and what came out.

Trials are suggested by a tree-structured Parzen estimator (Bergstra et al., NIPS 24 (2011) 2546), in the multivariate
form and with the rules of optuna (Watanabe, arXiv:2304.11127). A trial's suggestion depends on the tuning, its own
number and the results of earlier rounds: not on where or in which order trials run. Other trials of its round count as
bad ones in the meantime ("constant liar"), so that they are not all alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import StudyError, TrainingError
from analysis.learning.tuning.files import load, save
from analysis.learning.tuning.trials import Trial, as_study, distributions, quiet
from analysis.learning.tuning_settings import Tuning

if TYPE_CHECKING:
    from analysis.learning.settings import TrainingSettings

__all__ = [
    "Trial",
    "as_study",
    "best",
    "check_comparable",
    "hopeless",
    "importances",
    "load",
    "save",
    "suggest",
    "suggest_round",
]


def check_comparable(training: TrainingSettings) -> None:
    """Check that trainings have a value to be compared by.

    Raises:
        StudyError: they keep the last epoch, whatever it is worth.
    """
    if training.validation == "last":
        raise StudyError(
            "a search compares trials by their validation, and with validation=last there is no value to compare",
            cure="set validation of the training to a metric for the search (--training validation=METRIC)",
        )


def suggest(tuning: Tuning, finished: Sequence[Trial], number: int) -> dict[str, str]:
    """The changes of settings to try next.

    Args:
        tuning: the search.
        finished: trials so far, in any order; all of earlier rounds, others do not count.
        number: of the trial, counted from 0 over all rounds.

    Returns:
        Values as text by the names of settings.

    Raises:
        StudyError: there is no such trial in the search.
        TrainingError: a trial of an earlier round is missing, there twice, or one of another search.
    """
    return _suggestions(tuning, finished, number)[-1]


def suggest_round(tuning: Tuning, finished: Sequence[Trial], number: int) -> list[dict[str, str]]:
    """The changes of all trials of a round, counted from 0; see :func:`suggest`."""
    return _suggestions(tuning, finished, (number + 1) * tuning.trials - 1)


def hopeless(tuning: Tuning, finished: Sequence[Trial], epoch: int, value: float) -> bool:
    """Whether a trial can be given up: its best value so far is worse than the median of others at the same epoch.

    Only trials that came to an end count (after the median rule of D. Golovin et al., "Google Vizier", KDD 2017,
    section 3.2.2). For the same result wherever trials run, give it those of earlier rounds.

    Args:
        tuning: the search; nothing is hopeless before its start-up trials and in its warm-up epochs.
        finished: trials.
        epoch: of the trial in question, counted from 1.
        value: its best one so far.
    """
    complete = _complete(finished)
    others = [_best_so_far(tuning, trial.values[:epoch]) for trial in complete if len(trial.values) >= epoch]
    if len(complete) < tuning.startup or epoch <= tuning.warmup or not others:
        return False
    if math.isnan(value):
        return True
    median = float(np.median(others))
    return value < median if tuning.rising else value > median


def best(tuning: Tuning, trials: Sequence[Trial]) -> Trial:
    """The trial with the best value; of several, the first one.

    Raises:
        TrainingError: all trials failed or were given up.
    """
    sign = -1 if tuning.rising else 1
    complete = [(sign * trial.value, trial.number, trial) for trial in _complete(trials) if trial.value is not None]
    if not complete:
        raise TrainingError(
            f"none of {len(trials)} trials of the search {tuning.name!r} came to an end",
            cure="make the search's ranges smaller, or look at the messages of its trainings",
        )
    return min(complete, key=lambda one: one[:2])[2]


def importances(tuning: Tuning, trials: Sequence[Trial]) -> dict[str, float]:
    """Compute the importance of each setting: its share of the differences between good and bad trials (PED-ANOVA;
    Watanabe et al., arXiv:2304.10255).

    Returns:
        Shares by name, the greatest first; their sum is 1, or all are 0 if nothing can be said.

    Raises:
        TrainingError: fewer than two trials came to an end, or one is of another search.
    """
    import optuna

    study = as_study(tuning, trials)
    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if len(complete) < 2:
        raise TrainingError(
            f"{len(complete)} trials of the search {tuning.name!r} say nothing", cure="make more trials"
        )
    with quiet():
        found = optuna.importance.get_param_importances(study)
    return {name: float(share) for name, share in sorted(found.items(), key=lambda item: (-item[1], item[0]))}


def _suggestions(tuning: Tuning, finished: Sequence[Trial], number: int) -> list[dict[str, str]]:
    """Changes of the trials of a round up to one."""
    from optuna.samplers import TPESampler

    if not 0 <= number < tuning.number_of_trials:
        raise StudyError(
            f"the search {tuning.name!r} has no trial {number}", cure=f"use 0 ... {tuning.number_of_trials - 1}"
        )
    first = tuning.round_of(number) * tuning.trials
    earlier = [trial for trial in finished if trial.number < first]
    study = as_study(tuning, earlier)
    if len(earlier) < first:
        missing = min(set(range(first)) - {trial.number for trial in earlier})
        raise TrainingError(
            f"trial {missing} of the search {tuning.name!r} is missing",
            cure="run the trials of a round before the next one",
        )
    space = distributions(tuning)
    suggested = []
    for own in range(first, number + 1):
        seed = int(np.random.SeedSequence([tuning.seed, own]).generate_state(1)[0])
        study.sampler = TPESampler(
            seed=seed, n_startup_trials=tuning.startup, multivariate=True, group=False, constant_liar=True
        )
        suggested.append(study.ask(space).params)
    return [{name: value if isinstance(value, str) else str(value) for name, value in one.items()} for one in suggested]


def _complete(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.value is not None and not trial.pruned]


def _best_so_far(tuning: Tuning, values: Sequence[float]) -> float:
    return max(values) if tuning.rising else min(values)
