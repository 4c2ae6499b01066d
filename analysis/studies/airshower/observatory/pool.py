"""Observatories drawn from one pool of simulated showers, each with hidden fractions of primaries of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.composition.log_mass import log_masses
from analysis.studies.airshower.observatory.depth_scale import fit_depth_scale
from analysis.studies.airshower.observatory.log_mass import LogMass, combined, log_mass
from analysis.studies.airshower.observatory.measurement import SAMPLES, histograms
from analysis.studies.airshower.observatory.showers import Showers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analysis.studies.airshower.observatory.response import Response
    from analysis.studies.airshower.observatory.settings import (
        ClosureSettings,
        DepthScaleSettings,
        ObservatoryMeasurement,
    )

__all__ = ["Drawn", "Recovered", "draw_observatories", "recover"]

Array = NDArray[np.float64]


class Drawn(NamedTuple):
    """One observatory.

    Attributes:
        showers: of which one in seven, or as the settings have it, is a hybrid one.
        masses: (n,) mass numbers, which are hidden.
        shares: (s,) fractions of the primaries that it was drawn with.
    """

    showers: Showers
    masses: NDArray[np.int64]
    shares: Array


class Recovered(NamedTuple):
    """<ln A> of k observatories, by sample of :data:`~.measurement.SAMPLES`.

    Attributes:
        pulls: (samples, k, bins) measured minus drawn over the uncertainty.
        totals: (samples, k, bins) uncertainties, that of the calibration among them.
        trusted: (samples, k, bins) statistical uncertainty if the simulation were trusted instead of a calibration.
        errors: (samples, k) of all energies together, measured minus drawn.
        whole: of each sample, all energies of each observatory together.
    """

    pulls: Array
    totals: Array
    trusted: Array
    errors: Array
    whole: tuple[tuple[LogMass, ...], ...]


def draw_observatories(
    pool: Showers, masses: NDArray[np.int64], primaries: tuple[tuple[str, int], ...], settings: ClosureSettings
) -> Iterator[Drawn]:
    """Draw observatories with random fractions; showers are drawn with replacement.

    Args:
        pool: showers, some of which telescopes saw.
        masses: (n,) mass numbers of the pool's showers.
        primaries: mass number by name.
        settings: how many, and how large.
    """
    generator = np.random.Generator(np.random.PCG64(settings.seed))
    rows = [np.flatnonzero(masses == number) for _, number in primaries]
    for _ in range(settings.observatories):
        shares = generator.dirichlet(np.full(len(primaries), settings.concentration))
        numbers = generator.multinomial(settings.events, shares)
        chosen = np.concatenate([of[generator.integers(len(of), size=n)] for of, n in zip(rows, numbers, strict=True)])
        some = pool.select(chosen)
        # telescopes see one in so many, of those that they could have seen
        seen = np.flatnonzero(some.hybrid)
        kept = generator.choice(seen, min(len(seen), settings.events // settings.hybrid), replace=False)
        telescope = np.full(len(some), np.nan)
        telescope[kept] = some.telescope[kept]
        drawn = Showers(some.energy, some.zenith, some.depth, telescope, some.identity)
        yield Drawn(drawn, masses[chosen], shares)


def recover(
    observatories: list[Drawn],
    response: Response,
    scale: DepthScaleSettings,
    settings: ObservatoryMeasurement,
) -> Recovered:
    """Measure <ln A> of each observatory, with a calibration on its own hybrid events, and compare with the drawn one.

    The truth enters here and nowhere before: <ln A> of the fractions that showers were drawn with.

    Args:
        observatories: as drawn.
        response: of the networks.
        scale: settings of the calibration.
        settings: of the measurement.
    """
    logarithms = log_masses([name for name, _ in settings.primaries], dict(settings.primaries))
    truth = np.array([one.shares @ logarithms for one in observatories])
    bins: list[list[list[LogMass]]] = [[] for _ in SAMPLES]
    whole: list[list[LogMass]] = [[] for _ in SAMPLES]
    for one in observatories:
        calibration = fit_depth_scale(one.showers, (scale.energy, scale.secant), scale.least_energy)
        by_sample = histograms(one.showers, calibration, response, settings)
        weights = [len(histogram.depth) for histogram in by_sample["surface"]]
        for place, sample in enumerate(SAMPLES):
            masses = [log_mass(histogram, settings) for histogram in by_sample[sample]]
            bins[place].append(masses)
            whole[place].append(combined(masses, weights))

    def table(of: Callable[[LogMass], float]) -> Array:
        return np.array([[[of(one) for one in masses] for masses in sample] for sample in bins])

    totals = table(lambda one: one.total)
    return Recovered(
        pulls=(table(lambda one: one.value) - truth[np.newaxis, :, np.newaxis]) / totals,
        totals=totals,
        trusted=table(lambda one: one.trusted),
        errors=np.array([[one.value for one in sample] for sample in whole]) - truth,
        whole=tuple(tuple(sample) for sample in whole),
    )
