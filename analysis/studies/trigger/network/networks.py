"""The networks of the study: what they are made of and how they are trained."""

from __future__ import annotations

from analysis.learning.networks.quantised_settings import FixedPoint, QuantisedSettings
from analysis.learning.optimizer_settings import AdamW
from analysis.learning.settings import TrainingSettings
from analysis.step import Step
from analysis.study import Network

__all__ = ["NETWORK", "network", "training"]


def network(hidden: tuple[int, ...], bits: int, kept: float) -> QuantisedSettings:
    """Shape and numbers of a network for windows of the study.

    Args:
        hidden: widths of the layers.
        bits: of a weight; activations have two more.
        kept: share of the weights.
    """
    return QuantisedSettings(
        hidden=hidden,
        inputs=FixedPoint(6, 2, signed=False),
        weights=FixedPoint(bits, 1),
        biases=FixedPoint(bits + 2, 3),
        activations=FixedPoint(bits + 2, 3, signed=False),
        kept=kept,
        pruned_over=600 if kept < 1 else 0,
    )


def training(epochs: int = 60) -> TrainingSettings:
    """Settings of the training of a network."""
    return TrainingSettings(
        folds=3,
        epochs=epochs,
        batch_size=512,
        learning_rate=4e-3,
        optimizer=AdamW(weight_decay=0.01),
        averaging=0.99,
        patience=epochs,
    )


NETWORK = Network(
    "quantised",
    Step("analysis.learning.networks.quantised:build", network((32, 32, 32), 6, 0.5)),
    training(),
    "network in fixed point",
)
