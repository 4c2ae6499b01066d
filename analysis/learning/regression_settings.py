"""Settings of the evaluation of networks that predict a number, and of its figures; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from analysis.errors import StudyError
from analysis.validated import check_types, require

__all__ = ["BinAxis", "CoverageSettings", "FigureAxis", "RegressionEvaluation", "RegressionFigures", "Window"]

Transform = Literal["none", "log10", "degrees"]


@dataclass(frozen=True)
class BinAxis:
    """A spectator and the bins that events are judged in.

    Args:
        spectator: name in the training inputs.
        edges: of the bins, rising; events outside count in no bin.
        transform: what is done to the spectator before: nothing, its decimal logarithm, or radians to degrees.

    Raises:
        StudyError: the edges do not rise.
    """

    spectator: str
    edges: tuple[float, ...]
    transform: Transform = "none"

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise StudyError(
                f"the bins of the spectator {self.spectator!r} have the edges {self.edges}", cure="give rising edges"
            )


@dataclass(frozen=True)
class Window:
    """A range of a spectator that numbers are quoted for.

    Args:
        name: for people.
        spectator: name in the training inputs.
        low: lowest value, included.
        high: highest value, excluded.
        transform: as in :class:`BinAxis`.
    """

    name: str
    spectator: str
    low: float
    high: float
    transform: Transform = "none"


@dataclass(frozen=True)
class RegressionEvaluation:
    """Settings of the evaluation of a predicted number.

    Args:
        unit: of the target.
        axes: spectators and bins.
        windows: ranges that numbers are quoted for.
        pair: two classes that the predicted value should tell apart; none, if empty.
        least_events: in fewer events no moment is measured.

    Raises:
        StudyError: the pair is no pair.
    """

    unit: str = ""
    axes: tuple[BinAxis, ...] = ()
    windows: tuple[Window, ...] = ()
    pair: tuple[str, ...] = ()
    least_events: int = 20

    def __post_init__(self) -> None:
        if len(self.pair) not in (0, 2):
            raise StudyError(f"{self.pair} is no pair of classes", cure="name two classes, or none")


@dataclass(frozen=True)
class CoverageSettings:
    """Settings of the coverage of a predicted number's intervals.

    Args:
        levels: probabilities that the number is smaller than the quantiles which are looked at, rising; with each of
            them 1 minus it, and 0.5.
        unit: of the target.

    Raises:
        StudyError: the levels are others.
    """

    levels: tuple[float, ...] = (0.025, 0.16, 0.5, 0.84, 0.975)
    unit: str = ""

    def __post_init__(self) -> None:
        check_types(self)
        mirrored = [round(1 - level, 9) for level in reversed(self.levels)]
        fair = mirrored == [round(level, 9) for level in self.levels] and len(self.levels) % 2 == 1
        rising = all(0 < low < high < 1 for low, high in pairwise(self.levels)) and len(self.levels) > 1
        require(self, "levels", fair and rising, "rising, in (0, 1), symmetric around 0.5, which is one of them")

    @property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """Levels of the ends of the central intervals, the widest first."""
        half = len(self.levels) // 2
        return tuple(zip(self.levels[:half], reversed(self.levels[half + 1 :]), strict=True))


@dataclass(frozen=True)
class FigureAxis:
    """Name, title and unit of a spectator in figures.

    Args:
        spectator: name in the training inputs.
        name: short, in the figure's name.
        title: may hold LaTeX.
        unit: may hold LaTeX; empty for none.
    """

    spectator: str
    name: str
    title: str
    unit: str


@dataclass(frozen=True)
class RegressionFigures:
    """Settings of the figures of networks that predict a number.

    Args:
        title: of the target; may hold LaTeX.
        unit: of the target; may hold LaTeX.
        axes: spectators that were binned in.
        separation: spectator that the merit factor is drawn against; none, if empty.
        estimators: titles by the name of the estimator, in the order of drawing.
    """

    title: str
    unit: str
    axes: tuple[FigureAxis, ...]
    separation: str = ""
    estimators: tuple[tuple[str, str], ...] = (("network", "network"),)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the figures."""
        separation = ("merit_factor",) if self.separation else ()
        return ("history", *(f"resolution_{axis.name}" for axis in self.axes), "prediction", "pulls", *separation)
