"""Photomultipliers: what differs between them, and how it drifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.array import number_of_stations

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings
    from analysis.studies.airshower.simulation.settings import DetectorSettings

__all__ = ["Photomultipliers", "peak_share", "photomultipliers", "pulse"]

Decay = NDArray[np.float64]


@dataclass(frozen=True)
class Photomultipliers:
    """Constants of the stations' photomultipliers, each array of shape (stations, photomultipliers) or (stations,).

    Args:
        charge: VEM charge at the begin of data taking without its drift, in ADC counts of the high gain.
        oscillation: relative amplitude of its slow oscillation.
        phase: of that, in rad.
        slope: relative change by its linear drift over the drift's period.
        ratio: of high to low gain.
        baseline_high: in ADC counts.
        baseline_low: in ADC counts.
        noise: standard deviation in both channels, in ADC counts.
        dead: gives nothing but a constant.
        noisy: has much more noise.
        decay: of the light in the station's water, in ns, (stations,).
        response: what the station sees of a signal, relative to the mean station, (stations,).
    """

    charge: NDArray[np.float64]
    oscillation: NDArray[np.float64]
    phase: NDArray[np.float64]
    slope: NDArray[np.float64]
    ratio: NDArray[np.float64]
    baseline_high: NDArray[np.float64]
    baseline_low: NDArray[np.float64]
    noise: NDArray[np.float64]
    dead: NDArray[np.bool_]
    noisy: NDArray[np.bool_]
    decay: NDArray[np.float64]
    response: NDArray[np.float64]

    def charge_at(
        self, station: NDArray[np.int64], time: NDArray[np.float64], settings: DetectorSettings
    ) -> NDArray[np.float64]:
        """VEM charge in ADC counts of the high gain at some stations and times, shape (n, photomultipliers).

        Args:
            station: shape (n,).
            time: in s since the begin of data taking, shape (n,).
            settings: of the detector.
        """
        share = (time / settings.drift_period)[:, None]
        oscillation = self.oscillation[station] * np.sin(2.0 * np.pi * share + self.phase[station])
        return self.charge[station] * (1.0 + oscillation + self.slope[station] * share)


def photomultipliers(observatory: ObservatorySettings, settings: DetectorSettings) -> Photomultipliers:
    """All photomultipliers of the array: what they are follows from the detector's seed.

    Args:
        observatory: the array.
        settings: of the detector.
    """
    random = np.random.Generator(np.random.Philox(key=settings.seed))
    shape = (number_of_stations(observatory), observatory.photomultipliers)
    fate = random.random(shape)
    dead, noisy = fate < settings.dead, (fate >= settings.dead) & (fate < settings.dead + settings.noisy)
    return Photomultipliers(
        charge=settings.vem_charge * (1.0 + settings.vem_charge_spread * _deviates(random, shape)),
        oscillation=settings.drift * _deviates(random, shape),
        phase=2.0 * np.pi * random.random(shape),
        slope=settings.drift * _deviates(random, shape),
        ratio=settings.gain_ratio * (1.0 + settings.gain_ratio_spread * _deviates(random, shape)),
        baseline_high=settings.baseline + settings.baseline_spread * _deviates(random, shape),
        baseline_low=settings.baseline + settings.baseline_spread * _deviates(random, shape),
        noise=np.where(dead, 0.0, np.where(noisy, settings.noise_noisy, settings.noise)),
        dead=dead,
        noisy=noisy,
        decay=settings.decay * (1.0 + settings.decay_spread * _deviates(random, shape[:1])),
        response=1.0 + settings.response_spread * _deviates(random, shape[:1]),
    )


def _deviates(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Normal deviates without tails: a photomultiplier far outside would have been replaced."""
    return np.clip(random.standard_normal(shape), -2.5, 2.5)


def pulse(
    decay: Decay, observatory: ObservatorySettings, settings: DetectorSettings
) -> tuple[tuple[Decay, Decay], Decay]:
    """The response to one particle as a recursive filter: y[i] = b0 x[i] + b1 x[i - 1] + q y[i - 1].

    Light decays exponentially in the water; what arrives within a sample is seen in this and in the next one. The
    integral is 1.

    Args:
        decay: of the light, in ns, any shape.
        observatory: the array.
        settings: of the detector.

    Returns:
        (b0, b1) and q, each as ``decay``.
    """
    q = np.exp(-observatory.sampling / decay)
    return (settings.first_sample * (1.0 - q), (1.0 - settings.first_sample) * (1.0 - q)), q


def peak_share(decay: Decay, observatory: ObservatorySettings, settings: DetectorSettings) -> Decay:
    """Peak of the response to one particle by its integral: VEM peak by VEM charge; as ``decay``.

    Examples:
        >>> from analysis.studies.airshower.settings import ObservatorySettings
        >>> from analysis.studies.airshower.simulation.settings import DetectorSettings
        >>> share = peak_share(np.array(60.0), ObservatorySettings(), DetectorSettings())
        >>> round(float(1.0 / share), 2)  # 3.5 in NIM A 568 (2006) 839
        3.61
    """
    (first, second), q = pulse(decay, observatory, settings)
    return np.maximum(first, second + q * first)
