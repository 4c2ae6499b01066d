"""A linear map of columns."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

__all__ = ["Layer", "product"]


class Layer(nnx.Module):
    """A linear map of the first axis; the other ones count events, particles or stations.

    In the usual order, with the mapped axis last, the gradient of the kernel is a sum over thousands of rows that XLA
    divides among the processor's cores, so that its last bits depend on their number (measured from 8192 rows on).

    The kernel starts from He's normal distribution (arXiv:1502.01852) where an activation follows, else from LeCun's;
    the bias from zero.

    Args:
        inputs: size f of the first axis.
        outputs: size w of its image.
        rngs: random numbers for the initial parameters (``params``).
        activated: whether an activation follows.
        bias: whether there is one.
    """

    def __init__(
        self, inputs: int, outputs: int, rngs: nnx.Rngs, *, activated: bool = False, bias: bool = True
    ) -> None:
        initial = nnx.initializers.he_normal() if activated else nnx.initializers.lecun_normal()
        self.kernel: nnx.Param[jax.Array] = nnx.Param(initial(rngs.params(), (inputs, outputs)))
        self.bias: Any = nnx.Param(jnp.zeros(outputs)) if bias else None

    def __call__(self, columns: jax.Array) -> jax.Array:
        """(f, ...) -> (w, ...)."""
        rest = columns.shape[1:]
        mapped = product(self.kernel[...], columns.reshape(columns.shape[0], math.prod(rest)))
        biased = mapped if self.bias is None else mapped + self.bias[...][:, None]
        return biased.reshape(-1, *rest)


@jax.custom_vjp
def product(kernel: jax.Array, columns: jax.Array) -> jax.Array:
    """The product of a kernel (f, w) and columns (f, n): (w, n).

    With a backward pass of its own: JAX's brings one of the three products into a form that XLA:CPU computes in twice
    the time, after a copy.
    """
    return kernel.T @ columns


def _forward(kernel: jax.Array, columns: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    # without the barrier, a transposition that made the columns would be folded into the kernel's gradient
    columns = jax.lax.optimization_barrier(columns)
    return kernel.T @ columns, (kernel, columns)


def _backward(kept: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    kernel, columns = kept
    # nor may a transposition that follows be folded into the gradient of the columns: without AVX-512, its last bits
    # depended on the number of cores
    return columns @ gradient.T, jax.lax.optimization_barrier(kernel @ gradient)


product.defvjp(_forward, _backward)
