"""Operations and bytes of products of matrices, counted in what JAX traces of a function."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jax.interpreters import partial_eval

__all__ = ["Work", "count_products"]


class Work(NamedTuple):
    """Operations and bytes of a function's products of matrices.

    Args:
        operations: multiplications and additions.
        moved: bytes of all factors and products, each once for each time that it is used.
    """

    operations: float
    moved: float


def count_products(function: Callable[..., Any], *arguments: Any) -> Work:
    """Work of a call; what the compiler leaves out because nobody uses it does not count.

    Compilers' own counts take a loop for one turn of it.
    """
    traced = jax.make_jaxpr(function)(*arguments).jaxpr
    used, _ = partial_eval.dce_jaxpr(traced, [True] * len(traced.outvars))
    return _count(used)


def _count(jaxpr: Any) -> Work:
    operations = moved = 0.0
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            ((contracted, _), _), (left, *_) = equation.params["dimension_numbers"], equation.invars
            (product,) = equation.outvars
            operations += 2 * product.aval.size * math.prod(left.aval.shape[axis] for axis in contracted)
            moved += sum(one.aval.size * one.aval.dtype.itemsize for one in (*equation.invars, product))
        turns = equation.params["length"] if equation.primitive.name == "scan" else 1
        for part in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda leaf: hasattr(leaf, "eqns")):
            # closed or not
            inner = getattr(part, "jaxpr", part)
            if hasattr(inner, "eqns"):
                within = _count(inner)
                operations, moved = operations + turns * within.operations, moved + turns * within.moved
    return Work(operations, moved)
