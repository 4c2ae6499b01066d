"""Settings of what generated events are compared with true ones by, and of the figures; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.measurement import Variable
from analysis.step import PRESENTATION
from analysis.validated import check_types, require

__all__ = ["SampleEvaluation", "SampleFigures", "SampleSettings"]


@dataclass(frozen=True)
class SampleSettings:
    """Inputs of a classifier that is to tell generated events from true ones.

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
    """Settings of the comparison of generated events with true ones.

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


@dataclass(frozen=True)
class SampleFigures:
    """Figures of generated and true events.

    Args:
        variables: that are drawn, each with the edges of its bins; a target, or what a study derives from targets.
        logarithmic: names of variables whose events are drawn on a logarithmic axis.
        true: what true events are called.
        generated: what generated events are called.

    Raises:
        StudyError: there is no variable, or a name of another one.
    """

    variables: tuple[Variable, ...]
    logarithmic: tuple[str, ...] = ()
    true: str = field(default="True events", metadata=PRESENTATION)
    generated: str = field(default="Generated events", metadata=PRESENTATION)

    def __post_init__(self) -> None:
        known = [variable.name for variable in self.variables]
        if not known or (unknown := [name for name in self.logarithmic if name not in known]):
            raise StudyError(
                f"SampleFigures: logarithmic names {unknown[0]!r}" if known else "SampleFigures: there is no variable",
                cure=f"use some of: {', '.join(known)}" if known else "name those that are drawn",
            )

    @property
    def captions(self) -> tuple[tuple[str, str, str], ...]:
        """Name, title and caption of each figure of :func:`analysis.plotting.samples.draw`."""
        one = f"{self.generated} and {self.true[:1].lower()}{self.true[1:]}, with their ratio."
        return (
            ("history", "Training of the generator", "Loss and distance to the true events, epoch by epoch."),
            *((variable.name, variable.title, one) for variable in self.variables),
            ("correlations", "Correlations", "Coefficients in percent, of true and generated events."),
        )
