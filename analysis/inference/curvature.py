"""Equations with a curvature, a symmetric matrix of p parameters that need not be positive."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

__all__ = ["distance_of", "factor_of", "movable_covariance", "scale_of", "solve"]

# relative to the curvature: what makes directions that nothing depends on solvable
_LEAST_DAMPING = 1e-10
# the same where a distance is estimated: in a valley that is flat up to rounding, its gradient is rounding too
_FLAT = 1e-6


def scale_of(hessian: jax.Array) -> jax.Array:
    """Size of the parameters' steps, (p,): makes damping independent of their units."""
    curvature = jnp.abs(jnp.diagonal(hessian))
    return jax.lax.rsqrt(jnp.where(curvature > 1e-14, curvature, 1e-14))


def factor_of(hessian: jax.Array, scale: jax.Array, movable: jax.Array, damping: jax.Array | float) -> jax.Array:
    """Cholesky factor of the damped, scaled curvature of movable parameters; not numbers if it is not positive."""
    pairs = movable[:, None] & movable[None, :]
    scaled = jnp.where(pairs, hessian * scale[:, None] * scale[None, :], 0.0)
    diagonal = jnp.where(movable, damping + _LEAST_DAMPING, 1.0)
    return jax.lax.linalg.cholesky(scaled + jnp.diag(diagonal), symmetrize_input=False)


def solve(factor: jax.Array, scale: jax.Array, movable: jax.Array, vector: jax.Array) -> jax.Array:
    """Solve the equations of a factor for a vector (p,); zero for parameters that cannot move."""
    half = solve_triangular(factor, jnp.where(movable, scale * vector, 0.0), lower=True)
    return scale * solve_triangular(factor, half, lower=True, trans=1)


def distance_of(gradient: jax.Array, hessian: jax.Array, movable: jax.Array) -> jax.Array:
    """Half of g H⁻¹ g over movable parameters, (); infinite where the curvature is negative.

    A curvature of less than 1e-6 of its parameters' own is taken for none, as along k m = constant where a product of
    two free factors is all that matters.
    """
    scale = scale_of(hessian)
    factor = factor_of(hessian, scale, movable, _FLAT)
    half = solve_triangular(factor, jnp.where(movable, scale * gradient, 0.0), lower=True)
    return jnp.where(jnp.all(jnp.isfinite(factor)), 0.5 * jnp.sum(half**2), jnp.inf)


def movable_covariance(hessian: jax.Array, movable: jax.Array) -> jax.Array:
    """Inverse of second derivatives over some of p parameters, (p, p); zero for the others.

    Args:
        hessian: (p, p).
        movable: bool (p,).
    """
    scale = scale_of(hessian)
    exact = factor_of(hessian, scale, movable, 0.0)
    # along a flat valley, rounding may have made it negative
    factor = jax.lax.cond(
        jnp.all(jnp.isfinite(exact)), lambda: exact, lambda: factor_of(hessian, scale, movable, _FLAT)
    )
    half = solve_triangular(factor, jnp.diag(jnp.where(movable, scale, 0.0)), lower=True)
    return half.T @ half
