"""Settings of the evaluation of the networks, and of the estimator that they have to beat."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.learning.regression_settings import (
    BinAxis,
    CoverageSettings,
    FigureAxis,
    RegressionEvaluation,
    RegressionFigures,
    Window,
)

__all__ = ["COVERAGE", "FIGURES", "REFERENCE", "SEPARATION", "VARIABLES", "EstimatorSettings", "EvaluationSettings"]

REFERENCE = "10^19 eV"
"""Where the resolution is quoted."""

SEPARATION = "10^19.5 eV"
"""Where the bias of each primary and the separation of the lightest and the heaviest one are quoted."""

ESTIMATOR = "rise_time"

VARIABLES = ("rise_time_1000", "delta", "zenith", "energy")
"""Spectators that the classical estimator may use."""


@dataclass(frozen=True)
class EstimatorSettings:
    """The classical estimator of X_max: a + b Δ + c lg E (Pierre Auger Collaboration, PRD 96 (2017) 122003).

    A polynomial of third degree of all variables is better by some per cent; what is published has this form.

    Args:
        name: of the estimator.
        variables: of the polynomial: some of ``rise_time_1000``, ``delta``, ``zenith`` (its secant) and ``energy`` (its
            logarithm).
        degree: of the polynomial, in all variables together.
        ridge: strength of the regularisation: what is added to the mean square of each standardised term.

    Raises:
        StudyError: a value is out of its range.
    """

    name: str = ESTIMATOR
    variables: tuple[str, ...] = ("delta", "energy")
    degree: int = 1
    ridge: float = 1e-4

    def __post_init__(self) -> None:
        unknown = [name for name in self.variables if name not in VARIABLES]
        if unknown or not self.variables:
            raise StudyError(
                f"EstimatorSettings.variables: {', '.join(unknown) or '(none)'}",
                cure=f"use some of: {', '.join(VARIABLES)}",
            )
        if self.degree < 1 or self.ridge < 0:
            raise StudyError(
                f"the estimator has degree {self.degree} and ridge {self.ridge}", cure="at least 1, and at least 0"
            )


def _questions() -> RegressionEvaluation:
    return RegressionEvaluation(
        unit="g/cm2",
        axes=(
            BinAxis("true_energy", (18.5, 18.7, 18.9, 19.1, 19.3, 19.5, 19.7, 20.0), "log10"),
            BinAxis("true_zenith", (0.0, 15.0, 25.0, 32.0, 38.0, 44.0, 49.0, 54.0, 60.0), "degrees"),
        ),
        windows=(
            Window(REFERENCE, "true_energy", 18.9, 19.1, "log10"),
            Window(SEPARATION, "true_energy", 19.4, 19.6, "log10"),
        ),
        pair=("proton", "iron"),
    )


@dataclass(frozen=True)
class EvaluationSettings:
    """Settings of the evaluation.

    Args:
        regression: bins and ranges.
        estimator: of the classical estimator.
    """

    regression: RegressionEvaluation = field(default_factory=_questions)
    estimator: EstimatorSettings = field(default_factory=EstimatorSettings)


COVERAGE = CoverageSettings(unit="g/cm2")
"""Central intervals of 68 and 95 % that true depths are counted in."""

FIGURES = RegressionFigures(
    title=r"$X_\mathrm{max}$",
    unit=r"g/cm$^2$",
    axes=(
        FigureAxis("true_energy", "energy", r"$\lg(E/\mathrm{eV})$", ""),
        FigureAxis("true_zenith", "zenith", "Zenith angle", "°"),
    ),
    separation="true_energy",
    estimators=(("network", "Network"), (ESTIMATOR, "Rise times")),
)
"""What is drawn of the training."""
