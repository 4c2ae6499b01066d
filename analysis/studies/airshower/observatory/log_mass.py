"""<ln A> from the mean X_max, as the Observatory interprets the depths that its networks find.

<X_max> of a mixture is, to 2 g/cm2, a straight line in <ln A> (Pierre Auger Collaboration, JCAP 02 (2013) 026, section
2), which is taken through the four primaries. Unlike the shape of the networks' depths, the mean needs nothing from the
simulation of the detector: it is calibrated on hybrid events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.published import gumbel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.studies.airshower.observatory.mixture import Histogram
    from analysis.studies.airshower.observatory.settings import ObservatoryMeasurement

__all__ = ["LogMass", "combined", "log_mass"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LogMass:
    """<ln A> of some showers.

    Args:
        value: that the mean X_max means.
        stat: its statistical uncertainty, the calibration left out.
        calibration: uncertainty by that of the calibration on hybrid events, a vector (3,).
        trusted: statistical uncertainty if the networks' bias were known by simulation instead: primaries whose biases
            differ lie nearer to each other.
        slope: change of <X_max> with <ln A>, in g/cm2, without its sign.
    """

    value: float
    stat: float
    calibration: Array
    trusted: float
    slope: float

    @property
    def total(self) -> float:
        """What numbers of events decide: statistical uncertainty and that of the calibration, in quadrature."""
        return float(np.hypot(self.stat, np.linalg.norm(self.calibration)))


def log_mass(one: Histogram, settings: ObservatoryMeasurement) -> LogMass:
    """<ln A> of one energy bin.

    Args:
        one: depths of the showers, calibrated.
        settings: primaries and interaction model.
    """
    logarithms = np.log([float(mass) for _, mass in settings.primaries])
    depths = [float(np.mean(gumbel.mean(one.energy, float(mass), settings.model))) for _, mass in settings.primaries]
    slope, constant = np.polyfit(logarithms, depths, 1)
    biased = float(np.polyfit(logarithms, one.bias, 1)[0]) if one.bias.any() else 0.0
    error = float(one.depth.std(ddof=1) / np.sqrt(len(one.depth)))
    return LogMass(
        value=float((one.depth.mean() - constant) / slope),
        stat=error / abs(slope),
        calibration=one.calibration / abs(slope),
        trusted=error / abs(slope + biased),
        slope=abs(float(slope)),
    )


def combined(some: Sequence[LogMass], weights: Sequence[int]) -> LogMass:
    """<ln A> of several energy bins together, whose calibration is the same.

    Args:
        some: of the bins.
        weights: of the bins, such as numbers of events.
    """
    share = np.asarray(weights, np.float64) / np.sum(weights)

    def quadratic(values: list[float]) -> float:
        return float(np.sqrt(np.sum((share * np.array(values)) ** 2)))

    return LogMass(
        value=float(share @ [one.value for one in some]),
        stat=quadratic([one.stat for one in some]),
        calibration=share @ np.stack([one.calibration for one in some]),
        trusted=quadratic([one.trusted for one in some]),
        slope=float(1.0 / (share @ [1.0 / one.slope for one in some])),
    )
