"""Settings of standard figures: names and captions, known before anything is drawn.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.inference.histfactory_settings import Model
from analysis.inference.measurement_settings import FitSettings
from analysis.measurement import Process, Region, Variable
from analysis.step import PRESENTATION

__all__ = ["FitFigures", "Shown", "StackFigures", "fit_captions", "stack_captions", "training_captions"]

Captions = tuple[tuple[str, str, str], ...]
Titles = Mapping[str, str]

_STACK = "Data and prediction; the band is the uncertainty of the prediction."


@dataclass(frozen=True)
class Shown:
    """A distribution that is drawn.

    Args:
        name: of the figure, and of the channel of a workspace that it is drawn from.
        variable: what is on the axis.
        region: name of the region.
        title: of the region, for people; may hold LaTeX.
    """

    name: str
    variable: Variable
    region: str
    title: str = field(default="", metadata=PRESENTATION)


@dataclass(frozen=True)
class StackFigures:
    """Data on the stacked prediction, of variables in regions.

    Args:
        variables: that are drawn, each in the regions in which it is filled.
        regions: in which variables are drawn.
        processes: the first one lies on top of the stack.
        model: whose parameters and uncertainties the prediction has; all shifts and the simulation's statistics
            without.
        samples: title by name of samples that are no simulated processes, such as those estimated from data; they lie
            at the bottom.
        logarithmic: names of variables whose events are drawn on a logarithmic axis.
        magnified: name of a process that is drawn as a line too, and how many times itself.
        data: name of the process of measured events; empty for figures of the simulation alone.
        asimov: of figures without a fit: what is expected stands in the place of the data, which are not looked at.
    """

    variables: tuple[Variable, ...]
    regions: tuple[Region, ...]
    processes: tuple[Process, ...]
    model: Model | None = None
    samples: Titles = field(default_factory=dict)
    logarithmic: tuple[str, ...] = ()
    magnified: tuple[str, float] | None = None
    data: str = "data"
    asimov: bool = False

    def __post_init__(self) -> None:
        known = [variable.name for variable in self.variables]
        if unknown := [name for name in self.logarithmic if name not in known]:
            raise StudyError(f"StackFigures: logarithmic names {unknown[0]!r}", cure=f"use some of: {', '.join(known)}")
        drawn = [process.name for process in self.processes]
        if self.magnified and self.magnified[0] not in drawn:
            raise StudyError(
                f"StackFigures: magnified names {self.magnified[0]!r}", cure=f"use one of: {', '.join(drawn)}"
            )

    @property
    def shown(self) -> tuple[Shown, ...]:
        """All distributions; ``<variable>_<region>``."""
        return tuple(
            Shown(f"{variable.name}_{region.name}", variable, region.name, region.title)
            for variable in self.variables
            for region in self.regions
            if not variable.regions or region.name in variable.regions
        )

    @property
    def titles(self) -> dict[str, str]:
        """Titles of all samples, by name; what lies on top comes first."""
        return {process.name: process.title for process in self.processes} | dict(self.samples)

    @property
    def captions(self) -> Captions:
        """Name, title and caption of each figure of :func:`analysis.plotting.stacks.draw_distributions`."""
        return tuple((one.name, f"{one.variable.title}, {one.title or one.region}", _STACK) for one in self.shown)

    @property
    def fit_captions(self) -> Captions:
        """Name, title and caption of each figure of :func:`analysis.plotting.stacks.draw_before_after`."""
        return stack_captions(self.shown)


@dataclass(frozen=True)
class FitFigures:
    """Figures of fits: strengths, pulls with impacts, likelihood scans, goodness, correlations.

    Args:
        fit: what the fit was asked for; what it was not asked for is not drawn.
        workspaces: title by name of each workspace; may hold LaTeX.
        titles: of parameters, by name; others are called by their names. May hold LaTeX.
        stacks: of distributions before and after the fit of the workspace of their model.

    Examples:
        >>> from analysis.inference.measurement_settings import Interest
        >>> asked = FitSettings((Interest("mu", "mu", "strength"),), scan_points=0)
        >>> FitFigures(asked, {"m4l": "m4l"}).names
        ('strengths', 'pulls_mu_m4l', 'goodness_m4l', 'correlation_m4l')
    """

    fit: FitSettings
    workspaces: Titles
    titles: Titles = field(default_factory=dict, metadata=PRESENTATION)
    stacks: StackFigures | None = None

    def __post_init__(self) -> None:
        model = self.stacks.model if self.stacks else None
        if self.stacks and (model is None or model.name not in self.workspaces):
            raise StudyError(
                f"FitFigures: the stacks belong to the model {model.name if model else None!r}",
                cure=f"give them the model of one of: {', '.join(self.workspaces)}",
            )

    def interest(self, workspace: str) -> dict[str, str]:
        """Title by name of the parameters of interest of a workspace."""
        asked = [one for one in self.fit.interest if one.workspace in ("", workspace)]
        return {one.parameter: self.titles.get(one.parameter, one.title) for one in asked}

    @property
    def interests(self) -> dict[str, str]:
        """Title by name of the parameters of interest of all workspaces."""
        return {name: title for workspace in self.workspaces for name, title in self.interest(workspace).items()}

    @property
    def captions(self) -> Captions:
        """Name, title and caption of each figure."""
        own = fit_captions({name: self.interest(name) for name in self.workspaces}, self.workspaces, self.fit)
        return own + (self.stacks.fit_captions if self.stacks else ())

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the figures."""
        return tuple(name for name, _, _ in self.captions)


def stack_captions(shown: tuple[Shown, ...]) -> Captions:
    """Caption distributions before and after a fit.

    Args:
        shown: the distributions; the region is left out of titles where it has none.
    """
    return tuple(
        (f"{one.name}_{when}", f"{', '.join(filter(None, (one.variable.title, one.title)))} {when} the fit", _STACK)
        for one in shown
        for when in ("before", "after")
    )


def fit_captions(interest: Mapping[str, Titles], workspaces: Titles, fit: FitSettings) -> Captions:
    """Caption the figures of fits.

    Args:
        interest: title by name of the parameters of interest, by workspace.
        workspaces: title by name of each workspace.
        fit: what the fit was asked for.
    """
    found = []
    if any(interest.values()):
        found.append(("strengths", "Strengths", "Measured over predicted rates: statistical and total uncertainties."))
    for name, title in workspaces.items():
        for poi, symbol in interest[name].items():
            if fit.impacts:
                found.append(
                    (
                        f"pulls_{poi}_{name}",
                        f"Impacts on {symbol}, {title}",
                        "Pulls of the parameters, and what each of them does to the strength.",
                    )
                )
            if fit.scan_points:
                caption = "All other parameters are fitted anew."
                found.append((f"scan_{poi}_{name}", f"Likelihood of {symbol}, {title}", caption))
        if fit.goodness_toys:
            found.append((f"goodness_{name}", f"Goodness of fit, {title}", "The data among simulated data sets."))
        if interest[name]:
            caption = "Of those most correlated with the strengths."
            found.append((f"correlation_{name}", f"Correlations, {title}", caption))
    return tuple(found)


def training_captions(classes: Titles) -> Captions:
    """Caption the figures of networks that tell classes apart (:func:`analysis.plotting.classification.draw`).

    Args:
        classes: title by name of each class.
    """
    scores = (
        (f"score_{name}", f"Score of {title}", "Training and test events. Simulation.")
        for name, title in classes.items()
    )
    return (
        ("history", "Training", "Loss and AUC of training and validation events, epoch by epoch. Simulation."),
        ("roc", "ROC curves", "Each class against the rest, events that the networks had no part in. Simulation."),
        ("confusion", "Confusion", "Where events of each class end up. Simulation."),
        *scores,
    )
