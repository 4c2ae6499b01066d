"""Choice of the devices that share the events of a training's steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.learning.training.data_parallel import DataParallel
from analysis.learning.training.network_state import split_network

__all__ = ["choose_devices", "has_loops"]

_LOOPS = {"scan", "while", "conv_general_dilated"}

Arrays = Mapping[str, Any]


def choose_devices(
    build: Callable[[nnx.Rngs], nnx.Module], values: Arrays, present: Arrays, batch_size: int, most: int | None = None
) -> DataParallel:
    """All devices, or as many as divide a step's events.

    A processor that appears as several devices divides large products of matrices among its cores by itself, and
    better. What it does not divide are loops, of recurrent networks or over neighbours, and convolutions: only networks
    with such use all of its devices.

    Args:
        build: makes the network.
        values: (n, ...) by block, or whatever has such a shape.
        present: (n, ...) by block, likewise.
        batch_size: events of a step.
        most: devices, where that is decided already.
    """
    devices = jax.local_devices()[:most]
    # only where there is a choice: it takes a tenth of a second to find out
    choice = most is None and len(devices) > 1 and devices[0].platform == "cpu"
    if choice and not has_loops(build, values, present):
        devices = devices[:1]
    return DataParallel(tuple(devices[: max(n for n in range(1, len(devices) + 1) if batch_size % n == 0)]))


def has_loops(build: Callable[[nnx.Rngs], nnx.Module], values: Arrays, present: Arrays) -> bool:
    """Whether the network computes something in a loop, or convolutions; arguments are those above."""

    def call(model: Any, values: Arrays, present: Arrays) -> jax.Array:
        return nnx.merge(graph, *model)(values, present)

    abstract = nnx.eval_shape(lambda: build(nnx.Rngs(params=0, dropout=0)))
    graph = nnx.graphdef(abstract)
    blocks = (
        {name: jax.ShapeDtypeStruct((2, *array.shape[1:]), kind) for name, array in arrays.items()}
        for arrays, kind in ((values, jnp.float32), (present, jnp.bool_))
    )
    return any(name in _LOOPS for name in _primitives(jax.make_jaxpr(call)(split_network(abstract), *blocks).jaxpr))


def _primitives(jaxpr: Any) -> Iterator[str]:
    """Names of all operations, also of those within others."""
    for equation in jaxpr.eqns:
        yield equation.primitive.name
        for within in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda leaf: hasattr(leaf, "eqns")):
            # closed or not
            inner = getattr(within, "jaxpr", within)
            if hasattr(inner, "eqns"):
                yield from _primitives(inner)
