"""Settings of the calibration."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.studies.airshower.settings import ObservatorySettings

__all__ = ["CalibrationSettings"]


@dataclass(frozen=True)
class CalibrationSettings:
    """Settings of the calibration of events.

    Args:
        observatory: the array and its electronics.
        quiet_samples: at a trace's beginning, before which no signal starts: there the baseline is measured; half of
            those before the station's trigger.
        baseline_band: samples farther from the median than this have no part in the baseline, in ADC counts.
        threshold: where the mean trace exceeds it, the signal starts, in VEM peak.
        signal_before: samples before the start that are integrated, too.
        signal_samples: that are integrated; nearly all that a trace has after its signal's start.
        trace_before: samples before the start in the calibrated trace.
        trace_samples: in the calibrated trace.
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    quiet_samples: int = 24
    baseline_band: float = 2.0
    threshold: float = 0.1
    signal_before: int = 4
    signal_samples: int = 208
    trace_before: int = 4
    trace_samples: int = 128

    def __post_init__(self) -> None:
        if not 0 < self.quiet_samples < self.observatory.samples:
            raise StudyError(
                f"CalibrationSettings.quiet_samples: {self.quiet_samples} of {self.observatory.samples} samples",
                cure="give a number of samples within the trace, not more than those before the trigger",
            )
