"""Settings of the steps of the study; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.measurement import Region, Variable
from analysis.step import PRESENTATION
from analysis.studies.htautau.measurement_settings import ModelSettings, WeightSettings

__all__ = ["ComparisonSettings", "FigureSettings", "RefinementSettings", "RefiningSettings", "StrengthSettings"]


@dataclass(frozen=True)
class RefinementSettings:
    """Events that a refiner learns from.

    Args:
        region: whose events it learns from: all simulated ones, and the first half of the measured ones.
        weights: of simulated events.
        factors: on the weights, by process, such as what the fit finds for a process that is simulated badly.
    """

    region: Region
    weights: WeightSettings
    factors: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class RefiningSettings:
    """Settings of the refinement of simulated events.

    Args:
        strength: by how much of what the refiner says events change; negative for the other way.
        genuine: whether events whose tau is one change, too; the refiner hardly sees any.
    """

    strength: float = 0.0
    genuine: bool = False


@dataclass(frozen=True)
class ComparisonSettings:
    """Inputs of a classifier that is to tell simulated from measured events.

    Args:
        features: fields of reconstructed events.
        tested: region of the refiner, of whose measured events the second half is shown.
        other: a region that the refiner has not seen.
        weights: of simulated events.
        factors: on the weights, by process.
        halves: whether two parts of these measured events are to be told apart, in place of simulated events.
    """

    features: tuple[str, ...]
    tested: Region
    other: Region
    weights: WeightSettings
    factors: tuple[tuple[str, float], ...]
    halves: bool = False


@dataclass(frozen=True)
class FigureSettings:
    """Variables that are drawn before and after the refinement, of the events that a comparison shows.

    Args:
        variables: with their edges; they are features of the comparison.
        title: of the region.
    """

    variables: tuple[Variable, ...]
    title: str = field(default="", metadata=PRESENTATION)


@dataclass(frozen=True)
class StrengthSettings:
    """Fits with and without the refinement.

    Args:
        model: the study's own, without it.
        source: name of the shift that refines.
        strengths: name and title of the parameters of interest.
    """

    model: ModelSettings
    source: str
    strengths: tuple[tuple[str, str], ...]
