"""A function of one network, mapped over several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["over_networks"]

Axis = Any  # 0 for the axis of folds, None for what all networks share, or a tuple of these


def over_networks(
    function: Callable[..., Any], axes: tuple[Axis, ...], networks: int, *, in_turn: bool
) -> Callable[..., Any]:
    """Map ``f(state, ...)`` over networks: all folds with the first seed, then all with the next one.

    Args:
        function: of one network.
        axes: of the arguments after the state, which axis counts folds.
        networks: number of networks.
        in_turn: whether to compute one after another. Together is faster for small networks, for which a step is not
            worth starting, and on devices with more to give than one network takes.
    """

    def mapped(state: Any, *rest: Any) -> Any:
        folds = next(size for axis, argument in zip(axes, rest, strict=True) for size in _sizes(axis, argument))

        def one(own: Any, fold: Any) -> Any:
            return function(own, *(_take(axis, part, fold) for axis, part in zip(axes, rest, strict=True)))

        if networks == 1:
            # a map over one network makes copies that a plain call does without
            return jax.tree.map(lambda leaf: leaf[None], one(jax.tree.map(lambda leaf: leaf[0], state), 0))
        if in_turn:
            return jax.lax.map(lambda pair: one(*pair), (state, jnp.arange(networks) % folds))
        grid = jax.tree.map(lambda leaf: leaf.reshape(networks // folds, folds, *leaf.shape[1:]), state)
        over_folds = jax.vmap(function, in_axes=(0, *axes))
        result = jax.vmap(over_folds, in_axes=(0, *[None] * len(rest)))(grid, *rest)
        return jax.tree.map(lambda leaf: leaf.reshape(networks, *leaf.shape[2:]), result)

    return mapped


def _sizes(axis: Axis, argument: Any) -> list[int]:
    """List the numbers of folds of an argument's arrays; none for those that all networks share."""
    if isinstance(axis, tuple):
        return [size for one, part in zip(axis, argument, strict=True) for size in _sizes(one, part)]
    return [] if axis is None else [leaf.shape[0] for leaf in jax.tree.leaves(argument)]


def _take(axis: Axis, argument: Any, fold: Any) -> Any:
    """Select one fold of an argument; parts that all networks share stay whole."""
    if isinstance(axis, tuple):
        return type(argument)(*(_take(one, part, fold) for one, part in zip(axis, argument, strict=True)))
    return argument if axis is None else jax.tree.map(lambda leaf: leaf[fold], argument)
