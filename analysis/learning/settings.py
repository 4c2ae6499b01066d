"""What a training can be told; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.validated import check_types, require

__all__ = ["TrainingSettings"]


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained, whatever its architecture.

    Args:
        folds: number of folds; as many networks are trained, each tested on a fold of its own.
        epochs: passes over the training events, at most.
        batch_size: events in one optimisation step.
        learning_rate: the highest one, reached after the warm-up.
        warmup: share of all steps in which the learning rate rises linearly from zero, in [0, 1).
        final_learning_rate: where the cosine decay ends after ``epochs``, as a share of ``learning_rate``.
        weight_decay: of AdamW, on matrices only (no biases or scales).
        gradient_clip: gradients of a greater global norm are scaled down to it; 0 for no limit.
        patience: a fold's training stops after so many epochs without a better validation value.
        loss: what the networks learn: ``"cross_entropy"`` for the classes of events, ``"gaussian"`` for their targets
            and how well these are known; see :mod:`analysis.learning.losses`.
        validation: the value on the validation fold that picks the best epoch: the mean ``"loss"``, or the loss's
            ``"merit"`` (the mean AUC of classes, the RMS error of targets).
        seed: of the initial parameters, the order of the events and the dropout.

    Raises:
        StudyError: a value is of the wrong type or out of its range.

    Examples:
        >>> TrainingSettings(epochs=0)
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: TrainingSettings: epochs is 0
          cure: it must be at least 1
    """

    folds: int = 5
    epochs: int = 40
    batch_size: int = 512
    learning_rate: float = 2e-3
    warmup: float = 0.1
    final_learning_rate: float = 0.01
    weight_decay: float = 0.5
    gradient_clip: float = 1.0
    patience: int = 12
    loss: Literal["cross_entropy", "gaussian"] = "cross_entropy"
    validation: Literal["loss", "merit"] = "loss"
    seed: int = 1

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "folds", self.folds >= 3, "at least 3: one to test, one to stop early, one to train")
        require(self, "epochs", self.epochs >= 1, "at least 1")
        require(self, "batch_size", self.batch_size >= 1, "at least 1")
        require(self, "learning_rate", self.learning_rate > 0, "greater than 0")
        require(self, "warmup", 0 <= self.warmup < 1, "in [0, 1)")
        require(self, "final_learning_rate", 0 <= self.final_learning_rate <= 1, "in [0, 1]")
        require(self, "weight_decay", self.weight_decay >= 0, "at least 0")
        require(self, "gradient_clip", self.gradient_clip >= 0, "at least 0")
        require(self, "patience", self.patience >= 1, "at least 1")
        require(self, "seed", 0 <= self.seed < 2**32, "in [0, 2^32)")
