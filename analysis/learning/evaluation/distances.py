"""Distances of generated to true events, beside those of two halves of the truth; arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError, TrainingError
from analysis.learning.data.samples import shows_generated

if TYPE_CHECKING:
    from analysis.learning.sample_settings import SampleEvaluation

__all__ = ["Samples", "correlations", "measure", "random_directions", "wasserstein"]

Array = NDArray[np.float64]

# numbers that are held at a time: 64 MB
_HELD = 2**23


@dataclass(frozen=True, eq=False)
class Samples:
    """True and generated values of t variables, of n events.

    Args:
        names: of the variables.
        true: (n, t).
        generated: (n, t), of the same events.
        weight: (n,).
        identity: (n,) uint64; decides which half of the events shows what was generated.

    Raises:
        DataError: shapes do not agree, a value is not finite, or a variable is the same in all true events.
    """

    names: Sequence[str]
    true: Array
    generated: Array
    weight: Array
    identity: NDArray[np.uint64]

    def __post_init__(self) -> None:
        shape = (len(self.identity), len(self.names))
        for name in ("true", "generated"):
            values = np.asarray(getattr(self, name), np.float64)
            if values.shape != shape:
                raise DataError(f"{name} values have the shape {values.shape}, not {shape}: events and variables")
            if not np.isfinite(values).all():
                row, column = (int(place) for place in np.unravel_index(np.argmin(np.isfinite(values)), shape))
                raise DataError(
                    f"{self.names[column]!r} of the {name} event {row} (identity {self.identity[row]}) is "
                    f"{values[row, column]}",
                    cure="leave such events out, or compute the variable otherwise",
                )
            object.__setattr__(self, name, values)
        if len(self.weight) != shape[0]:
            raise DataError(f"there are {len(self.weight)} weights of {shape[0]} events")
        constant = np.ptp(self.true, axis=0) == 0 if len(self.true) else np.ones(shape[1], np.bool_)
        if constant.any():
            raise DataError(f"{self.names[int(np.argmax(constant))]!r} is the same in all {shape[0]} true events")

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Select the events that show what was generated, (n,)."""
        return shows_generated(self.identity)

    @property
    def shown(self) -> Array:
        """Each event once: what was generated, or the truth, (n, t)."""
        return np.where(self.drawn[:, np.newaxis], self.generated, self.true)


def measure(samples: Samples, settings: SampleEvaluation) -> dict[str, Any]:
    """Compare half of the events, as generated, with the other half, as they truly are.

    Variables are in units of their standard deviation among true events. Uncertainties are those of the bootstrap
    (Poisson, B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993). Distances of finite samples are
    never 0, so each stands beside its mean and standard deviation for true events that are divided into halves at
    random; the p-value is the share of these divisions, the measured one counted, whose halves are as far apart.

    Args:
        samples: n events of t variables.
        settings: numbers of directions and replicas.

    Returns:
        ``events``: true and generated; ``sliced_wasserstein``: of all variables together; ``wasserstein``: by variable;
        ``correlation``: the greatest difference of two correlation coefficients, with the ``pair``, or ``None`` for one
        variable; each with ``value``, ``uncertainty``, ``halves``, ``halves_spread`` and ``p_value``;
        ``correlations``: matrices of ``true`` and ``generated`` events.

    Raises:
        TrainingError: there are too few events, or their weights add up to nothing.
    """
    random = np.random.default_rng(settings.seed)
    drawn, weight = samples.drawn, samples.weight
    _check_halves(samples)
    directions = np.concatenate(
        [random_directions(len(samples.names), settings.directions, random), np.eye(len(samples.names))], axis=1
    )
    centre, scale = _scale(samples)
    shown, true = (samples.shown - centre) / scale, (samples.true - centre) / scale
    number = (settings.replicas, len(weight))
    # the first row is what was measured
    bootstrap = np.concatenate([weight[np.newaxis], weight * random.poisson(1.0, number)])
    halves = random.random(number) < 0.5
    found = wasserstein(shown @ directions, _shares(bootstrap, drawn))
    chance = wasserstein(true @ directions, _shares(weight, halves))
    sliced = slice(settings.directions)
    distances = {"": _judge(found[:, sliced].mean(axis=1), chance[:, sliced].mean(axis=1))}
    for index, name in enumerate(samples.names, settings.directions):
        distances[name] = _judge(found[:, index], chance[:, index])
    matrices = [correlations(shown, weight * one) for one in (~drawn, drawn)]
    return {
        "events": [int((~drawn).sum()), int(drawn.sum())],
        "sliced_wasserstein": distances.pop(""),
        "wasserstein": distances,
        "correlation": _compare_correlations(samples, shown, true, bootstrap, halves),
        "correlations": {
            "names": list(samples.names),
            "true": matrices[0].tolist(),
            "generated": matrices[1].tolist(),
        },
    }


def random_directions(dimensions: int, number: int, random: np.random.Generator) -> Array:
    """Unit vectors in random directions, (t, k)."""
    directions = random.normal(size=(dimensions, number))
    return directions / np.linalg.norm(directions, axis=0)


def wasserstein(values: Array, shares: Array) -> Array:
    """Wasserstein-1 distances of two samples, along k directions, for r choices of their weights.

    The integral over the difference of the cumulative distributions. As scipy.stats.wasserstein_distance, but all
    replicas of a sample share one sorting.

    Args:
        values: (n, k) of all events, whichever sample they belong to.
        shares: (r, n) of each event in its sample, negative for those of the second sample; rows add up to 0.

    Returns:
        (r, k).

    Examples:
        >>> wasserstein(np.array([[0.0], [1.0], [3.0]]), np.array([[0.5, 0.5, -1.0]]))
        array([[2.5]])
    """
    found = np.empty((len(shares), values.shape[1]))
    together = max(_HELD // len(values), 1)
    for start in range(0, len(shares), together):
        some = np.ascontiguousarray(shares[start : start + together].T)
        for column, along in enumerate(values.T):
            order = np.argsort(along, kind="stable")
            difference = np.cumsum(some[order[:-1]], axis=0)
            found[start : start + together, column] = np.diff(along[order]) @ np.abs(difference, out=difference)
    return found


def correlations(values: Array, weight: Array) -> Array:
    """Matrix of the correlation coefficients of t variables, (t, t); 0 where a variable is the same in all events.

    Args:
        values: (n, t).
        weight: (n,).
    """
    share = weight / weight.sum()
    centred = values - share @ values
    covariance = (centred * share[:, np.newaxis]).T @ centred
    width = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    product = np.outer(width, width)
    # of constant numbers, rounding leaves a little
    known = product > 1e-12
    return np.where(known, covariance / np.where(known, product, 1.0), np.eye(len(width)))


def _compare_correlations(
    samples: Samples, shown: Array, true: Array, bootstrap: Array, halves: NDArray[np.bool_]
) -> dict[str, Any] | None:
    """The greatest difference of correlation coefficients, for the pair of variables that has it."""
    if len(samples.names) < 2:
        return None
    above = np.triu_indices(len(samples.names), 1)

    def difference(values: Array, weight: Array, half: NDArray[np.bool_]) -> Array:
        return (correlations(values, weight * half) - correlations(values, weight * ~half))[above]

    found = np.array([difference(shown, weight, samples.drawn) for weight in bootstrap])
    chance = np.array([difference(true, samples.weight, half) for half in halves])
    place = int(np.argmax(np.abs(found[0])))
    judged = _judge(np.abs(found[0]).max(keepdims=True), np.abs(chance).max(axis=1))
    pair = [samples.names[axis[place]] for axis in above]
    return {"pair": pair, **judged, "uncertainty": float(found[1:, place].std(ddof=1))}


def _judge(found: Array, chance: Array) -> dict[str, float]:
    """The measured distance, of its replicas, and what chance makes of equal samples."""
    return {
        "value": float(found[0]),
        "uncertainty": float(found[1:].std(ddof=1)) if len(found) > 1 else 0.0,
        "halves": float(chance.mean()),
        "halves_spread": float(chance.std(ddof=1)),
        "p_value": float((1 + np.sum(chance >= found[0])) / (1 + len(chance))),
    }


def _shares(weight: Array, half: NDArray[np.bool_]) -> Array:
    """Signed shares of events in their halves, (r, n)."""
    first, second = np.where(half, 0.0, weight), np.where(half, weight, 0.0)
    return first / first.sum(axis=-1, keepdims=True) - second / second.sum(axis=-1, keepdims=True)


def _scale(samples: Samples) -> tuple[Array, Array]:
    """Mean and standard deviation of the true variables, (t,) each."""
    share = samples.weight / samples.weight.sum()
    mean = share @ samples.true
    return mean, np.sqrt(share @ (samples.true - mean) ** 2)


def _check_halves(samples: Samples) -> None:
    for name, half in (("true", ~samples.drawn), ("generated", samples.drawn)):
        if half.sum() < 10 or samples.weight[half].sum() <= 0:
            raise TrainingError(
                f"{int(half.sum())} {name} events with a sum of weights {samples.weight[half].sum():g} are too few to "
                "compare",
                cure="use more events",
            )
