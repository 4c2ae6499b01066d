"""Settings of the measurement: weights, channels, strengths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.measurement import Variable
from analysis.plotting.figure_settings import FitFigures, Shown
from analysis.step import PRESENTATION

__all__ = ["ChannelSettings", "FigureSettings", "ModelSettings", "WeightSettings", "WeightUncertainty"]


@dataclass(frozen=True)
class WeightUncertainty:
    """An uncertainty of the weight of simulated events.

    Args:
        source: short name.
        title: for people; may hold LaTeX.
        relative: standard deviation, relative to the weight.
        processes: names of the processes that it is about.
        genuine: only events whose reconstructed tau is one (``True``) or none (``False``); ``None`` for all.
    """

    source: str
    title: str = field(metadata=PRESENTATION)
    relative: float
    processes: tuple[str, ...]
    genuine: bool | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.relative < 1.0:
            raise StudyError(f"the uncertainty {self.source!r} is {self.relative}", cure="give a number from 0 to 1")


@dataclass(frozen=True)
class WeightSettings:
    """Settings of the weights.

    Args:
        processes: names of the processes, in the order of the labels.
        branching_ratios: of processes that were generated in one decay channel, with the cross section of all.
        uncertainties: of the weights.
    """

    processes: tuple[str, ...]
    branching_ratios: tuple[tuple[str, float], ...]
    uncertainties: tuple[WeightUncertainty, ...]


@dataclass(frozen=True)
class ChannelSettings:
    """A distribution that is fitted, of opposite and of same charge.

    Args:
        name: of the channel.
        variable: name of the variable.
        region: name of its region.
        same_sign: name of the region that tells what multijet events look like in it.
    """

    name: str
    variable: str
    region: str
    same_sign: str


@dataclass(frozen=True)
class ModelSettings:
    """Settings of the statistical models.

    Args:
        workspaces: channels of each workspace, by its name.
        sources: systematic uncertainties, named like the shifts without their direction.
        strengths: free factors by process.
        counted: variable whose bins are added up where events are only counted.
        w_process: name of the process of W bosons and jets.
        w_extrapolation: relative uncertainty of its events from high to low transverse mass.
        multijet_extrapolation: relative uncertainty of the charge ratio of multijet events, from muons that are not
            isolated to those that are.
    """

    workspaces: tuple[tuple[str, tuple[ChannelSettings, ...]], ...]
    sources: tuple[str, ...]
    strengths: tuple[tuple[str, str], ...]
    counted: str
    w_process: str
    w_extrapolation: float
    multijet_extrapolation: float


@dataclass(frozen=True)
class FigureSettings:
    """Settings of the measurement's figures.

    Args:
        fits: the standard figures of the fits.
        shown: variables that are drawn before and after the fit; a variable's first region is the one that is drawn,
            the second one that of same charge.
        model: the settings that the workspaces were built with.
        fit: name of the workspace whose fit the variables are drawn after.
        samples: title by name of each sample; the first one lies on top. May hold LaTeX.
    """

    fits: FitFigures
    shown: tuple[Shown, ...]
    model: ModelSettings
    fit: str
    samples: Mapping[str, str]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Variables that are drawn."""
        return tuple(one.variable for one in self.shown)
