"""Many small fits side by side: Levenberg-Marquardt with a fixed number of steps.

The last axis of all arrays is the event, and each operation works on one element or adds whole rows one after another.
So an event's result does not depend on its place in the block, to the last bit; LAPACK's and vmap's batches promise
no such thing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

__all__ = ["Expansion", "minimise", "solve"]

# of the curvature, so that an event that knows nothing of a parameter leaves it where it is
_LEAST = 1e-12


class Expansion(NamedTuple):
    """An objective at one point, for e events and k parameters.

    Attributes:
        value: (e,).
        gradient: (k, e).
        curvature: (k, k, e), symmetric and not negative.
    """

    value: jax.Array
    gradient: jax.Array
    curvature: jax.Array


def minimise(
    expand: Callable[[jax.Array], Expansion],
    start: jax.Array,
    steps: int,
    longest: tuple[float, ...],
    confine: Callable[[jax.Array], jax.Array] = lambda parameters: parameters,
) -> tuple[jax.Array, Expansion]:
    """Minimise an objective for each event (K. Levenberg, Q. Appl. Math. 2 (1944) 164; D. Marquardt, 1963).

    A step that does not lead down is not taken, and the next one is shorter.

    Args:
        expand: the objective around a point, with the curvature of Gauss and Newton.
        start: (k, e).
        steps: how many are tried.
        longest: of a step, for each parameter.
        confine: moves parameters into the allowed region.

    Returns:
        The parameters (k, e) and the objective there.
    """
    limits = jnp.asarray(longest)[:, None]

    def attempt(_: int, state: tuple[jax.Array, Expansion, jax.Array]) -> tuple[jax.Array, Expansion, jax.Array]:
        place, here, damping = state
        move = -solve(here.curvature, here.gradient, damping)
        move = move / jnp.maximum(jnp.max(jnp.abs(move) / limits, axis=0), 1.0)
        trial = confine(place + move)
        there = expand(trial)
        better = there.value <= here.value
        taken = Expansion(*(jnp.where(better, new, old) for new, old in zip(there, here, strict=True)))
        damping = jnp.where(better, jnp.maximum(damping * 0.3, 1e-9), jnp.minimum(damping * 6.0, 1e9))
        return jnp.where(better, trial, place), taken, damping

    # the first turn moves nowhere and expands the objective: so its code is there, and compiled, once
    count, events = start.shape
    nothing = Expansion(jnp.full(events, jnp.inf), jnp.zeros_like(start), jnp.zeros((count, count, events)))
    begin = (start, nothing, jnp.full(events, 1e-2))
    place, here, _ = jax.lax.fori_loop(0, steps + 1, attempt, begin)
    return place, here


def solve(matrix: jax.Array, vector: jax.Array, damping: jax.Array | float = 0.0) -> jax.Array:
    """Solve (M + damping diag M) x = v for symmetric, positive definite M by elimination.

    Args:
        matrix: M, (k, k, e).
        vector: v, (k, e).
        damping: (e,) or a number.

    Returns:
        x, (k, e).
    """
    count = matrix.shape[0]
    rows = [[matrix[i, j] for j in range(count)] for i in range(count)]
    right = [vector[i] for i in range(count)]
    for i in range(count):
        rows[i][i] = rows[i][i] * (1.0 + damping) + _LEAST
    for i in range(count):
        for j in range(i + 1, count):
            factor = rows[j][i] / rows[i][i]
            rows[j] = [below - factor * above for below, above in zip(rows[j], rows[i], strict=True)]
            right[j] = right[j] - factor * right[i]
    for i in reversed(range(count)):
        for j in range(i + 1, count):
            right[i] = right[i] - rows[i][j] * right[j]
        right[i] = right[i] / rows[i][i]
    return jnp.stack(right)
