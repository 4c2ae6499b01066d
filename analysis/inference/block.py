"""The compiled part of fits: a block of rows, each with its own data, start and free parameters."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from analysis.inference.arrays import Arrays
from analysis.inference.curvature import movable_covariance
from analysis.inference.derivatives import derivatives
from analysis.inference.likelihood import NOTHING, Data, Guard, half_deviance
from analysis.inference.minimisation import Minimum, minimise
from analysis.inference.settings import MinimiserSettings

__all__ = ["fit_block"]

# (events, edge) of guarded bins: a fit is tried with the last ones, and if it fails with one after another
_BARRIERS = np.array(
    [(1e-1, 1e-2), (1e-2, 1e-4), (1e-3, 1e-6), (1e-4, 1e-8), (1e-6, 1e-11), (1e-8, 1e-13), (1e-10, 1e-15)]
)
_LAST = len(_BARRIERS) - 1


@partial(jax.jit, static_argnames="settings")
def fit_block(
    arrays: Arrays,
    lower: jax.Array,
    upper: jax.Array,
    start: jax.Array,
    free: jax.Array,
    main: jax.Array,
    auxiliary: jax.Array,
    count: jax.Array,
    settings: MinimiserSettings,
) -> tuple[dict[str, jax.Array], jax.Array]:
    """Fit the first ``count`` of r rows, one after another.

    A fit that finds no minimum begins again where parameters may make an expectation negative: with a barrier that
    starts soft and far from there, and becomes hard step by step (see :class:`~analysis.inference.likelihood.Guard`).

    Args:
        arrays: of the likelihood.
        lower: bounds (p,).
        upper: bounds (p,).
        start: (r, p).
        free: parameters that are fitted, (r, p).
        main: events, (r, n).
        auxiliary: measurements, (r, a).
        count: how many rows are fitted, ().
        settings: of the minimiser.

    Returns:
        What was found, by name, each with r rows, and the covariance of the last one that was fitted, (p, p).
    """
    rows, size = start.shape

    def one(row: jax.Array, state: tuple[dict[str, jax.Array], jax.Array]) -> tuple[dict[str, jax.Array], jax.Array]:
        found, _ = state
        data = Data(main[row], auxiliary[row])
        end = _minimum(start[row], lower, upper, free[row], arrays, data, settings)
        value = half_deviance(end.parameters, arrays, data)
        covariance = movable_covariance(end.hessian, free[row] & ~end.at_bound)
        new = {
            "values": end.parameters,
            "uncertainties": jnp.sqrt(jnp.diagonal(covariance)),
            "at_bound": end.at_bound,
            "value": jnp.where(jnp.isnan(value), jnp.inf, value),
            "converged": end.converged & jnp.isfinite(value),
            "distance": end.distance,
            "iterations": end.iterations,
        }
        return {name: found[name].at[row].set(value) for name, value in new.items()}, covariance

    empty = {
        "values": jnp.zeros((rows, size)),
        "uncertainties": jnp.zeros((rows, size)),
        "at_bound": jnp.zeros((rows, size), bool),
        "value": jnp.zeros(rows),
        "converged": jnp.zeros(rows, bool),
        "distance": jnp.zeros(rows),
        "iterations": jnp.zeros(rows, int),
    }
    return jax.lax.fori_loop(0, count, one, (empty, jnp.zeros((size, size))))


def _minimum(
    start: jax.Array,
    lower: jax.Array,
    upper: jax.Array,
    free: jax.Array,
    arrays: Arrays,
    data: Data,
    settings: MinimiserSettings,
) -> Minimum:
    """The minimum with the hardest barrier at once, or after all softer ones."""
    size = start.shape[0]
    barriers = jnp.asarray(_BARRIERS)
    guarded = jnp.any(arrays.guarded > 0)

    def attempt(state: tuple[jax.Array, Minimum]) -> tuple[jax.Array, Minimum]:
        turn, end = state
        # -1 comes first
        which = jnp.where(turn < 0, _LAST, turn)
        place = jnp.where(turn > 0, end.parameters, start)
        guard = Guard(barriers[which, 0], barriers[which, 1], jnp.where(which == _LAST, -NOTHING, -jnp.inf))
        end = minimise(
            half_deviance, place, lower, upper, free, arrays, data, guard, settings=settings, derivatives=derivatives
        )
        return turn + 1, end

    def again(state: tuple[jax.Array, Minimum]) -> jax.Array:
        turn, end = state
        return (turn < 0) | (guarded & (turn <= _LAST) & ~((turn == 0) & end.converged))

    nothing = jnp.zeros(())
    none = Minimum(
        parameters=start,
        value=nothing,
        gradient=jnp.zeros(size),
        hessian=jnp.zeros((size, size)),
        distance=nothing,
        iterations=jnp.zeros((), int),
        converged=jnp.zeros((), bool),
        at_bound=jnp.zeros(size, bool),
    )
    return jax.lax.while_loop(again, attempt, (jnp.full((), -1), none))[1]
