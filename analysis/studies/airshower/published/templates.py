"""Detector response to a pure primary: the expected distribution of the measured depth of shower maximum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.studies.airshower.published import gumbel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from analysis.studies.airshower.published.depth import Acceptance, Resolution

__all__ = ["template"]

_STEP = 2.0
# the shallowest nuclei and the deepest protons of all energies that were measured
_RANGE = (300.0, 1800.0)


def template(
    depth_edges: ArrayLike,
    log10_energy: ArrayLike,
    mass_number: float,
    model: str,
    acceptance: Acceptance,
    resolution: Resolution,
) -> NDArray[np.float64]:
    """Shares of the events of a pure primary in bins of the measured X_max.

    The distribution of the true X_max (:mod:`~analysis.studies.airshower.published.gumbel`), times the acceptance,
    folded with the resolution, as PRD 90 (2014) 122005 and the README of its data describe them.

    Args:
        depth_edges: (d + 1,) of the histogram, in g/cm2; or (d + 1, b), edges of their own for each energy bin.
        log10_energy: (b,) mean log10(E/eV) in each of the acceptance's and resolution's energy bins.
        mass_number: of the primary.
        model: hadronic interaction model.
        acceptance: for the true X_max.
        resolution: of X_max.

    Returns:
        (b, d), each row with the sum 1.

    Raises:
        StudyError: the interaction model is not known.
    """
    edges = np.asarray(depth_edges, np.float64)
    energy = np.asarray(log10_energy, np.float64)
    true = np.arange(_RANGE[0] + _STEP / 2, _RANGE[1], _STEP)[:, np.newaxis]
    accepted = gumbel.pdf(true, energy, mass_number, model) * acceptance.efficiency(true)
    below = np.stack([(accepted * resolution.cdf(edge - true)).sum(axis=0) for edge in edges])
    shares = np.diff(below, axis=0).T
    return shares / shares.sum(axis=1, keepdims=True)
