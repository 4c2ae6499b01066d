"""Settings of the measures and figures of generated samples; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["SampleEvaluation", "SampleSettings"]


@dataclass(frozen=True)
class SampleSettings:
    """What a classifier sees that is to tell generated events from true ones.

    Args:
        generated: whether one half of the events shows what a generator drew; else both halves show the truth, which
            tells what a classifier finds by chance.
        noise: name of the block of random numbers that events are drawn with, which a classifier does not see.
        seed: number of the generator's seed whose events are shown, from 0.

    Raises:
        StudyError: a value is of the wrong type.
    """

    generated: bool = True
    noise: str = "noise"
    seed: int = 0

    def __post_init__(self) -> None:
        check_types(self)


@dataclass(frozen=True)
class SampleEvaluation:
    """How generated events are compared with true ones.

    Args:
        name: before the names of the numbers and tables; another one for each evaluation of a study.
        directions: number of random ones of the sliced distance.
        replicas: number of bootstrap samples, and of random divisions of the truth into halves.
        seed: of these random numbers.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: str = "generated"
    directions: int = 64
    replicas: int = 100
    seed: int = 1

    def __post_init__(self) -> None:
        check_types(self)
        for name, least in (("directions", 1), ("replicas", 10), ("seed", 0)):
            require(self, name, getattr(self, name) >= least, f"at least {least}")
