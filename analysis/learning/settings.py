"""Settings of a training; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from analysis.learning.loss_settings import CrossEntropy, LossSettings
from analysis.learning.optimizer_settings import AdamW, Cosine, Optimizer, Schedule
from analysis.learning.pretrained_settings import Pretrained
from analysis.validated import check_types, require

__all__ = ["TrainingSettings"]

MetricName = Literal["auc", "accuracy", "rmse", "mae", "sliced_wasserstein", "class_distance"]
Validation = Literal["loss", "auc", "accuracy", "rmse", "mae", "sliced_wasserstein", "class_distance", "last"]


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a network's training, whatever its architecture.

    Args:
        folds: number of folds; as many networks are trained, each tested on a fold of its own.
        seeds: how often each of them is trained, with seeds that follow one another; predictions are combined.
        epochs: passes over the training events, at most.
        batch_size: events in one optimisation step.
        learning_rate: the highest one.
        optimizer: one of :mod:`analysis.learning.optimizer_settings`.
        schedule: of the learning rate; one of :mod:`analysis.learning.optimizer_settings`.
        gradient_clip: gradients of a greater global norm are scaled down to it; 0 for no limit.
        averaging: decay of an exponential moving average of the parameters, in [0, 1), which is what is validated and
            kept (Polyak and Juditsky, SIAM J. Control Optim. 30 (1992) 838); 0 for none. In step t it is at most
            (1 + t) / (10 + t).
        patience: a network's training stops after so many epochs without a better validation value.
        loss: what the networks learn; one of :mod:`analysis.learning.loss_settings`.
        metrics: what else a training is watched with, on the validation fold: ``auc``, ``accuracy``, ``rmse``, ``mae``,
            ``sliced_wasserstein``, ``class_distance``; the loss's own if empty.
        validation: the value on the validation fold that picks the best epoch: ``loss`` or one of the metrics; ``last``
            for the last epoch in any case, as suits networks trained against each other, whose metrics scatter.
        validation_events: so many events of the validation fold are looked at, at most; a random choice.
        shuffled_events: so many events are shuffled at random; of more, windows of so many, which change from epoch to
            epoch.
        precision: of the network's arithmetic; parameters, loss and optimizer have single precision in any case.
        seed: of the initial parameters, the order of the events and the dropout.
        start: published networks that these start from; ``none`` on a command line for none.

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
    seeds: int = 1
    epochs: int = 40
    batch_size: int = 512
    learning_rate: float = 2e-3
    optimizer: Optimizer = field(default_factory=AdamW)
    schedule: Schedule = field(default_factory=Cosine)
    gradient_clip: float = 1.0
    averaging: float = 0.0
    patience: int = 12
    loss: LossSettings = field(default_factory=CrossEntropy)
    metrics: tuple[MetricName, ...] = ()
    validation: Validation = "loss"
    validation_events: int = 2**20
    shuffled_events: int = 2**18
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = 1
    start: Pretrained | None = None

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "folds", self.folds >= 3, "at least 3: one to test, one to stop early, one to train")
        for name in ("seeds", "epochs", "batch_size", "patience", "validation_events"):
            require(self, name, getattr(self, name) >= 1, "at least 1")
        require(self, "shuffled_events", self.shuffled_events >= self.batch_size, "at least the batch size")
        require(self, "learning_rate", self.learning_rate > 0, "greater than 0")
        require(self, "gradient_clip", self.gradient_clip >= 0, "at least 0")
        require(self, "averaging", 0 <= self.averaging < 1, "in [0, 1)")
        require(self, "seed", 0 <= self.seed < 2**32 - self.seeds, "in [0, 2^32 - seeds)")
