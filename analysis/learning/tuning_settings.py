"""The vocabulary a search for hyperparameters is written in; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.errors import StudyError
from analysis.validated import check_types, require

__all__ = ["Choice", "Real", "Tuning", "Whole", "changes_by_settings"]

SETTINGS = ("training", "network")


@dataclass(frozen=True)
class Real:
    """A number between two others.

    Args:
        name: of the setting, such as ``training.learning_rate`` or ``training.optimizer.weight_decay``.
        low: the lowest value, in the setting's unit.
        high: the highest value.
        logarithmic: whether equal factors, not equal differences, are equally likely at first.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: str
    low: float
    high: float
    logarithmic: bool = False

    def __post_init__(self) -> None:
        _check_range(self)


@dataclass(frozen=True)
class Whole:
    """A whole number between two others, both included.

    Args:
        name: of the setting, such as ``training.batch_size``.
        low: the lowest value.
        high: the highest value.
        logarithmic: whether equal factors, not equal differences, are equally likely at first.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: str
    low: int
    high: int
    logarithmic: bool = False

    def __post_init__(self) -> None:
        _check_range(self)


@dataclass(frozen=True)
class Choice:
    """One of some values that have no order.

    Args:
        name: of the setting, such as ``network.hidden``.
        values: as they are written on the command line, such as ``("64,64", "128,128")``.

    Raises:
        StudyError: there are fewer than two values, or one is there twice.
    """

    name: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        check_types(self)
        _check_name(self)
        require(self, "values", len(set(self.values)) == len(self.values) > 1, "at least two different values")


@dataclass(frozen=True)
class Tuning:
    """A search for the best settings, in rounds of trials.

    The trials of a round know of all trials of earlier rounds and of nothing else: they may run one after another or
    all at once, with the same result.

    Args:
        name: as on the command line.
        rounds: how often trials are suggested; more make a better search, fewer a faster one on a cluster.
        trials: in each round.
        space: what is changed, and between which values.
        rising: whether higher values are better (an AUC), not lower ones (a loss).
        seed: of the suggestions.
        startup: trials that are drawn at random, before a model of the good ones suggests others; and before trials
            can be hopeless.
        warmup: epochs in which no trial is hopeless.

    Raises:
        StudyError: a value is of the wrong type or out of its range, or a name is there twice.

    Examples:
        >>> tuning = Tuning("small", rounds=3, trials=8, space=(Real("training.learning_rate", 1e-4, 1e-1, True),))
        >>> tuning.round_of(17)
        2
        >>> Tuning("small", rounds=3, trials=0, space=tuning.space)
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: Tuning: trials is 0
          cure: it must be at least 1
    """

    name: str
    rounds: int
    trials: int
    space: tuple[Real | Whole | Choice, ...]
    rising: bool = False
    seed: int = 1
    startup: int = 10
    warmup: int = 5

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "rounds", self.rounds >= 1, "at least 1")
        require(self, "trials", self.trials >= 1, "at least 1")
        names = [one.name for one in self.space]
        require(self, "space", 0 < len(set(names)) == len(names), "at least one setting, none of them twice")
        require(self, "seed", 0 <= self.seed < 2**32, "in [0, 2^32)")
        require(self, "startup", self.startup >= 1, "at least 1")
        require(self, "warmup", self.warmup >= 0, "at least 0")

    @property
    def number_of_trials(self) -> int:
        """In all rounds."""
        return self.rounds * self.trials

    def round_of(self, number: int) -> int:
        """The round of a trial, both counted from 0."""
        return number // self.trials


def changes_by_settings(changes: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Changes of a trial as :func:`analysis.validated.override` takes them, by the settings that they change.

    Raises:
        StudyError: a name begins with no known settings.

    Examples:
        >>> changes_by_settings({"training.optimizer.momentum": "0.8", "network.hidden": "64,64"})
        {'training': {'optimizer.momentum': '0.8'}, 'network': {'hidden': '64,64'}}
    """
    parts: dict[str, dict[str, str]] = {name: {} for name in SETTINGS}
    for name, value in changes.items():
        settings, _, own = name.partition(".")
        if settings not in parts or not own:
            raise StudyError(f"there is no setting {name!r}", cure=_cure())
        parts[settings][own] = value
    return parts


def _check_range(one: Real | Whole) -> None:
    check_types(one)
    _check_name(one)
    require(one, "high", one.low < one.high, f"greater than low, {one.low}")
    require(one, "low", one.low > 0 or not one.logarithmic, "greater than 0 for equal factors")


def _check_name(one: Real | Whole | Choice) -> None:
    settings, *own = one.name.split(".")
    known = settings in SETTINGS and own and all(part.isidentifier() for part in own)
    require(one, "name", bool(known), _cure())


def _cure() -> str:
    return "a name such as " + " or ".join(f"{name}.<setting>" for name in SETTINGS)
