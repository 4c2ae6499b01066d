"""The Poisson likelihood of fractions of primaries, for all energy bins and interaction models side by side.

In a workspace of :mod:`~analysis.studies.airshower.composition.workspace`, a channel's expectation is the number of
events times the sum of templates, each times its fraction. The total being free, the likelihood is largest where the
fractions add up to one, and it is, but for a constant, the multinomial likelihood of the histogram's shape.

The expectation is linear in the fractions, and so are the constraints that profiles need: fractions with a given value
of ``a . f`` are, but for the total, a cone whose edges are mixtures of two primaries, one with a coefficient below and
one with a coefficient above that value. Mixtures of templates with weights that are not negative are thus all there is
to fit: the simplex needs no care, and the problem is convex.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.inference.minimisation import minimise
from analysis.studies.airshower.composition.workspace import channel_bins

__all__ = ["Channels", "Fitted", "expected", "half_deviance", "mixtures", "read_channels", "solve", "templates"]

Array = NDArray[np.float64]

# fits that are done side by side; one number, as results may depend on it in the last bits
_BATCH = 512
# of depth: histograms have a multiple of this, which saves compilations
_BINS = 20
# of a mixture's weight; those of all add up to one
_UPPER = 10.0


@dataclass(frozen=True, eq=False)
class Channels:
    """Energy bins of all models; c channels, s primaries, k nuisance parameters, d bins of depth.

    Histograms that have fewer bins are filled up with bins in which nothing is expected.

    Args:
        models: (c,) interaction model.
        names: (c,) of the channels.
        primaries: (s,) names.
        nuisances: (k,) names.
        sizes: (c,) number of bins of depth that are none of filling.
        counts: (c, d) measured events.
        nominal: (c, s, d) expected events if all were that primary.
        down: (c, k, s, d) nominal expectation minus the one at -1.
        up: (c, k, s, d) expectation at +1 minus the nominal one.
    """

    models: tuple[str, ...]
    names: tuple[str, ...]
    primaries: tuple[str, ...]
    nuisances: tuple[str, ...]
    sizes: tuple[int, ...]
    counts: Array
    nominal: Array
    down: Array
    up: Array


class Fitted(NamedTuple):
    """Results of m fits.

    Attributes:
        fractions: (m, s), with the sum 1.
        value: (m,) half of the deviance: 0 if the expectation were the data.
        converged: (m,).
        iterations: (m,).
    """

    fractions: Array
    value: Array
    converged: NDArray[np.bool_]
    iterations: NDArray[np.int64]


def read_channels(workspaces: Mapping[str, Mapping[str, Any]]) -> Channels:
    """Turn the workspaces into arrays.

    Args:
        workspaces: by interaction model.

    Raises:
        StudyError: a workspace is not like those of the composition.
    """
    models, names, tables, observed = [], [], [], []
    primaries: list[str] = []
    nuisances: list[str] = []
    for model, workspace in workspaces.items():
        data = {entry["name"]: entry["data"] for entry in workspace["observations"]}
        for channel in workspace["channels"]:
            name = channel["name"]
            channel_bins(name)
            where = f"channel {name!r} of {model!r}"
            shifts = [_shifts(sample, where) for sample in channel["samples"]]
            primaries = primaries or [sample["name"] for sample in channel["samples"]]
            nuisances = nuisances or list(shifts[0])
            if [s["name"] for s in channel["samples"]] != primaries or any(list(s) != nuisances for s in shifts):
                raise StudyError(
                    f"the {where} has other samples or modifiers than the first channel",
                    cure="give all channels the same primaries, each with the same histosys modifiers",
                )
            nominal = np.array([sample["data"] for sample in channel["samples"]], np.float64)
            bounds = np.array([[s[n] for s in shifts] for n in nuisances], np.float64)
            models.append(model)
            names.append(name)
            tables.append((nominal, nominal - bounds[:, :, 0], bounds[:, :, 1] - nominal))
            observed.append(np.array(data[name], np.float64))
    if not names:
        raise StudyError("there is no channel to fit", cure="build the workspaces with at least one interaction model")
    nominals, downs, ups = zip(*tables, strict=True)
    return Channels(
        models=tuple(models),
        names=tuple(names),
        primaries=tuple(primaries),
        nuisances=tuple(nuisances),
        sizes=tuple(len(counts) for counts in observed),
        counts=_fill(observed),
        nominal=_fill(nominals),
        down=_fill(downs),
        up=_fill(ups),
    )


def mixtures(coefficients: Array, value: float | Array) -> tuple[Array, NDArray[np.bool_]]:
    """Mixtures of two primaries each that all fractions with ``coefficients . fractions = value`` are made of.

    Args:
        coefficients: (m, s).
        value: (m,) or a number, between the smallest and the largest coefficient.

    Returns:
        Shares of the primaries in the mixtures, (m, r, s), and which mixtures there are, (m, r); r is the number of
        all pairs, or of primaries if that is larger.

    Examples:
        >>> shares, there = mixtures(np.array([[1.0, 0.0, 0.0]]), 0.25)
        >>> shares[there]
        array([[0.25, 0.75, 0.  ],
               [0.25, 0.  , 0.75]])
    """
    value = np.broadcast_to(value, coefficients.shape[:1])
    pairs = list(itertools.combinations(range(coefficients.shape[1]), 2))
    # as many as a fit without a constraint has: one compilation serves both
    shares = np.zeros((len(coefficients), max(len(pairs), coefficients.shape[1]), coefficients.shape[1]))
    there = np.zeros(shares.shape[:2], bool)
    for index, (first, second) in enumerate(pairs):
        a, b = coefficients[:, first], coefficients[:, second]
        there[:, index] = (a != b) & (np.minimum(a, b) <= value) & (value <= np.maximum(a, b))
        share = np.where(there[:, index], (value - b) / np.where(a != b, a - b, 1.0), 0.0)
        shares[:, index, first] = share
        shares[:, index, second] = np.where(there[:, index], 1.0 - share, 0.0)
    return shares, there


def solve(
    channels: Channels,
    index: NDArray[np.int64],
    counts: Array,
    nuisances: Array | None = None,
    within: tuple[Array, NDArray[np.bool_]] | None = None,
) -> Fitted:
    """Fit fractions to m histograms.

    Args:
        channels: the templates.
        index: (m,) channel of each fit.
        counts: (m, d) events.
        nuisances: (m, k) nuisance parameters, which stay there; 0 without.
        within: mixtures that the fractions consist of, as :func:`mixtures` gives them; any fractions without.

    Returns:
        The fits.
    """
    fits, kinds = len(index), len(channels.primaries)
    if nuisances is None:
        nuisances = np.zeros((fits, len(channels.nuisances)))
    if within is None:
        shares = np.zeros((fits, max(kinds, kinds * (kinds - 1) // 2), kinds))
        shares[:, :kinds] = np.eye(kinds)
        there = np.asarray(shares.any(axis=2))
    else:
        shares, there = within
    parts = []
    with jax.enable_x64(True):
        for begin in range(0, fits, _BATCH):
            batch = slice(begin, begin + _BATCH)
            mixed = np.einsum("mrs,msd->mrd", shares[batch], templates(channels, index[batch], nuisances[batch]))
            # the last batch is filled up, for the same compilation
            filled = [
                np.concatenate([part, np.repeat(part[:1], _BATCH - len(part), axis=0)])
                for part in (mixed, counts[batch], there[batch])
            ]
            parts.append([np.asarray(part)[: fits - begin] for part in _solve_batch(*filled)])
    weights, value, converged, iterations = (np.concatenate(part) for part in zip(*parts, strict=True))
    fractions = np.einsum("mr,mrs->ms", weights, shares)
    total = fractions.sum(axis=1, keepdims=True)
    # a histogram without events tells no fractions
    return Fitted(
        np.where(total > 0.0, fractions / np.where(total > 0.0, total, 1.0), np.nan), value, converged, iterations
    )


def templates(channels: Channels, index: NDArray[np.int64], nuisances: Array) -> Array:
    """Templates with HistFactory's interpolation code 4p of additive shifts (pyhf 0.7, ``histosys``).

    Args:
        channels: c of them.
        index: (m,) of the channels.
        nuisances: (m, k).

    Returns:
        (m, s, d) expected events if all were that primary.
    """
    square = nuisances**2
    # between -1 and 1 a polynomial that goes over into straight lines with two continuous derivatives
    bend = np.where(square < 1.0, 0.0625 * square * (15.0 + square * (3.0 * square - 10.0)), 0.5 * np.abs(nuisances))
    result = channels.nominal[index]
    for kind in np.flatnonzero(nuisances.any(axis=0)):
        rises, falls = 0.5 * nuisances[:, kind] + bend[:, kind], 0.5 * nuisances[:, kind] - bend[:, kind]
        result = result + rises[:, np.newaxis, np.newaxis] * channels.up[index, kind]
        result = result + falls[:, np.newaxis, np.newaxis] * channels.down[index, kind]
    return result


def expected(channels: Channels, index: int, fractions: Array, nuisances: Array | None = None) -> Array:
    """Expected events in the bins of depth of one channel, (d,); nuisance parameters are 0 if not given."""
    nuisances = np.zeros(len(channels.nuisances)) if nuisances is None else np.asarray(nuisances, np.float64)
    tables = templates(channels, np.array([index]), nuisances[np.newaxis])[0]
    return np.asarray((tables * np.asarray(fractions, np.float64)[:, np.newaxis]).sum(axis=0))


def half_deviance(counts: jax.Array, events: jax.Array) -> jax.Array:
    """Negative logarithm of the Poisson likelihood of counts (d,) over that of an expectation equal to them.

    Infinite where there are events although none are expected; where there are none, a negative expectation, which far
    extrapolated templates may have, is taken as it is: the likelihood is smooth, as pyhf's is.
    """
    filled = counts > 0
    possible = ~filled | (events > 0)
    ratio = jnp.where(filled, counts, 1.0) / jnp.where(filled & possible, events, 1.0)
    return jnp.sum(jnp.where(possible, events - counts + counts * jnp.log(ratio), jnp.inf))


@jax.jit
def _solve_batch(mixed: jax.Array, counts: jax.Array, there: jax.Array) -> tuple[jax.Array, ...]:
    """Weights, value, convergence and iterations of the fits of mixtures (m, r, d), of which some are there (m, r)."""

    def one(mixed: jax.Array, counts: jax.Array, there: jax.Array) -> tuple[jax.Array, ...]:
        start = there / jnp.sum(there)
        found = minimise(
            lambda weights: half_deviance(counts, weights @ mixed),
            start,
            0.0 * start,
            jnp.full_like(start, _UPPER),
            there,
        )
        return found.parameters, found.value, found.converged, found.iterations

    return jax.vmap(one)(mixed, counts, there)


def _shifts(sample: Mapping[str, Any], where: str) -> dict[str, tuple[Any, Any]]:
    """Expectations at -1 and +1 by nuisance parameter."""
    shifts, norms = {}, 0
    for modifier in sample["modifiers"]:
        if modifier["type"] == "histosys":
            shifts[modifier["name"]] = modifier["data"]["lo_data"], modifier["data"]["hi_data"]
        elif modifier["type"] == "normfactor":
            norms += 1
        else:
            raise StudyError(
                f"the {where} has a modifier of the type {modifier['type']!r}", cure="use normfactor and histosys only"
            )
    if norms != 1:
        raise StudyError(
            f"the sample {sample['name']!r} in the {where} has {norms} normfactors", cure="give it one, its fraction"
        )
    return shifts


def _fill(tables: Any) -> Array:
    """Stack tables after filling up their last axis with zeros, to a size that other channels have as well."""
    size = max(table.shape[-1] for table in tables)
    size += -size % _BINS
    return np.stack([np.pad(t, [(0, 0)] * (t.ndim - 1) + [(0, size - t.shape[-1])]) for t in tables])
