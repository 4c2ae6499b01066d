"""Settings of the derivation of the calibration."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.airshower.monitoring_settings import MonitoringSettings
from analysis.studies.airshower.settings import ObservatorySettings

__all__ = ["DerivationSettings", "HumpSettings", "MaskSettings"]


@dataclass(frozen=True)
class HumpSettings:
    """Settings of the fits of the muon hump.

    Args:
        window: lowest and highest value of the fit, in units of the first guess.
        typical_width: standard deviation of the hump, in units of its position; for the first guess.
        smoothing: bins on either side that are averaged for the first guess.
        least_entries: in the window of a histogram that is fitted.
        iterations: of a fit.
        tolerance: a fit has converged when a further step would gain less than this in the deviance.
    """

    window: tuple[float, float] = (0.35, 1.8)
    typical_width: float = 0.3
    smoothing: int = 3
    least_entries: int = 10_000
    iterations: int = 40
    tolerance: float = 1e-3


@dataclass(frozen=True)
class MaskSettings:
    """Settings of the criteria by which a photomultiplier is not used.

    Args:
        position: one of its humps is more than this times above or below the array's median.
        width: the relative width of its humps differs from the array's median by more than this.
        uncertainty: the position of one of its humps is known less well than this, relatively.
        share: it is not used at all when it is not good in more than this share of the intervals.
    """

    position: float = 2.0
    width: float = 0.015
    uncertainty: float = 0.02
    share: float = 0.2


@dataclass(frozen=True)
class DerivationSettings:
    """Settings of the derivation of the calibration.

    Args:
        observatory: the array and its electronics.
        monitoring: what its monitoring data look like.
        interval: for which a set of constants holds, in s.
        hump: of the fits.
        mask: when a photomultiplier is not used.
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    monitoring: MonitoringSettings = field(default_factory=MonitoringSettings)
    interval: float = 600.0
    hump: HumpSettings = field(default_factory=HumpSettings)
    mask: MaskSettings = field(default_factory=MaskSettings)
