"""Closure of the likelihood: the fraction of simulated skies is found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import Number
from analysis.studies.arrivals.simulation.skies import SkySimulation, plans_of
from analysis.studies.arrivals.sources.likelihood import profile

if TYPE_CHECKING:
    import awkward as ak

    from analysis.studies.arrivals.sources.settings import ClosureSettings

__all__ = ["close"]


def close(
    raw: dict[str, ak.Array],
    observatory: Mapping[str, NDArray[np.float64]],
    hypotheses: Mapping[str, NDArray[np.float64]],
    settings: ClosureSettings,
) -> dict[str, Any]:
    """Fit the fraction of skies whose sources are seen as the likelihood assumes, and compare it with the true one.

    Args:
        raw: plans of the skies.
        observatory: energies and zenith ranges.
        hypotheses: maps of the catalogues.
        settings: of the test.

    Returns:
        Mean and width of the pulls as ``numbers``, and ``pulls``.
    """
    from healpy import vec2pix

    (skies,) = raw.values()
    row = hypotheses["thresholds"].tolist().index(settings.threshold)
    column = hypotheses["radii"].tolist().index(settings.radius)
    ratio = hypotheses[f"{settings.catalogue}_ratios"][row, column]
    nside = round(np.sqrt(len(ratio) / 12))
    count = int(np.sum(observatory["energy"] >= settings.threshold))
    simulation, pulls = SkySimulation(observatory, hypotheses), []
    for plan in plans_of(skies):
        directions = simulation.draw(plan).directions[:count]
        _, fraction, uncertainty = profile(ratio[vec2pix(nside, *directions.T)][None])
        pulls.append(float((fraction[0] - plan["fraction"]) / uncertainty[0]))
    mean, width, number = np.mean(pulls), np.std(pulls, ddof=1), len(pulls)
    method = f"fraction fitted in {number} skies with sources as the likelihood assumes"
    errors = width / np.sqrt(number), width / np.sqrt(2 * (number - 1))
    return {
        "pulls": pulls,
        "numbers": [
            Number(
                f"closure_{name}",
                f"{name} of the pulls of the fraction, likelihood",
                float(value),
                (float(error),) * 2,
                None,
                "",
                method,
                "simulation",
            )
            for name, value, error in (("mean", mean, errors[0]), ("width", width, errors[1]))
        ],
        "headline": {"pulls of the fraction": f"{mean:.2f} ± {errors[0]:.2f}, width {width:.2f} ± {errors[1]:.2f}"},
    }
