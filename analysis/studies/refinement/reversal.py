"""Network on a hexagonal grid whose features tell simulation and data apart as little as they can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis.learning.networks.hexagonal import Hexagonal
from analysis.learning.networks.reversal import Reversal

if TYPE_CHECKING:
    from flax import nnx

    from analysis.studies.refinement.settings import HexagonalReversal

__all__ = ["build"]


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: HexagonalReversal
) -> nnx.Module:
    """A :class:`~analysis.learning.networks.reversal.Reversal` of what a hexagonal network extracts."""
    features = settings.hidden[-1]
    return Reversal(Hexagonal(shapes, features, rngs, settings.extractor), features, outputs, rngs, settings)
