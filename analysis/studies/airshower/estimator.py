"""The classical estimator: the depth of shower maximum from the rise times of the stations' signals.

The deeper the maximum, the longer the electromagnetic particles straggle behind the muons: rise times grow with X_max
and fall with the distance of the station to the maximum, so with the zenith angle (Pierre Auger Collaboration, PRD 96
(2017) 122003, whose Delta method this is). There, Delta is calibrated with X_max of hybrid events; here, with
simulated events, exactly those that the network beside it learns from.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import TrainingError
from analysis.events.identity import fold_of
from analysis.learning.data.folds import split
from analysis.studies.airshower.evaluation_settings import VARIABLES

if TYPE_CHECKING:
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.studies.airshower.evaluation_settings import EstimatorSettings

__all__ = ["Polynomial", "estimate", "fit", "has_rise_time"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Polynomial:
    """X_max as a polynomial of v variables, p terms.

    Args:
        variables: names of the variables; see :class:`EstimatorSettings`.
        centre: (v,) mean of each variable.
        scale: (v,) width of each variable.
        powers: (p, v) of each variable in each term.
        coefficients: (p,) in g/cm2.
        mean: mean X_max in g/cm2, the prediction where there is no rise time.
        width: standard deviation of X_max in g/cm2.
        residual: standard deviation of the prediction's error in g/cm2.
    """

    variables: tuple[str, ...]
    centre: Array
    scale: Array
    powers: NDArray[np.int64]
    coefficients: Array
    mean: float
    width: float
    residual: float

    def __call__(self, inputs: TrainingInputs) -> Array:
        """Predictions of n events: (n, 2), X_max and its standard deviation, in g/cm2; each event by itself."""
        known = has_rise_time(inputs)
        result = np.empty((len(inputs), 2))
        result[~known] = self.mean, self.width
        terms = _terms((_variables(inputs, known, self.variables) - self.centre) / self.scale, self.powers)
        # no product of matrices: an event's sum must not depend on how many there are
        result[known, 0] = (terms * self.coefficients).sum(axis=1)
        result[known, 1] = self.residual
        return result


def estimate(inputs: TrainingInputs, folds: int, settings: EstimatorSettings) -> Array:
    """Return the estimator's prediction for each event, calibrated as the networks are trained.

    For each fold, it is calibrated with the training events of the network that is tested on that fold.

    Args:
        inputs: n events with the target X_max in g/cm2 and the spectators ``rise_time_1000`` (ns), ``delta``,
            ``zenith`` (rad) and ``energy`` (eV), as reconstructed; an event without rise time has -1.
        folds: number of folds.
        settings: of the polynomial.

    Returns:
        (n, 2) X_max and its standard deviation, in g/cm2. Where there is no rise time, they are mean and width of the
        training events.

    Raises:
        TrainingError: a spectator is missing, or a fold has too few events with a rise time.
    """
    fold = np.asarray(fold_of(inputs.identity, folds))
    result = np.empty((len(inputs), 2))
    for part in split(inputs.identity, folds, trainable=inputs.trainable):
        polynomial = fit(inputs.select(part.training), settings)
        rows = np.flatnonzero(fold == part.network)
        result[rows] = polynomial(inputs.select(rows))
    return result


def fit(inputs: TrainingInputs, settings: EstimatorSettings) -> Polynomial:
    """Calibrate the estimator: weighted least squares with a small ridge on all terms but the constant.

    Args:
        inputs: events to calibrate with; as in :func:`estimate`.
        settings: of the polynomial.

    Raises:
        TrainingError: a spectator is missing, or too few events have a rise time.
    """
    known = has_rise_time(inputs)
    variables = _variables(inputs, known, settings.variables)
    powers = _powers(variables.shape[1], settings.degree)
    if len(variables) < 2 * len(powers):
        raise TrainingError(
            f"{len(variables)} events with a rise time are too few for a polynomial of {len(powers)} terms",
            cure="use more events, or a polynomial of lower degree",
        )
    centre, scale = variables.mean(axis=0), variables.std(axis=0)
    # what never varies says nothing
    scale = np.where(scale > 0, scale, 1.0)
    terms = _terms((variables - centre) / scale, powers)
    target = inputs.target[:, 0].astype(np.float64)
    share = inputs.weight[known] / inputs.weight[known].sum()
    # terms of the same size, so that the ridge means the same for all
    size = np.sqrt((share[:, np.newaxis] * terms**2).sum(axis=0))
    size = np.where(size > 0, size, 1.0)
    root = np.sqrt(share)[:, np.newaxis]
    ridge = np.sqrt(settings.ridge) * np.eye(len(powers))
    ridge[0] = 0.0
    matrix = np.concatenate([root * terms / size, ridge])
    values = np.concatenate([root[:, 0] * target[known], np.zeros(len(powers))])
    coefficients = np.linalg.lstsq(matrix, values)[0] / size
    error = (terms * coefficients).sum(axis=1) - target[known]
    everywhere = inputs.weight / inputs.weight.sum()
    mean = float((everywhere * target).sum())
    return Polynomial(
        variables=settings.variables,
        centre=centre,
        scale=scale,
        powers=powers,
        coefficients=coefficients,
        mean=mean,
        width=float(np.sqrt((everywhere * (target - mean) ** 2).sum())),
        residual=float(np.sqrt((share * error**2).sum())),
    )


def has_rise_time(inputs: TrainingInputs) -> NDArray[np.bool_]:
    """(n,) whether the event has a rise time and an energy; Delta, which may have any sign, exists with the rise time.

    Raises:
        TrainingError: a spectator is missing.
    """
    for name in VARIABLES:
        if name not in inputs.spectators:
            raise TrainingError(
                f"the rise-time estimator needs the spectator {name!r}", cure="let prepare_training keep it"
            )
    return (inputs.spectators["rise_time_1000"] > 0) & (inputs.spectators["energy"] > 0)


def _variables(inputs: TrainingInputs, rows: NDArray[np.bool_], names: tuple[str, ...]) -> Array:
    columns = {name: inputs.spectators[name][rows] for name in names}
    if "zenith" in columns:
        columns["zenith"] = 1.0 / np.cos(columns["zenith"])
    if "energy" in columns:
        columns["energy"] = np.log10(columns["energy"])
    return np.stack([columns[name] for name in names], axis=1)


def _powers(variables: int, degree: int) -> NDArray[np.int64]:
    """Powers of all terms up to a degree; the constant is the first one.

    Examples:
        >>> _powers(2, 2).tolist()
        [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    """
    terms = [term for total in range(degree + 1) for term in combinations_with_replacement(range(variables), total)]
    return np.array([[term.count(variable) for variable in range(variables)] for term in terms], np.int64)


def _terms(variables: Array, powers: NDArray[np.int64]) -> Array:
    """(n, p) values of all terms."""
    table = [np.ones_like(variables)]
    for _ in range(int(powers.max())):
        table.append(table[-1] * variables)
    terms = np.ones((len(variables), len(powers)))
    for term, row in enumerate(powers):
        for variable in np.flatnonzero(row):
            terms[:, term] *= table[row[variable]][:, variable]
    return terms
