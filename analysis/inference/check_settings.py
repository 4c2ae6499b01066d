"""Settings of the validation of a model: which distributions are compared with the data.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.inference.histfactory_settings import Model
from analysis.measurement import Region, Variable

__all__ = ["Checks", "Judgement"]


@dataclass(frozen=True)
class Judgement:
    """Requirements of a good agreement.

    Args:
        least: p-value below which a distribution is not described.
        fewest: expected events that a bin needs; neighbours are joined until they have them.

    Raises:
        StudyError: a value is out of its range.
    """

    least: float = 0.01
    fewest: float = 5.0

    def __post_init__(self) -> None:
        if not 0.0 < self.least < 1.0:
            raise StudyError(f"Judgement: least is {self.least}", cure="it must be between 0 and 1")
        if self.fewest < 0.0:
            raise StudyError(f"Judgement: fewest is {self.fewest}", cure="it must be 0 or more")


@dataclass(frozen=True)
class Checks:
    """Comparison of data and model in variables and regions, before the fit.

    Args:
        variables: that are compared, each in the regions in which it is filled.
        regions: that are looked at; control regions, as long as an analysis is blind.
        model: whose parameters and uncertainties the prediction has.
        known: standard deviations of the model's free factors that are known from elsewhere, 0 for those that are held
            at their start values; others are estimated from each distribution.
        judgement: what is good enough.

    Raises:
        StudyError: no variable is filled in any of the regions.
    """

    variables: tuple[Variable, ...]
    regions: tuple[Region, ...]
    model: Model
    known: Mapping[str, float] = field(default_factory=dict)
    judgement: Judgement = field(default_factory=Judgement)

    def __post_init__(self) -> None:
        if not self.pairs:
            raise StudyError(
                "Checks: there is no variable that is filled in one of the regions",
                cure="name variables and regions of the histograms",
            )

    @property
    def pairs(self) -> tuple[tuple[Variable, Region], ...]:
        """Variables and regions that are compared."""
        return tuple(
            (variable, region)
            for region in self.regions
            for variable in self.variables
            if not variable.regions or region.name in variable.regions
        )
