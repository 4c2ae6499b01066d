"""A fully connected network in integers: what hardware computes, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.learning.networks.quantised_settings import FixedPoint

__all__ = ["IntegerNetwork"]


@dataclass(frozen=True, eq=False)
class IntegerNetwork:
    """A trained network as integers.

    Each layer's sums are exact. What leaves a hidden layer is shifted to the steps of activations, which rounds down,
    and cut off at the lowest and highest of them; sums of the last layer are the outputs. What sums count steps of,
    differs from layer to layer.

    Args:
        inputs: numbers of the f features.
        activations: numbers between layers.
        weights: (f, w) int64 of each layer, in the steps of its sums for each step of what it maps.
        biases: (w,) int64 of each layer, in the steps of its sums.
        fractions: number of bits right of the binary point of each layer's sums.
    """

    inputs: FixedPoint
    activations: FixedPoint
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    fractions: tuple[int, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of features, and width of each layer."""
        return (len(self.weights[0]), *(len(bias) for bias in self.biases))

    @property
    def parameters(self) -> int:
        """Number of weights and biases, with those that are 0."""
        return sum(array.size for array in (*self.weights, *self.biases))

    @property
    def kept(self) -> float:
        """Share of the weights that are not 0."""
        return sum(int(np.count_nonzero(each)) for each in self.weights) / sum(each.size for each in self.weights)

    @property
    def step(self) -> float:
        """The logit that an output of 1 stands for."""
        return 2.0 ** -self.fractions[-1]

    def round(self, features: np.ndarray) -> np.ndarray:
        """Round features to inputs of :meth:`evaluate`: down, within what inputs can be.

        Args:
            features: (n, f), as the network is trained with them.

        Returns:
            (n, f) int64.
        """
        return _limit(
            np.floor(np.ldexp(features.astype(np.float64), self.inputs.fraction)).astype(np.int64), self.inputs
        )

    def evaluate(self, inputs: np.ndarray) -> np.ndarray:
        """The outputs of n events.

        Args:
            inputs: (n, f) integers.

        Returns:
            (n, o) int64, in units of :attr:`step`.
        """
        values = inputs.astype(np.int64)
        for number, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            if number:
                shift = self.fractions[number - 1] - self.activations.fraction
                values = _limit(values >> shift if shift > 0 else values << -shift, self.activations)
            values = values @ weights + biases
        return values


def _limit(integers: np.ndarray, numbers: FixedPoint) -> np.ndarray:
    return np.clip(integers, numbers.lowest, numbers.highest)
