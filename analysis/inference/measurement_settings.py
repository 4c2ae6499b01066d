"""Settings of a measurement.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from analysis.errors import StudyError
from analysis.step import PRESENTATION

__all__ = ["FitSettings", "Interest"]


@dataclass(frozen=True)
class Interest:
    """A parameter of interest: one that a number is told of.

    Args:
        parameter: as it is called in the workspace.
        name: of the number, such as ``"mu_ztt"``; where the parameter is measured in several workspaces, ``_`` and the
            workspace's name are added.
        title: for people; may hold LaTeX.
        workspace: the one that it is measured in; empty for all of them.
        limit: give an upper limit (CLs) too.
        significance: say how significantly the parameter differs from zero, too.
        unit: of the parameter; empty for pure numbers.
        note: what a reader has to know.
    """

    parameter: str
    name: str
    title: str = field(metadata=PRESENTATION)
    workspace: str = ""
    limit: bool = False
    significance: bool = False
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class FitSettings:
    """Settings of each workspace's fit and of the results derived from it.

    Args:
        interest: the parameters of interest.
        scan_points: points of the profile likelihood of each parameter of interest; 0 for no scan.
        scan_width: how far a scan goes on both sides of the best value, in its uncertainties (and within its bounds).
        impacts: whether the impacts of all other parameters are found.
        goodness_toys: how many toys the goodness of fit is judged by; 0 for the asymptotic p-value alone.
        seed: of the toys.
        level: confidence level of upper limits.
        limits: how upper limits are found: by asymptotic formulae, which need about ten events of background, or with
            ``toys``.
        limit_toys: how many toys of each hypothesis are drawn at each strength.

    Raises:
        StudyError: a value is out of its range, or there are two numbers of one name.

    Examples:
        >>> FitSettings(interest=(), scan_points=1)
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: FitSettings: scan_points is 1
          cure: it must be 0 or at least 3
    """

    interest: tuple[Interest, ...]
    scan_points: int = 41
    scan_width: float = 3.0
    impacts: bool = True
    goodness_toys: int = 200
    seed: int = 1
    level: float = 0.95
    limits: Literal["asymptotic", "toys"] = "asymptotic"
    limit_toys: int = 2000

    def __post_init__(self) -> None:
        for name, good, allowed in (
            ("scan_points", self.scan_points == 0 or self.scan_points >= 3, "0 or at least 3"),
            ("scan_width", self.scan_width > 0, "positive"),
            ("goodness_toys", self.goodness_toys >= 0, "at least 0"),
            ("level", 0 < self.level < 1, "between 0 and 1"),
            ("limits", self.limits in ("asymptotic", "toys"), "asymptotic or toys"),
            ("limit_toys", self.limit_toys >= 100, "at least 100"),
            ("seed", 0 <= self.seed < 2**32, "in [0, 2**32)"),
        ):
            if not good:
                raise StudyError(f"FitSettings: {name} is {getattr(self, name)}", cure=f"it must be {allowed}")
        seen = [(interest.name, interest.workspace) for interest in self.interest]
        twice = sorted({name for name, workspace in seen if seen.count((name, workspace)) > 1})
        if twice:
            raise StudyError(f"FitSettings: two numbers are called {twice[0]!r}", cure="give each a name of its own")
