"""Templates: what showers look like on the average, so that networks learn what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.errors import DataError
from analysis.events.columns import values
from analysis.studies.calorimeter.generation.variables import Particles, cells_of, variables_of

if TYPE_CHECKING:
    from analysis.studies.calorimeter.generation.settings import TemplateSettings

__all__ = ["Templates", "derive", "particles_of"]

Array = NDArray[np.float64]

# normal quantiles of the outermost knots, beyond which distributions go on in straight lines, and of the farthest ones
# that are generated: the energy of a cell grows with the exponential of its variable
_REACH, _FARTHEST = 2.5, 3.0


def particles_of(truth: ak.Array) -> Particles:
    """The particles of generated events."""
    return Particles(*(values(truth, name) for name in ("energy", "angle", "photon")))


def derive(
    calibrated: Mapping[str, ak.Array], truth: Mapping[str, ak.Array], settings: TemplateSettings
) -> dict[str, Any]:
    """Find means, widths, distributions and principal components of all variables.

    A variable follows the particle by polynomials of its mean and of the logarithm of its width. What is left has, at
    each of some energies, a distribution that quantiles make normal (a copula: A. Sklar, Publ. Inst. Stat. Univ. Paris
    8 (1959) 229); of these normal variables, correlations are removed by principal components.

    Args:
        calibrated: events by data set, which nothing else is made of.
        truth: of the same events.
        settings: of the templates.

    Returns:
        Arguments of :class:`Templates`, as lists.

    Raises:
        DataError: there are too few events.
    """
    cells = np.concatenate([ak.to_numpy(calibrated[name].cells) for name in calibrated])
    particles = particles_of(ak.concatenate([truth[name] for name in calibrated]))
    if len(cells) < 2 * cells.shape[1] // 3:
        raise DataError(
            f"{len(cells)} showers are too few for templates of {cells.shape[1]} cells", cure="simulate more of them"
        )
    last = float(particles.log_energy.max())
    variables, terms = variables_of(cells, particles.energy, settings.scale), particles.terms(last)
    mean = np.linalg.lstsq(terms, variables, rcond=None)[0]
    rest = variables - terms @ mean
    width = np.linalg.lstsq(terms, np.log(np.abs(rest) + 1e-9), rcond=None)[0]
    rest = rest / np.exp(terms @ width)
    nodes = np.linspace(particles.log_energy.min(), last, settings.nodes)
    chances = ndtr(np.linspace(-_REACH, _REACH, settings.knots))
    near = np.abs(particles.log_energy - nodes[:, np.newaxis]) < 0.75 * (nodes[1] - nodes[0])
    knots = np.stack([np.quantile(rest[some], chances, axis=0) for some in near])
    found = {"scale": settings.scale, "mean": mean, "width": width, "nodes": nodes, "knots": knots}
    normal = Templates(**found, axes=np.eye(cells.shape[1]), spread=np.ones(cells.shape[1])).components(
        variables, particles
    )
    axes, spread = _principal(normal[:, 1:])
    return {name: np.asarray(one).tolist() for name, one in (found | {"axes": axes, "spread": spread}).items()}


def _principal(normal: Array) -> tuple[Array, Array]:
    """Principal components (c, c) of normal variables (n, c), the largest first, and their standard deviations (c,).

    One half of the events tells the axes, the other the spread along them: of the same events, large ones would be too
    large, small ones too small (C. Lam, Ann. Statist. 44 (2016) 928).
    """
    axes = np.linalg.eigh(np.corrcoef(normal[::2].T))[1]
    spread = (normal[1::2] @ axes).std(axis=0)
    order = np.argsort(spread)[::-1]
    axes = axes[:, order]
    # a sign that does not depend on how they were found
    return axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(len(axes))]), spread[order]


class Templates:
    """Variables of showers as normal numbers, and back.

    Args:
        scale: of the variables.
        mean: (p, c + 1) coefficients of the variables' means.
        width: (p, c + 1) of the logarithms of their widths.
        nodes: (e,) logarithms of energies.
        knots: (e, k, c + 1) quantiles of what is left, for even steps of a normal number.
        axes: (c, c) principal components of the cells' normal variables.
        spread: (c,) their standard deviations.
    """

    def __init__(self, scale: Any, mean: Any, width: Any, nodes: Any, knots: Any, axes: Any, spread: Any) -> None:
        self.scale = float(scale)
        self._mean, self._width, self._nodes, self._knots, self._axes, self._spread = (
            np.asarray(one, np.float64) for one in (mean, width, nodes, knots, axes, spread)
        )

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self._axes)

    def encode(self, cells: NDArray[np.float32], particles: Particles) -> Array:
        """Components of n showers with cells (n, c) in MeV: (n, c + 1), about normal."""
        return self.components(variables_of(cells, particles.energy, self.scale), particles)

    def decode(self, components: Array, particles: Particles) -> NDArray[np.float32]:
        """Cells of n showers, (n, c) in MeV, from their components (n, c + 1)."""
        response, others = components[:, :1], components[:, 1:] * self._spread
        normal = np.clip(np.concatenate([response, _product(others, self._axes.T)], axis=1), -_FARTHEST, _FARTHEST)
        step = 2 * _REACH / (self._knots.shape[1] - 1)
        place = np.clip(((normal + _REACH) / step).astype(np.int64), 0, self._knots.shape[1] - 2)
        low, share = self._between(particles)
        column = np.arange(normal.shape[1])
        below, above = (
            (1 - share) * self._knots[low, place + more, column] + share * self._knots[low + 1, place + more, column]
            for more in (0, 1)
        )
        rest = below + (above - below) * ((normal + _REACH) / step - place)
        terms = particles.terms(self._nodes[-1])
        variables = _product(terms, self._mean) + np.exp(_product(terms, self._width)) * rest
        return cells_of(variables, particles.energy, self.scale)

    def components(self, variables: Array, particles: Particles) -> Array:
        """Components of variables (n, c + 1), in the same shape."""
        terms = particles.terms(self._nodes[-1])
        rest = (variables - _product(terms, self._mean)) / np.exp(_product(terms, self._width))
        low, share = self._between(particles)
        step = 2 * _REACH / (self._knots.shape[1] - 1)
        normal = np.empty_like(rest)
        before = (1 - share) * self._knots[low[:, 0], 0] + share * self._knots[low[:, 0] + 1, 0]
        for knot in range(1, self._knots.shape[1]):
            after = (1 - share) * self._knots[low[:, 0], knot] + share * self._knots[low[:, 0] + 1, knot]
            first, last = knot == 1, knot == self._knots.shape[1] - 1
            own = ((rest >= before) | first) & ((rest < after) | last)
            found = -_REACH + step * (knot - 1 + (rest - before) / np.maximum(after - before, 1e-12))
            normal[own] = found[own]
            before = after
        return np.concatenate([normal[:, :1], _product(normal[:, 1:], self._axes) / self._spread], axis=1)

    def _between(self, particles: Particles) -> tuple[NDArray[np.int64], Array]:
        """The node below each energy and how far it is to the next, (n, 1) each; beyond the last ones, these."""
        place = np.interp(particles.log_energy, self._nodes, np.arange(len(self._nodes)))[:, np.newaxis]
        low = np.minimum(place.astype(np.int64), len(self._nodes) - 2)
        return low, place - low


def _product(first: Array, second: Array) -> Array:
    """Product of matrices (n, k) and (k, m), of which a row does not depend on how many there are."""
    # a library's product takes other sums for other sizes
    product: Array = np.einsum("nk,km->nm", first, np.ascontiguousarray(second))
    return product
