"""Settings of HistFactory models: channels, strengths, free normalisations, uncertainties.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.step import PRESENTATION

__all__ = ["Channel", "Free", "Model", "Models", "Normalisation"]


@dataclass(frozen=True)
class Channel:
    """A region that is fitted, in the bins of a variable.

    Args:
        region: name of the region; the channel's name in the workspace, too.
        variable: name of the variable whose histogram is fitted.
        counted: add up the variable's bins: events are only counted, as in most control regions.
    """

    region: str
    variable: str
    counted: bool = False


@dataclass(frozen=True)
class Free:
    """A normalisation of a background that nothing but the data tells, such as those of a control region.

    Args:
        process: name of the process.
        parameter: name of the factor, 1 for what the simulation says.
        regions: names of the regions in which the factor is this one; all if empty.
        control: name of the region that the factor's start value is estimated in: 1 + (data - prediction) / process.
            It starts at 1 without.
    """

    process: str
    parameter: str
    regions: tuple[str, ...] = ()
    control: str = ""


@dataclass(frozen=True)
class Normalisation:
    """A log-normal uncertainty of the number of events of some processes in some regions.

    Args:
        source: name of the nuisance parameter; where it is the same, it moves together.
        relative: standard deviation relative to the number of events, or a pair downwards and upwards.
        processes: names of the processes; all simulated ones if empty.
        regions: names of the regions; all if empty.
        title: for people; may hold LaTeX.
    """

    source: str
    relative: float | tuple[float, float]
    processes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    title: str = field(default="", metadata=PRESENTATION)

    def __post_init__(self) -> None:
        down, up = self.sizes
        if not (0.0 < down < 1.0 and up > 0.0):
            raise StudyError(
                f"Normalisation: the relative uncertainty {self.source!r} is {self.relative}",
                cure="give a number above 0 and below 1, such as 0.026 for 2.6 %",
            )

    @property
    def sizes(self) -> tuple[float, float]:
        """Relative uncertainties downwards and upwards, both positive."""
        return self.relative if isinstance(self.relative, tuple) else (self.relative, self.relative)


@dataclass(frozen=True)
class Model:
    """A workspace: processes x regions x shifts.

    Args:
        name: of the workspace; a file name.
        channels: regions that are fitted together. No two have events in common: these would count twice.
        strength: names of the parameters of interest by process; the first one is the workspace's.
        free: normalisations that the data alone tell.
        uncertainties: sources of the shifts that are used, without their direction; ``None`` for all that the
            histograms hold.
        normalisations: further uncertainties of numbers of events.
        statistics: give each bin the statistical uncertainty of the simulation (a common factor for all samples,
            R. Barlow, C. Beeston, Comput. Phys. Commun. 77 (1993) 219, as lightened by HistFactory).
        processes: names of the simulated processes; all that were filled if empty.
        bounds: lowest and highest value by parameter. Without, a strength ends at 100, and where a bin's prediction
            would be negative (at -100 at the least).
        data: name of the process whose events are the observation; empty for a study without measured events, whose
            workspace holds what is expected in place of observations (fit it as ``asimov``).
        title: for people; may hold LaTeX.

    Raises:
        StudyError: there is no channel, a region is there twice, or a control region is not fitted.

    Examples:
        >>> Model("m4l", (Channel("signal", "m4l"),), strength={"higgs": "mu"}).parameters
        ('mu',)
    """

    name: str
    channels: tuple[Channel, ...]
    strength: Mapping[str, str] = field(default_factory=dict)
    free: tuple[Free, ...] = ()
    uncertainties: tuple[str, ...] | None = None
    normalisations: tuple[Normalisation, ...] = ()
    statistics: bool = True
    processes: tuple[str, ...] = ()
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    data: str = "data"
    title: str = field(default="", metadata=PRESENTATION)

    def __post_init__(self) -> None:
        if not self.channels:
            raise StudyError(f"the model {self.name!r} has no channels", cure="give it Channel(region, variable)")
        regions = [channel.region for channel in self.channels]
        if twice := sorted({region for region in regions if regions.count(region) > 1}):
            raise StudyError(
                f"the model {self.name!r} has the region {twice[0]!r} twice, so its events would count twice",
                cure="fit one variable in each region, or make models of their own",
            )
        if unknown := [one.control for one in self.free if one.control and one.control not in regions]:
            raise StudyError(
                f"the model {self.name!r} starts from the control region {unknown[0]!r}, which it does not fit",
                cure=f"use one of: {', '.join(regions)}",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The name of the workspace."""
        return (self.name,)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of interest, each once."""
        return tuple(dict.fromkeys(self.strength.values()))


@dataclass(frozen=True)
class Models:
    """Several workspaces of the same histograms.

    Args:
        models: in the order of the results.

    Raises:
        StudyError: two of them have one name, or there are none.
    """

    models: tuple[Model, ...]

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) < len(self.names):
            raise StudyError(
                f"the workspaces are called {self.names}", cure="give at least one, each with a name of its own"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the workspaces."""
        return tuple(model.name for model in self.models)
