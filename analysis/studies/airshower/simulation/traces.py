"""From light in the water to ADC counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from analysis.studies.airshower.simulation.detector import pulse
from analysis.studies.airshower.simulation.randomness import GAUSSIAN

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings
    from analysis.studies.airshower.simulation.settings import DetectorSettings

__all__ = ["digitise", "light"]


def light(
    deposited: NDArray[np.float32],
    deviates: NDArray[np.uint16],
    decay: NDArray[np.float64],
    observatory: ObservatorySettings,
    settings: DetectorSettings,
) -> NDArray[np.float32]:
    """Return the photomultipliers' pulses: shares of the same light, each with its photo-electron statistics.

    Args:
        deposited: in VEM, shape (n, samples).
        deviates: random bits, shape (n, photomultipliers, samples).
        decay: of the light in the station's water, in ns, shape (n,).
        observatory: the array.
        settings: of the detector.

    Returns:
        In VEM charge per sample, shape (n, photomultipliers, samples).
    """
    spread = np.sqrt(deposited / np.float32(settings.photoelectrons))
    seen = GAUSSIAN.take(deviates, mode="clip")
    seen *= spread[:, None, :]
    seen += deposited[:, None, :]
    np.maximum(seen, np.float32(0.0), out=seen)
    # stations with the same light decay in one go
    order = np.argsort(decay, kind="stable")
    ends = np.flatnonzero(np.diff(decay[order])) + 1
    for rows in np.split(order, ends) if len(order) else ():
        (first, second), q = pulse(decay[rows[0]], observatory, settings)
        forward, back = np.array([first, second], dtype=np.float32), np.array([1.0, -q], dtype=np.float32)
        seen[rows] = lfilter(forward, back, seen[rows], axis=-1)
    return seen


def digitise(
    pulses: NDArray[np.float32],
    gain: NDArray[np.float64],
    baseline: NDArray[np.float64],
    noise: NDArray[np.float64],
    deviates: NDArray[np.uint16],
    observatory: ObservatorySettings,
) -> NDArray[np.uint16]:
    """ADC counts of one channel: gain, baseline, noise, rounding and saturation.

    Args:
        pulses: in VEM charge per sample, shape (n, photomultipliers, samples).
        gain: ADC counts for one VEM charge, 0 for a dead photomultiplier, shape (n, photomultipliers).
        baseline: in ADC counts, shape (n, photomultipliers).
        noise: standard deviation in ADC counts, shape (n, photomultipliers).
        deviates: random bits, shape (n, photomultipliers, samples).
        observatory: the array.
    """
    counts = GAUSSIAN.take(deviates, mode="clip")
    counts *= noise.astype(np.float32)[:, :, None]
    counts += pulses * gain.astype(np.float32)[:, :, None]
    counts += (baseline + 0.5).astype(np.float32)[:, :, None]
    np.clip(counts, np.float32(0.0), np.float32(2**observatory.bits - 1), out=counts)
    return counts.astype(np.uint16)
