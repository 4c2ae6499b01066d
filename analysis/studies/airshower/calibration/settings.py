"""What the calibration can be told."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.airshower.settings import ObservatorySettings

__all__ = ["CalibrationSettings"]


@dataclass(frozen=True)
class CalibrationSettings:
    """Settings of the calibration of events.

    Args:
        observatory: the array and its electronics.
        baseline_samples: at a trace's beginning; the baseline is their mean without what does not belong to it.
        baseline_band: samples farther from the median than this do not belong to it, in ADC counts.
        threshold: where the mean trace exceeds it, the signal starts, in VEM peak.
        signal_before: samples before the start that are integrated, too.
        signal_samples: that are integrated, at most.
        trace_before: samples before the start in the calibrated trace.
        trace_samples: in the calibrated trace.
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    baseline_samples: int = 32
    baseline_band: float = 2.0
    threshold: float = 0.2
    signal_before: int = 2
    signal_samples: int = 160
    trace_before: int = 4
    trace_samples: int = 128
