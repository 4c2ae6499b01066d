"""Inputs of networks on the device: events for compiled code, and the rows of them that a step takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax

__all__ = ["BatchInputs", "DeviceInputs", "WeightedRows"]


class DeviceInputs(NamedTuple):
    """n events for the networks of g folds."""

    shared: Mapping[str, Any]  # (n, ...) float32 or float16 by block, of blocks that enter as they are
    own: Mapping[str, Any]  # (g, n, ...) float32 by block, standardised as each fold's training events demand
    present: Mapping[str, Any]  # (n, ...) bool by block
    label: Any  # (n,) int32
    target: Any  # (n, t) float32
    scale: Any  # (g, t, 2) float32, mean and standard deviation of each target


class WeightedRows(NamedTuple):
    """Selection of the events of each fold's networks; padded with weight 0, so that all have the same number."""

    rows: Any  # (g, m) int32
    weight: Any  # (g, m) float32


class BatchInputs(NamedTuple):
    """Network inputs of m events, by block."""

    values: Mapping[str, jax.Array]  # (m, ...) standardised where the block's features have names
    present: Mapping[str, jax.Array]  # (m, ...) bool
