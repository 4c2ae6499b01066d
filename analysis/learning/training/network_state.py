"""Parameters, statistics and random state of a network, apart from its structure."""

from __future__ import annotations

from typing import Any

from flax import nnx

__all__ = ["split_network"]


def split_network(model: nnx.Module) -> tuple[Any, Any, Any]:
    """Parameters (learned by gradients), statistics (such as running means) and random state (of dropout).

    Each is a tree of plain arrays, which :func:`flax.nnx.merge` or :func:`flax.nnx.update` takes back.
    """
    params, random, statistics = nnx.as_pure(nnx.state(model, nnx.Param, nnx.RngState, ...))
    return params, statistics, random
