"""Settings of counting experiments: what is expected and observed in each region, as plain numbers.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.step import PRESENTATION

__all__ = ["Count", "Counting", "Expected"]


@dataclass(frozen=True)
class Expected:
    """Events of a process that are expected in a region.

    Args:
        process: name of the process.
        events: how many; also the number for a strength of 1.
        uncertainty: standard deviation of this number alone, in events: independent of all others.
        sources: relative uncertainties by source (log-normal); a source moves all numbers that name it together. A
            pair is downwards and upwards; of opposite sign, the number falls where others rise.

    Raises:
        StudyError: a number cannot be meant.
    """

    process: str
    events: float
    uncertainty: float = 0.0
    sources: Mapping[str, float | tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.events) and self.events >= 0.0):
            raise StudyError(f"{self.events} events are expected of {self.process!r}", cure="give a number from 0 on")
        if not 0.0 <= self.uncertainty < math.inf:
            raise StudyError(
                f"the events of {self.process!r} have the uncertainty {self.uncertainty}",
                cure="give a standard deviation in events",
            )
        for source, size in self.sources.items():
            down, up = size if isinstance(size, tuple) else (size, size)
            if not (-1.0 < down < 1.0 and -1.0 < up < 1.0 and (down or up)):
                raise StudyError(
                    f"the relative uncertainty {source!r} of {self.process!r} is {size}",
                    cure="give a number between 0 and 1, such as 0.1 for 10 %",
                )


@dataclass(frozen=True)
class Count:
    """Observed and expected numbers of events of one region.

    Args:
        region: its name.
        observed: number of events.
        expected: of each process.

    Raises:
        StudyError: a process is there twice, nothing is expected, or the observation is no number of events.
    """

    region: str
    observed: float
    expected: tuple[Expected, ...]

    def __post_init__(self) -> None:
        names = [one.process for one in self.expected]
        if not names or len(set(names)) < len(names):
            raise StudyError(f"the region {self.region!r} expects {names or 'nothing'}", cure="name each process once")
        if not 0.0 <= self.observed < math.inf:
            raise StudyError(
                f"{self.observed} events are observed in the region {self.region!r}", cure="give a number from 0 on"
            )


@dataclass(frozen=True)
class Counting:
    """A counting experiment.

    Args:
        counts: by region.
        strength: names of the parameters of interest by process; the first one is the workspace's.
        free: names of free normalisations by process, which control regions tell.
        bounds: lowest and highest value by parameter; strengths are between 0 and 100 times what makes one event
            at least, without.
        name: of the workspace.
        title: for people; may hold LaTeX.

    Raises:
        StudyError: a region is there twice, or a strength or a free normalisation belongs to no process.

    Examples:
        >>> signal, background = Expected("signal", 4.0), Expected("background", 1.2, uncertainty=0.3)
        >>> Counting((Count("tracks", 3, (signal, background)),), {"signal": "mu"}).parameters
        ('mu',)
    """

    counts: tuple[Count, ...]
    strength: Mapping[str, str]
    free: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    name: str = "counts"
    title: str = field(default="", metadata=PRESENTATION)

    def __post_init__(self) -> None:
        regions = [count.region for count in self.counts]
        if not regions or len(set(regions)) < len(regions):
            raise StudyError(f"the regions are called {regions}", cure="give each a name of its own")
        processes = [one.process for count in self.counts for one in count.expected if one.events > 0.0]
        for what, named in (("strength", self.strength), ("free", self.free)):
            if unknown := [process for process in named if process not in processes]:
                raise StudyError(
                    f"{what} names {unknown[0]!r}, of which no event is expected",
                    cure=f"use some of: {', '.join(dict.fromkeys(processes))}",
                )

    @property
    def names(self) -> tuple[str, ...]:
        """The name of the workspace."""
        return (self.name,)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of interest, each once."""
        return tuple(dict.fromkeys(self.strength.values()))
