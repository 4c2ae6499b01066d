"""Settings of event weights: uncertainties in a table.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.measurement import Cut
from analysis.step import PRESENTATION

__all__ = ["WeightUncertainty", "Weights"]


@dataclass(frozen=True)
class WeightUncertainty:
    """An uncertainty of the weights of simulated events; makes the shifts ``<source>_up`` and ``<source>_down``.

    Args:
        source: short name.
        title: for people; may hold LaTeX.
        relative: standard deviation relative to the weight; a pair downwards and upwards; or a pair of names of event
            fields, by whose values the weight is multiplied downwards and upwards.
        processes: names of the processes that it is about; all if empty.
        cuts: only events that pass them.

    Raises:
        StudyError: a standard deviation is not between 0 and 1.

    Examples:
        >>> WeightUncertainty("luminosity", "luminosity", 2.6)
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: the uncertainty 'luminosity' is 2.6
          cure: give a number above 0 and below 1, such as 0.026 for 2.6 %
    """

    source: str
    title: str = field(metadata=PRESENTATION)
    relative: float | tuple[float, float] | tuple[str, str]
    processes: tuple[str, ...] = ()
    cuts: tuple[Cut, ...] = ()

    def __post_init__(self) -> None:
        sizes = self.relative if isinstance(self.relative, tuple) else (self.relative,)
        if not all(isinstance(size, str) or 0.0 < size < 1.0 for size in sizes):
            raise StudyError(
                f"the uncertainty {self.source!r} is {self.relative}",
                cure="give a number above 0 and below 1, such as 0.026 for 2.6 %",
            )

    @property
    def shifts(self) -> tuple[str, str]:
        """Names of both directions, the upper one first."""
        return f"{self.source}_up", f"{self.source}_down"


@dataclass(frozen=True)
class Weights:
    """A table of weights of simulated events, with their uncertainties.

    Args:
        uncertainties: each makes two shifts.
        scale: factors of the processes' cross sections, by process.
        column: name of an event field that the weight is multiplied by, such as a generator weight.
        normalised: the column says how many events are expected for 1/fb by itself: cross section and number of
            generated events are in it already.

    Raises:
        StudyError: two uncertainties have one source, or nothing is there that could be normalised.
    """

    uncertainties: tuple[WeightUncertainty, ...] = ()
    scale: Mapping[str, float] = field(default_factory=dict)
    column: str = ""
    normalised: bool = False

    def __post_init__(self) -> None:
        sources = [one.source for one in self.uncertainties]
        if twice := sorted({source for source in sources if sources.count(source) > 1}):
            raise StudyError(f"two uncertainties are called {twice[0]!r}", cure="give each a source of its own")
        if self.normalised and not self.column:
            raise StudyError("Weights: normalised needs a column", cure="name the field that holds the weight")

    @property
    def shifts(self) -> tuple[str, ...]:
        """Names of all shifts of weights."""
        return tuple(name for one in self.uncertainties for name in one.shifts)
