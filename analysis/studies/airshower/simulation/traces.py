"""From particles in the water to ADC counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.detector import pulse
from analysis.studies.airshower.simulation.random import GAUSSIAN
from analysis.studies.airshower.simulation.settings import DetectorSettings

__all__ = ["deposits", "digitise", "light"]


def deposits(
    random: np.random.Generator,
    em: NDArray[np.float64],
    muon: NDArray[np.float64],
    track: float,
    settings: DetectorSettings,
) -> NDArray[np.float32]:
    """Signals that particles leave, sample by sample.

    Numbers of particles are Poisson-distributed. An electromagnetic particle leaves an exponentially distributed
    signal of a small mean, a muon that of its track: a gamma distribution about the mean track of its direction.
    Sums of independent signals follow gamma distributions, so a sample costs the same for one particle and for 10^4.

    Args:
        random: of the event.
        em: expected electromagnetic signal, in VEM, shape (n, samples).
        muon: expected muonic signal, in VEM, shape (n, samples).
        track: mean signal of a muon of this event's direction, in VEM.
        settings: of the detector.

    Returns:
        In VEM, shape (n, samples).
    """
    shape = 1.0 / settings.muon_spread**2
    electrons = random.poisson(em / settings.em_signal)
    result = np.zeros(em.shape, dtype=np.float32)
    some = electrons > 0
    result[some] = settings.em_signal * random.standard_gamma(electrons[some])
    muons = random.poisson(muon / track)
    some = muons > 0
    result[some] += (track / shape) * random.standard_gamma(shape * muons[some])
    return result


def light(
    deposited: NDArray[np.float32],
    deviates: NDArray[np.uint16],
    observatory: ObservatorySettings,
    settings: DetectorSettings,
) -> NDArray[np.float32]:
    """What photomultipliers see: shares of the same light, each with its photo-electron statistics, as pulses.

    Args:
        deposited: in VEM, shape (n, samples).
        deviates: random bits, shape (n, photomultipliers, samples).
        observatory: the array.
        settings: of the detector.

    Returns:
        In VEM charge per sample, shape (n, photomultipliers, samples).
    """
    spread = np.sqrt(deposited / np.float32(settings.photoelectrons))
    seen = np.maximum(deposited[:, None, :] + spread[:, None, :] * GAUSSIAN[deviates], np.float32(0.0))
    (first, second), q = pulse(observatory, settings)
    return lfilter(np.array([first, second], dtype=np.float32), np.array([1.0, -q], dtype=np.float32), seen, axis=-1)


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
    counts = pulses * gain.astype(np.float32)[:, :, None]
    counts += noise.astype(np.float32)[:, :, None] * GAUSSIAN[deviates]
    counts += (baseline + 0.5).astype(np.float32)[:, :, None]
    return np.clip(counts, 0.0, np.float32(2**observatory.bits - 1)).astype(np.uint16)
