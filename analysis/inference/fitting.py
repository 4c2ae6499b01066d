"""Fits of HistFactory likelihoods: one, or many with other data, other fixed parameters or other starts.

One program serves all fits of one shape of likelihood: rows of a block of fixed size are fitted one after another, so
a fit's result has the same bits whatever it is computed with, and a single fit, a profile, impacts and toys are
compiled once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import jax
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlogy

from analysis.errors import FitError
from analysis.inference.arrays import Arrays
from analysis.inference.block import fit_block
from analysis.inference.likelihood import Data
from analysis.inference.model import Model
from analysis.inference.settings import MinimiserSettings

__all__ = ["FitResult", "FitResults", "fit", "fit_many"]

# fits of one block; the number changes no result
_BLOCK = 64


@dataclass(frozen=True)
class FitResult:
    """A fit of p parameters.

    Args:
        names: of the parameters.
        values: (p,).
        covariance: inverse of the second derivatives, (p, p); zero for parameters that were fixed and for those at a
            bound that the data push them against: these are treated as fixed there. Directions that nothing depends on
            have huge values.
        free: parameters that were fitted, (p,).
        at_bound: fitted parameters that the data push against a bound, (p,).
        twice_nll: minus twice the logarithm of the probability density, as pyhf normalises it.
        deviance: twice the difference of log-likelihoods to the saturated model.
        converged: whether a minimum was found.
        distance: estimated distance of minus the log-likelihood to its minimum.
        iterations: of the minimiser.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    covariance: NDArray[np.float64]
    free: NDArray[np.bool_]
    at_bound: NDArray[np.bool_]
    twice_nll: float
    deviance: float
    converged: bool
    distance: float
    iterations: int

    @property
    def uncertainties(self) -> NDArray[np.float64]:
        """Square roots of the variances, (p,)."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def correlation(self) -> NDArray[np.float64]:
        """Correlation coefficients, (p, p); zero where the covariance is."""
        spread = np.where(self.uncertainties > 0, self.uncertainties, 1.0)
        return self.covariance / np.outer(spread, spread)


@dataclass(frozen=True)
class FitResults:
    """k fits of p parameters; see :class:`FitResult`.

    Args:
        values: (k, p).
        uncertainties: (k, p).
        at_bound: (k, p).
        twice_nll: (k,).
        deviance: (k,).
        converged: (k,).
        iterations: (k,).
    """

    values: NDArray[np.float64]
    uncertainties: NDArray[np.float64]
    at_bound: NDArray[np.bool_]
    twice_nll: NDArray[np.float64]
    deviance: NDArray[np.float64]
    converged: NDArray[np.bool_]
    iterations: NDArray[np.int64]


def fit(
    model: Model,
    data: Data | None = None,
    fixed: Mapping[str, float] | None = None,
    start: ArrayLike | None = None,
    *,
    required: bool = False,
    settings: MinimiserSettings = MinimiserSettings(),  # noqa: B008 (frozen)
) -> FitResult:
    """Maximise the likelihood.

    Args:
        model: of p parameters.
        data: the observed ones by default.
        fixed: values of parameters that are not fitted, by name; in addition to those that the model fixes.
        start: (p,); the model's by default.
        required: whether a fit without a minimum is an error.
        settings: of the minimiser.

    Raises:
        FitError: no minimum was found, and one is required.
        StudyError: the model has no such parameter.
    """
    place, free = np.array(model.start if start is None else start, float), model.free.copy()
    for name, value in (fixed or {}).items():
        place[model.index(name)], free[model.index(name)] = value, False
    data = model.observed if data is None else data
    found, covariance = _run(model, data, place[None], free[None], settings, workers=1)
    result = FitResult(
        names=model.names,
        values=found["values"][0],
        covariance=covariance,
        free=free,
        at_bound=found["at_bound"][0],
        twice_nll=float(found["twice_nll"][0]),
        deviance=float(found["deviance"][0]),
        converged=bool(found["converged"][0]),
        distance=float(found["distance"][0]),
        iterations=int(found["iterations"][0]),
    )
    if required and not result.converged:
        raise FitError(
            f"the fit found no minimum after {result.iterations} iterations (estimated distance of the log-likelihood "
            f"to it: {result.distance:.3g})",
            cure="look for parameters without influence, empty bins with data, or templates that become negative",
        )
    return result


def fit_many(
    model: Model,
    data: Data | None = None,
    free: ArrayLike | None = None,
    start: ArrayLike | None = None,
    *,
    settings: MinimiserSettings = MinimiserSettings(),  # noqa: B008 (frozen)
    workers: int | None = None,
) -> FitResults:
    """Maximise the likelihood k times: for many data sets, many fixed values, or both.

    Args:
        model: of p parameters, n bins and a auxiliary measurements.
        data: (n,) or (k, n) and (a,) or (k, a); the observed ones by default.
        free: parameters that are fitted, (p,) or (k, p); the model's by default.
        start: (p,) or (k, p), for parameters that are not fitted their values; the model's by default.
        settings: of the minimiser.
        workers: threads; as many as processors by default. The number changes no result.
    """
    data = model.observed if data is None else data
    start, free = np.asarray(model.start if start is None else start), np.asarray(model.free if free is None else free)
    found, _ = _run(model, data, np.atleast_2d(start), np.atleast_2d(free), settings, workers)
    found.pop("distance")
    return FitResults(**found)


def _run(
    model: Model,
    data: Data,
    start: NDArray,
    free: NDArray,
    settings: MinimiserSettings,
    workers: int | None,
) -> tuple[dict[str, NDArray], NDArray]:
    """All fits, and the covariance of the last one."""
    rows = [np.atleast_2d(np.asarray(part)) for part in (start, free, data.main, data.auxiliary)]
    total = np.broadcast_shapes(*(part.shape[:1] for part in rows))[0]
    if not total:
        size = start.shape[1]
        return _nothing(size), np.zeros((size, size))

    def block(begin: int) -> tuple[dict[str, NDArray], NDArray]:
        count = min(_BLOCK, total - begin)
        parts = [part if len(part) == 1 else part[begin : begin + count] for part in rows]
        filled = [np.concatenate([np.broadcast_to(part, (count, part.shape[1])), _rest(part, count)]) for part in parts]
        # each thread has its own default
        with jax.enable_x64(True):
            found, covariance = fit_block(model.arrays, model.lower, model.upper, *filled, count, settings=settings)
            return {name: np.asarray(values)[:count] for name, values in found.items()}, np.asarray(covariance)

    begins = range(0, total, _BLOCK)
    threads = min(len(begins), workers or _processors())
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            # the first one compiles
            blocks = [block(begins[0]), *pool.map(block, begins[1:])]
    else:
        blocks = [block(begin) for begin in begins]
    found = {name: np.concatenate([one[name] for one, _ in blocks]) for name in blocks[0][0]}
    found["deviance"] = 2.0 * found.pop("value")
    main, auxiliary = rows[2], rows[3]
    found["twice_nll"] = found["deviance"] - 2.0 * _saturated(model.arrays, main, auxiliary)
    return found, blocks[-1][1]


def _nothing(size: int) -> dict[str, NDArray]:
    """Results of no fits: arrays without rows."""
    numbers = ("twice_nll", "deviance", "distance")
    return {
        **{name: np.zeros((0, size)) for name in ("values", "uncertainties")},
        **{name: np.zeros(0) for name in numbers},
        "at_bound": np.zeros((0, size), bool),
        "converged": np.zeros(0, bool),
        "iterations": np.zeros(0, np.int64),
    }


def _processors() -> int:
    # not every system knows which ones this process may use
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Python's own variable, which batch systems set too; Python itself heeds it since 3.13
    said = os.environ.get("PYTHON_CPU_COUNT", "")
    return min(allowed, int(said)) if said.isdecimal() and int(said) else allowed


def _rest(part: NDArray, count: int) -> NDArray:
    return np.zeros((_BLOCK - count, part.shape[1]), part.dtype)


def _saturated(arrays: Arrays, main: NDArray, auxiliary: NDArray) -> NDArray[np.float64]:
    """Logarithm of the density of data that are as expected, (k,) or (1,)."""
    constrained = np.asarray(arrays.constrained)
    normal = np.asarray(arrays.normal)[constrained] > 0
    gauss = -np.log(np.asarray(arrays.width)[constrained] * np.sqrt(2.0 * np.pi))
    counts = np.where(normal, 1.0, auxiliary)
    return _poisson_peak(main).sum(axis=1) + np.where(normal, gauss, _poisson_peak(counts)).sum(axis=1)


def _poisson_peak(counts: NDArray) -> NDArray[np.float64]:
    return xlogy(counts, counts) - counts - gammaln(counts + 1.0)
