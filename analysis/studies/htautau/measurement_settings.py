"""Settings of the measurement: weights, channels, strengths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.inference.check_settings import Judgement
from analysis.measurement import Cut, Region, Variable
from analysis.plotting.figure_settings import FitFigures, Shown
from analysis.step import PRESENTATION

__all__ = [
    "ChannelSettings",
    "FigureSettings",
    "ModelSettings",
    "StabilitySettings",
    "ValidationSettings",
    "WeightSettings",
    "WeightUncertainty",
]


@dataclass(frozen=True)
class WeightUncertainty:
    """An uncertainty of the weight of simulated events.

    Args:
        source: short name.
        title: for people; may hold LaTeX.
        relative: standard deviation, relative to the weight.
        processes: names of the processes that it is about.
        genuine: only events whose reconstructed tau is one (``True``) or none (``False``); ``None`` for all.
        cuts: only events that pass all of them.
        along: a field and a centre: the standard deviation is for each unit of the field above the centre, and has the
            other sign below. At most the weight itself.
    """

    source: str
    title: str = field(metadata=PRESENTATION)
    relative: float
    processes: tuple[str, ...]
    genuine: bool | None = None
    cuts: tuple[Cut, ...] = ()
    along: tuple[str, float] | None = None

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
        pileup: name of the source of uncertainty that the derived weights of the pile-up are.
    """

    processes: tuple[str, ...]
    branching_ratios: tuple[tuple[str, float], ...]
    uncertainties: tuple[WeightUncertainty, ...]
    pileup: str = "pileup"


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
        control: variable in whose bins events with a high transverse mass are fitted.
        w_process: name of the process of W bosons and jets.
        w_extrapolation: relative uncertainty of its events from high to low transverse mass.
        w_heavy_flavour: relative uncertainty of those of its events that have a jet of a bottom quark.
        top_process: name of the process of top quarks, which a region with such jets tells a free factor of.
        b_tagging: relative uncertainty of the top quarks' events in that region and not elsewhere.
        multijet_extrapolation: relative uncertainty of the charge ratio of multijet events, from muons that are not
            isolated to those that are.
    """

    workspaces: tuple[tuple[str, tuple[ChannelSettings, ...]], ...]
    sources: tuple[str, ...]
    strengths: tuple[tuple[str, str], ...]
    counted: str
    control: str
    w_process: str
    w_extrapolation: float
    w_heavy_flavour: float
    top_process: str
    b_tagging: float
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


@dataclass(frozen=True)
class ValidationSettings:
    """Settings of the comparison of data and model before the fit.

    Args:
        compared: distributions by name, variable and region; of a signal region, with that of same charge.
        model: the settings that the workspaces are built with.
        known: standard deviations of the factors that are known from elsewhere.
        judgement: what is good enough.
    """

    compared: tuple[Shown, ...]
    model: ModelSettings
    known: Mapping[str, float]
    judgement: Judgement = field(default_factory=Judgement)


@dataclass(frozen=True)
class StabilitySettings:
    """Settings of the fits with W + jets weighted to the data.

    Args:
        variables: in which they are weighted, one after the other.
        strengths: name and title of the parameters of interest.
        workspaces: names of those that are fitted again.
        filled: variables that are fitted, each with its regions.
        regions: all of these.
        weights: the settings that histograms are filled with.
        model: the settings that workspaces are built with.
    """

    variables: tuple[Variable, ...]
    strengths: tuple[tuple[str, str], ...]
    workspaces: tuple[str, ...]
    filled: tuple[Variable, ...]
    regions: tuple[Region, ...]
    weights: WeightSettings
    model: ModelSettings
