"""Names and settings of the study's own steps; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    *("CAPTIONS", "CLASSES", "DATA", "FROM_TRACES", "METHODS", "REFERENCE", "SIMULATION"),
    "ComparisonSettings",
]

SIMULATION, DATA, REFERENCE = "simulation", "data", "reference"
CLASSES = (SIMULATION, DATA)
"""What is refined, and what it is to be like."""

FROM_TRACES = ("rise_time", "residual", "rise_time_1000")
"""Features of stations and events that are times in traces."""

METHODS = {
    "unrefined": "simulation as it is",
    "refined": "refined simulation",
    "reversed": "reversed gradient",
    "ideal": "simulation of the aged detector",
}
"""What networks are trained with, by the name of their training."""


CAPTIONS = (
    (
        "depth_on_data",
        "$X_{max}$ in the aged detector",
        "Bias and resolution on data of networks that were trained with different simulations. Simulation.",
    ),
    (
        "mean_traces",
        "Mean traces",
        "The hottest station of simulated showers, before and after refinement, and of data. Simulation.",
    ),
)
"""Names, titles and captions of the figures."""


@dataclass(frozen=True)
class ComparisonSettings:
    """Settings of the comparison of networks on data.

    Args:
        energy: edges of bins in lg(E/eV).
        unit: of the depth.
    """

    energy: tuple[float, ...] = (18.5, 18.75, 19.0, 19.25, 19.5, 19.75, 20.0)
    unit: str = "g/cm2"
