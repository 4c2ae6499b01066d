"""Settings of the monitoring data of the array: the histograms that every station sends once a minute."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MonitoringSettings"]


@dataclass(frozen=True)
class MonitoringSettings:
    """Histograms of background muons, as in Bertou et al., NIM A 568 (2006) 839, section 3.

    A photomultiplier's charge histogram counts pulses by their integral over the high-gain channel above the baseline;
    its peak histogram, by their highest sample. Bin i holds values from ``i * width`` to ``(i + 1) * width``, in ADC
    counts; pulses beyond the last bin are not counted. Muons come from all directions, so their hump stands above the
    charge of a vertical muon.

    Args:
        interval: time that one histogram covers, in s.
        charge_bins: of the charge histogram.
        charge_width: width of its bins, in ADC counts (summed over samples).
        peak_bins: of the peak histogram.
        peak_width: width of its bins, in ADC counts.
        charge_hump: maximum of the muon hump in the charge histogram, in units of the VEM charge.
        peak_hump: maximum of the muon hump in the peak histogram, in units of the VEM peak.
    """

    interval: float = 60.0
    charge_bins: int = 150
    charge_width: float = 4.0
    peak_bins: int = 80
    peak_width: float = 2.0
    charge_hump: float = 1.09
    peak_hump: float = 1.09
