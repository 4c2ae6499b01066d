"""The muon hump in histograms of background particles: many fits at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analysis.studies.airshower.calibration.derivation_settings import HumpSettings

__all__ = ["HumpFits", "fit_humps", "hump_maximum", "hump_model"]

Array = NDArray[np.floating[Any]]

# fits at a time, for little memory
_BLOCK = 512
# places of the parameters
_HEIGHT, _POSITION, _WIDTH, _SKEWNESS, _LEVEL, _SLOPE = range(6)
_PARAMETERS = 6
# exponents beyond this overflow, or are nothing
_LARGE = 100.0
# each divides the distance to the maximum by the ratio of the hump's curvature to that of the falling part
_NEWTON_STEPS = 15


@dataclass(frozen=True, eq=False)
class HumpFits:
    """Results of f fits.

    Args:
        position: of the maximum of the fitted sum of hump and falling part, in the histogram's unit, (f,); 0 where the
            fit failed, as all of the following.
        uncertainty: statistical, (f,).
        width: standard deviation of the hump's core, (f,).
        chi2: Pearson's chi-square in the window, (f,).
        ndf: its number of degrees of freedom, (f,).
        good: whether a hump was found, (f,).
        parameters: of :func:`hump_model`, (f, 6).
        window: lowest and highest value that took part in the fit, (f, 2).
    """

    position: Array
    uncertainty: Array
    width: Array
    chi2: Array
    ndf: NDArray[np.int64]
    good: NDArray[np.bool_]
    parameters: Array
    window: Array


def hump_model(values: Array, parameters: Array) -> tuple[Array, Array]:
    """Expected entries of a bin: the muon hump and the falling part of electromagnetic particles below it.

    The hump is the Novosibirsk function (H. Ikeda et al., NIM A 441 (2000) 401), a logarithmic normal
    distribution of any skewness whose maximum is at p1:

        exp(p0 - (ln(1 + p3 t) / p3)^2 / 2),  t = (x - p1) / p2

    and the falling part is exp(p4 - p5 (x - p1) / p1).

    Args:
        values: x, (f, b).
        parameters: (f, 6).

    Returns:
        Hump and falling part, each (f, b).
    """
    columns = parameters.T[..., np.newaxis]
    _, stretched = _stretched((values - columns[_POSITION]) / columns[_WIDTH], columns[_SKEWNESS])
    hump = np.exp(np.clip(columns[_HEIGHT] - stretched**2 / 2.0, -_LARGE, _LARGE))
    along = (values - columns[_POSITION]) / columns[_POSITION]
    return hump, np.exp(np.clip(columns[_LEVEL] - columns[_SLOPE] * along, -_LARGE, _LARGE))


def hump_maximum(parameters: Array) -> Array:
    """Return the position of the maximum of the sum of hump and falling part near the hump, (f,).

    The falling part moves the maximum a little below p1. Newton's method, with the curvature that the hump has at its
    own maximum.

    Args:
        parameters: of :func:`hump_model`, (f, 6).
    """
    position, width, skewness, slope = (parameters[:, [place]] for place in (_POSITION, _WIDTH, _SKEWNESS, _SLOPE))
    value = position
    for _ in range(_NEWTON_STEPS):
        hump, falling = hump_model(value, parameters)
        inside, stretched = _stretched((value - position) / width, skewness)
        derivative = -hump * stretched / (inside * width) - falling * slope / position
        value = np.clip(value + derivative * width**2 / hump, position - width, position + width)
    return value[:, 0]


def fit_humps(counts: NDArray[np.integer], width: float, settings: HumpSettings) -> HumpFits:
    """Find the muon hump of histograms by maximum likelihood (Fisher scoring, damped as by Levenberg and Marquardt).

    X. Bertou et al., NIM A 568 (2006) 839: the hump of background muons is what all signals are measured
    with. The maximum of hump and falling part together is what is known in units of the vertical muon.

    Args:
        counts: of f histograms, (f, b); bin i is from ``i * width`` to ``(i + 1) * width``.
        width: of a bin.
        settings: of the fit.

    Returns:
        f fits; that of a histogram without a hump is not ``good``.
    """
    blocks = [_fit(counts[begin : begin + _BLOCK], width, settings) for begin in range(0, max(len(counts), 1), _BLOCK)]
    return HumpFits(**{f.name: np.concatenate([getattr(block, f.name) for block in blocks]) for f in fields(HumpFits)})


def _fit(counts: NDArray[np.integer], width: float, settings: HumpSettings) -> HumpFits:
    guess = _first_guess(counts.astype(np.float64), width, settings)
    values, numbers, used = _window(counts, width, guess, settings)
    found = (np.where(used, numbers, 0.0).sum(axis=1) >= settings.least_entries) & (used.sum(axis=1) > _PARAMETERS)
    parameters = _start_parameters(counts.astype(np.float64), width, guess, settings)
    converged = np.zeros(len(counts), np.bool_)
    damping = np.full(len(counts), 1e-2)
    deviance = _deviance(numbers, values, parameters, used)
    for _ in range(settings.iterations):
        active = np.flatnonzero(found & ~converged)
        if not len(active):
            break
        data, old = (numbers[active], values[active]), parameters[active]
        gradient, information = _derivatives(*data, old, used[active])
        diagonal = np.einsum("fii->fi", information)
        diagonal += diagonal * damping[active, np.newaxis] + 1e-9
        step = np.linalg.solve(information, gradient[..., np.newaxis])[..., 0]
        new = old + _bounded(step, old)
        trial = _deviance(*data, new, used[active])
        better = trial <= deviance[active]
        parameters[active[better]] = new[better]
        # a full step gains half of the product in the logarithm of the likelihood
        gain = np.einsum("fp,fp->f", gradient, step)
        converged[active] = (gain < settings.tolerance) & (damping[active] < 1e-1)
        deviance[active] = np.where(better, trial, deviance[active])
        damping[active] = np.clip(np.where(better, damping[active] / 10.0, damping[active] * 10.0), 1e-9, 1e9)

    _, information = _derivatives(numbers, values, parameters, used)
    np.einsum("fii->fi", information)[:] += 1e-9
    covariance = np.linalg.inv(information)
    position = hump_maximum(parameters)
    slope = _slopes(parameters, covariance)
    uncertainty = np.sqrt(np.abs(np.einsum("fp,fpq,fq->f", slope, covariance, slope)))
    expected = np.add(*hump_model(values, parameters))
    chi2 = np.sum(np.where(used, (numbers - expected) ** 2 / np.maximum(expected, 1e-9), 0.0), axis=1)
    window = guess[:, np.newaxis] * np.array(settings.window)
    good = found & converged & (position > window[:, 0]) & (position < window[:, 1])
    ndf = used.sum(axis=1) - _PARAMETERS
    return HumpFits(
        position=np.where(good, position, 0.0),
        uncertainty=np.where(good, uncertainty, 0.0),
        width=np.where(good, parameters[:, _WIDTH], 0.0),
        chi2=np.where(good, chi2, 0.0),
        ndf=np.where(good, ndf, 0),
        good=good,
        parameters=np.where(good[:, np.newaxis], parameters, 0.0),
        window=np.where(good[:, np.newaxis], window, 0.0),
    )


def _slopes(parameters: Array, covariance: Array) -> Array:
    """Derivatives of the maximum by the parameters, (f, 6)."""
    slopes = np.empty_like(parameters)
    for place in range(_PARAMETERS):
        step = 0.1 * np.sqrt(np.abs(covariance[:, place, place])) + 1e-12
        ends = []
        for sign in (-1.0, 1.0):
            moved = parameters.copy()
            moved[:, place] += sign * step
            ends.append(hump_maximum(moved))
        slopes[:, place] = (ends[1] - ends[0]) / (2.0 * step)
    return slopes


def _first_guess(numbers: Array, width: float, settings: HumpSettings) -> Array:
    """Roughly where the hump is, (f,)."""
    values = (np.arange(numbers.shape[1]) + 0.5) * width
    # the square of the value makes the falling part flat; it moves the hump upwards by a known part
    weighted = _smoothed(numbers, settings.smoothing) * values**2
    inner = slice(settings.smoothing, len(values) - settings.smoothing)
    return values[inner][np.argmax(weighted[:, inner], axis=1)] / (1.0 + 2.0 * settings.typical_width**2)


def _smoothed(numbers: Array, bins: int) -> Array:
    """Means over that many neighbouring bins on either side, (f, b); near the ends over fewer."""
    total = np.concatenate([np.zeros((len(numbers), 1)), np.cumsum(numbers, axis=1)], axis=1)
    place = np.arange(numbers.shape[1])
    low, high = np.maximum(place - bins, 0), np.minimum(place + bins + 1, numbers.shape[1])
    return (total[:, high] - total[:, low]) / (high - low)


def _window(
    counts: NDArray[np.integer], width: float, guess: Array, settings: HumpSettings
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """The bins of each fit: their middles, their entries and whether they take part, each (f, most bins of a fit).

    A bin takes part when its middle is in the window.
    """
    bins = counts.shape[1]
    low, high = (side * guess for side in settings.window)
    first = np.floor(low / width).astype(np.int64)
    last = np.minimum(np.ceil(high / width).astype(np.int64), bins - 1)
    place = first[:, np.newaxis] + np.arange(np.max(last - first, initial=0) + 1)
    values = (place + 0.5) * width
    used = (values >= low[:, np.newaxis]) & (values <= high[:, np.newaxis]) & (place < bins)
    return values, np.take_along_axis(counts, np.minimum(place, bins - 1), axis=1).astype(np.float64), used


def _start_parameters(numbers: Array, width: float, guess: Array, settings: HumpSettings) -> Array:
    place = np.minimum((guess / width).astype(np.int64), numbers.shape[1] - 1)
    height = np.log(np.maximum(_smoothed(numbers, settings.smoothing)[np.arange(len(guess)), place], 1.0))
    parameters = np.empty((len(guess), _PARAMETERS))
    parameters[:, _HEIGHT] = height
    parameters[:, _POSITION] = guess
    parameters[:, _WIDTH] = settings.typical_width * guess
    parameters[:, _SKEWNESS] = 0.1
    parameters[:, _LEVEL] = height - 3.0
    parameters[:, _SLOPE] = 4.0
    return parameters


def _stretched(distance: Array, skewness: Array) -> tuple[Array, Array]:
    """1 + s t, kept above 0, and ln(1 + s t) / s."""
    # nearer to 0 there is nothing to tell it from a normal distribution
    skewness = np.where(np.abs(skewness) < 1e-5, 1e-5, skewness)
    inside = np.maximum(1.0 + skewness * distance, 1e-6)
    return inside, np.log(inside) / skewness


def _deviance(numbers: Array, values: Array, parameters: Array, used: NDArray[np.bool_]) -> Array:
    """Twice the negative logarithm of the likelihood, up to a constant, (f,)."""
    expected = np.add(*hump_model(values, parameters))
    return 2.0 * np.sum(np.where(used, expected - numbers * np.log(expected), 0.0), axis=1)


def _derivatives(numbers: Array, values: Array, parameters: Array, used: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Gradient of the logarithm of the likelihood, (f, 6), and Fisher's information, (f, 6, 6)."""
    _, position, width, skewness, _, slope = parameters.T[..., np.newaxis]
    hump, falling = hump_model(values, parameters)
    distance = (values - position) / width
    inside, stretched = _stretched(distance, skewness)
    shift = hump * stretched / (inside * width)
    skewness = np.where(np.abs(skewness) < 1e-5, 1e-5, skewness)
    jacobian = np.stack(
        [
            hump,
            shift + falling * slope * values / position**2,
            shift * distance,
            -hump * stretched * (distance / inside - stretched) / skewness,
            falling,
            -falling * (values - position) / position,
        ],
        axis=1,
    )
    expected = hump + falling
    jacobian *= used[:, np.newaxis]
    gradient = np.einsum("fpb,fb->fp", jacobian, numbers / expected - 1.0)
    return gradient, np.matmul(jacobian / expected[:, np.newaxis], jacobian.transpose(0, 2, 1))


def _bounded(step: Array, parameters: Array) -> Array:
    """Steps of at most a tenth of position and width, and of 0.1 in the skewness."""
    longest = np.full_like(parameters, 1.0)
    longest[:, [_POSITION, _WIDTH]] = 0.1 * np.abs(parameters[:, [_POSITION, _WIDTH]])
    longest[:, _SKEWNESS] = 0.1
    return np.clip(step, -longest, longest)
