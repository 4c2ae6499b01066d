"""Response of the networks to simulated showers of each primary: the distribution of their X_max.

A network that minimises its error draws rare depths to the mean, so that its error depends on the true depth and on the
primary, and is not normally distributed. So the distribution itself is taken from simulated showers, of all energies
together, about a mean and with a width that change with the energy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.studies.airshower.observatory.showers import showers
from analysis.studies.airshower.published import gumbel

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.studies.airshower.observatory.settings import ObservatoryMeasurement

__all__ = ["Response", "fit_response", "measure", "saved_response"]

Array = NDArray[np.float64]

_REFERENCE = 19.0
_LEAST_EVENTS = 20
_LINES = ("mean", "mean_energy", "log_width", "log_width_energy", "log_noise", "log_noise_energy")
# of the standardised depths that stand for all of them
_QUANTILES = 200


@dataclass(frozen=True, eq=False)
class Response:
    """Distribution of the networks' X_max of showers of s primaries; e is lg(E / 10^19 eV).

    It has the mean ``mean + mean_energy e``, the standard deviation ``exp(log_width + log_width_energy e)``, and the
    same shape at all energies: quantiles of the standardised depth. The networks' error itself has the standard
    deviation ``exp(log_noise + log_noise_energy e)`` at given true depth.

    Args:
        masses: (s,) mass numbers.
        lines: (s, 6) the six numbers of each, in that order.
        shapes: (s, q) standardised depths in ascending order.
        model: hadronic interaction model of the showers.
    """

    masses: tuple[int, ...]
    lines: Array
    shapes: Array
    model: str

    def _line(self, place: int, energy: float) -> Array:
        return self.lines[:, place] + self.lines[:, place + 1] * (energy - _REFERENCE)

    def bias(self, energy: float) -> Array:
        """(s,) mean error at log10(E/eV), in g/cm2."""
        true = [float(gumbel.mean(energy, float(mass), self.model)) for mass in self.masses]
        return self._line(0, energy) - np.array(true)

    def noise(self, energy: float) -> Array:
        """(s,) standard deviation of the error at given true depth, in g/cm2."""
        return np.asarray(np.exp(self._line(4, energy)))

    def depths(self, energies: Array) -> Array:
        """(s, n q) depths that stand for showers of some energies, (n,) log10(E/eV)."""
        every = [self._line(0, e)[:, None] + np.exp(self._line(2, e))[:, None] * self.shapes for e in energies.tolist()]
        return np.concatenate(every, axis=1)


def fit_response(depth: Array, true: Array, energy: Array, mass: int, model: str) -> tuple[Array, Array]:
    """The six numbers and the shape of one primary, (6,) and (q,); see :class:`Response`.

    Args:
        depth: (n,) X_max of the networks.
        true: (n,) true X_max.
        energy: (n,) log10(E/eV).
        mass: mass number.
        model: hadronic interaction model.

    Raises:
        DataError: there are too few showers.
    """
    if len(depth) < _LEAST_EVENTS:
        raise DataError(
            f"the response to showers of mass number {mass} cannot be measured with {len(depth)} of them",
            cure="simulate more of them",
        )
    e = energy - _REFERENCE
    design = np.stack([np.ones_like(e), e], axis=1)
    mean = np.linalg.lstsq(design, depth, rcond=None)[0]
    width = _log_width(depth - design @ mean, design)
    terms = np.column_stack([design, true - gumbel.mean(energy, mass, model)])
    error = depth - true
    noise = _log_width(error - terms @ np.linalg.lstsq(terms, error, rcond=None)[0], design)
    standardised = (depth - design @ mean) * np.exp(-design @ width)
    shape = np.quantile(standardised, (np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    # quantiles leave the ends of the tails out
    shape = (shape - shape.mean()) / shape.std()
    return np.concatenate([mean, width, noise]), shape


def _log_width(residual: Array, design: Array) -> Array:
    """Logarithm of a standard deviation as a straight line: Newton steps of the normal likelihood, (2,)."""
    line = np.array([np.log(np.mean(residual**2)), 0.0])
    for _ in range(20):
        ratio = residual**2 * np.exp(-design @ line)
        line = line + np.linalg.solve((design * ratio[:, None]).T @ design, design.T @ (ratio - 1.0))
    return line / 2.0


def measure(
    reconstructed: dict[str, ak.Array],
    scores: dict[str, Scores],
    truth: dict[str, ak.Array],
    settings: ObservatoryMeasurement,
) -> dict[str, Any]:
    """Measure the response with the simulated showers that networks learn from, each judged by one that never saw it.

    Args:
        reconstructed: by data set, with ``identity``, ``good``, ``energy`` and ``zenith``.
        scores: of the same events.
        truth: of the same events, with ``identity``, ``xmax`` and ``mass_number``.
        settings: primaries and interaction model.

    Returns:
        ``response``: the numbers by primary.

    Raises:
        DataError: a primary has too few showers.
    """
    columns: dict[str, list[Array]] = {name: [] for name in ("energy", "depth", "true", "mass")}
    for name, events in reconstructed.items():
        some = showers(events, scores[name], settings.prediction)
        good = np.asarray(events["good"], np.bool_)
        columns["energy"].append(some.energy)
        columns["depth"].append(some.depth)
        columns["true"].append(np.asarray(truth[name]["xmax"], np.float64)[good])
        columns["mass"].append(np.asarray(truth[name]["mass_number"], np.float64)[good])
    energy, depth, true, mass = (np.concatenate(columns[name]) for name in ("energy", "depth", "true", "mass"))
    response = {}
    for name, number in settings.primaries:
        rows = mass == number
        lines, shape = fit_response(depth[rows], true[rows], energy[rows], number, settings.model)
        response[name] = {
            **{key: round(float(value), 6) for key, value in zip(_LINES, lines, strict=True)},
            "shape": np.round(shape, 5).tolist(),
        }
    return {"response": response}


def saved_response(
    found: Mapping[str, Mapping[str, Any]], primaries: Sequence[tuple[str, int]], model: str
) -> Response:
    """The response that :func:`measure` found.

    Args:
        found: its ``response``.
        primaries: mass number by name.
        model: hadronic interaction model.
    """
    return Response(
        tuple(number for _, number in primaries),
        np.array([[found[name][column] for column in _LINES] for name, _ in primaries], np.float64),
        np.array([found[name]["shape"] for name, _ in primaries], np.float64),
        model,
    )
