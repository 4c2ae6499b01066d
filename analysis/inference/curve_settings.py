"""Settings of fits of curves: unbinned fits of a distribution, and fits of published points.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis.errors import StudyError
from analysis.measurement import Cut
from analysis.step import PRESENTATION, Step

__all__ = ["Component", "FitParameter", "Points", "TableFit", "UnbinnedFit"]


@dataclass(frozen=True)
class FitParameter:
    """A parameter of a curve.

    Args:
        name: short name; where two components name it, it is one parameter.
        start: where the fit begins.
        lower: lowest value that is allowed; ``None`` for no bound.
        upper: highest value that is allowed; ``None`` for no bound.
        title: for people; may hold LaTeX.
        unit: such as ``"GeV"``; empty for pure numbers.
        fixed: whether it stays where it starts.
        measured: value and standard deviation from elsewhere, a Gaussian constraint; ``None`` for none.

    Raises:
        StudyError: it starts outside of its bounds.
    """

    name: str
    start: float
    lower: float | None = None
    upper: float | None = None
    title: str = dataclasses.field(default="", metadata=PRESENTATION)
    unit: str = dataclasses.field(default="", metadata=PRESENTATION)
    fixed: bool = False
    measured: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        low = -math.inf if self.lower is None else self.lower
        high = math.inf if self.upper is None else self.upper
        if not (math.isfinite(self.start) and low <= self.start <= high and low < high):
            raise StudyError(
                f"the parameter {self.name!r} starts at {self.start}, its bounds are {self.lower} and {self.upper}",
                cure="let it start between its bounds",
            )
        if self.measured is not None and not self.measured[1] > 0.0:
            raise StudyError(
                f"the parameter {self.name!r} was measured as {self.measured}", cure="give value and standard deviation"
            )


@dataclass(frozen=True)
class Component:
    """A part of a distribution, such as a peak or what is below it.

    Args:
        name: short name.
        shape: ``"gaussian"``, ``"crystal_ball"``, ``"voigt"``, ``"breit_wigner"``, ``"exponential"``, ``"polynomial"``
            (:mod:`analysis.inference.shapes`), or a step ``f(x, *parameters) -> array`` that need not be normalised.
        parameters: in the order of the function's arguments.
        title: for figures; may hold LaTeX.
        start: expected share of the events, where the fit begins; all components have the same without.
    """

    name: str
    shape: str | Step
    parameters: tuple[FitParameter, ...]
    title: str = dataclasses.field(default="", metadata=PRESENTATION)
    start: float = 0.0


@dataclass(frozen=True)
class UnbinnedFit:
    """An unbinned maximum-likelihood fit of one quantity.

    Args:
        field: of the events.
        window: lowest and highest value that is fitted.
        components: their sum is fitted. Numbers of events are called ``n_<component>``; without ``extended`` shares
            ``f_<component>``, of all but the last component.
        title: of the quantity, for people; may hold LaTeX.
        unit: of the quantity.
        extended: whether numbers of events are fitted, too (R. J. Barlow, Nucl. Instrum. Meth. A 297 (1990) 496).
        cuts: events that are fitted.
        datasets: names of the data sets that are fitted; all that are given if empty.
        interest: names of the parameters that numbers are told of; all that are free if empty.
        bins: of the figure and of the goodness of fit.
        name: of the fit; numbers and tables begin with it.

    Raises:
        StudyError: names are not unique, or the window is none.

    Examples:
        >>> peak = Component("z", "gaussian", (FitParameter("mass", 91.0), FitParameter("sigma", 2.5, 0.1, 10.0)))
        >>> UnbinnedFit("m", (70.0, 110.0), (peak,)).parameters
        ('n_z', 'mass', 'sigma')
    """

    field: str
    window: tuple[float, float]
    components: tuple[Component, ...]
    title: str = dataclasses.field(default="", metadata=PRESENTATION)
    unit: str = dataclasses.field(default="", metadata=PRESENTATION)
    extended: bool = True
    cuts: tuple[Cut, ...] = ()
    datasets: tuple[str, ...] = ()
    interest: tuple[str, ...] = ()
    bins: int = 50
    name: str = "peak"

    def __post_init__(self) -> None:
        low, high = self.window
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise StudyError(f"UnbinnedFit: the window is {self.window}", cure="give the lower end first")
        names = [component.name for component in self.components]
        if not names or len(set(names)) < len(names):
            raise StudyError(f"UnbinnedFit: the components are called {names}", cure="give each a name of its own")
        if self.bins < 2:
            raise StudyError(f"UnbinnedFit: bins is {self.bins}", cure="it must be at least 2")
        _check_names(self, self.parameters)

    @property
    def shares(self) -> tuple[str, ...]:
        """Names of the parameters that say how many events a component has."""
        if self.extended:
            return tuple(f"n_{component.name}" for component in self.components)
        return tuple(f"f_{component.name}" for component in self.components[:-1])

    @property
    def shape_parameters(self) -> tuple[FitParameter, ...]:
        """The parameters of all components, each once.

        Raises:
            StudyError: two components say different things of one parameter.
        """
        return _once(parameter for component in self.components for parameter in component.parameters)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of all parameters."""
        return (*self.shares, *(parameter.name for parameter in self.shape_parameters))


@dataclass(frozen=True)
class Points:
    """Published points.

    Args:
        x: where they are.
        y: what was measured there.
        uncertainty: standard deviation of each ``y``, independent of all others.
        correlated: standard deviations by source, one a point, that move all points together; the sign says whether a
            point moves along or against.
        covariance: of the ``y``, in place of both or in addition to them; rows of numbers.

    Raises:
        StudyError: lengths differ, or a point has no uncertainty.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    uncertainty: tuple[float, ...] = ()
    correlated: Mapping[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    covariance: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        lengths = {
            "y": len(self.y),
            **({"uncertainty": len(self.uncertainty)} if self.uncertainty else {}),
            **{f"correlated {name!r}": len(sizes) for name, sizes in self.correlated.items()},
            **({"covariance": len(self.covariance)} if self.covariance else {}),
            **{f"row {number} of the covariance": len(row) for number, row in enumerate(self.covariance)},
        }
        for what, length in lengths.items():
            if length != len(self.x):
                raise StudyError(f"Points: {what} has {length} numbers, x has {len(self.x)}", cure="give one a point")
        if not (self.uncertainty or self.covariance):
            raise StudyError("Points: there is neither uncertainty nor covariance", cure="give one of them")
        if any(not size > 0.0 for size in self.uncertainty) and not self.covariance:
            raise StudyError("Points: an uncertainty is not positive", cure="leave the point out, or correct it")


@dataclass(frozen=True)
class TableFit:
    """A fit of a curve to published points.

    Args:
        curve: ``f(x, *parameters) -> array``.
        parameters: in the order of the function's arguments.
        points: what is fitted; ``None`` if a stage gives them.
        title: of the curve's value, for people; may hold LaTeX.
        unit: of it.
        x_title: of what it depends on.
        x_unit: of it.
        interest: names of the parameters that numbers are told of; all that are free if empty.
        name: of the fit; numbers and tables begin with it.
    """

    curve: Step
    parameters: tuple[FitParameter, ...]
    points: Points | None = None
    title: str = dataclasses.field(default="y", metadata=PRESENTATION)
    unit: str = dataclasses.field(default="", metadata=PRESENTATION)
    x_title: str = dataclasses.field(default="x", metadata=PRESENTATION)
    x_unit: str = dataclasses.field(default="", metadata=PRESENTATION)
    interest: tuple[str, ...] = ()
    name: str = "curve"

    def __post_init__(self) -> None:
        _check_names(self, tuple(parameter.name for parameter in _once(self.parameters)))


def _once(parameters: Iterable[FitParameter]) -> tuple[FitParameter, ...]:
    found: dict[str, FitParameter] = {}
    for parameter in parameters:
        if found.setdefault(parameter.name, parameter) != parameter:
            raise StudyError(
                f"the parameter {parameter.name!r} is given twice, and not in the same way",
                cure="give two parameters two names, or the same settings",
            )
    return tuple(found.values())


def _check_names(settings: UnbinnedFit | TableFit, known: tuple[str, ...]) -> None:
    if len(set(known)) < len(known):
        raise StudyError(f"{type(settings).__name__}: two parameters have one name: {', '.join(known)}")
    if unknown := [name for name in settings.interest if name not in known]:
        raise StudyError(
            f"{type(settings).__name__}: interest names {unknown[0]!r}", cure=f"use some of: {', '.join(known)}"
        )
