"""Settings of the measures and figures of generated samples; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types

__all__ = ["SampleSettings"]


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
