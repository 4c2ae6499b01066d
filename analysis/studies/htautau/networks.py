"""The networks of the study: what they are made of and how they are trained."""

from __future__ import annotations

from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.optimizer_settings import AdamW
from analysis.learning.settings import TrainingSettings
from analysis.step import Step
from analysis.study import Network

__all__ = ["NETWORKS"]

_TRAINING = TrainingSettings(optimizer=AdamW(weight_decay=0.5))

NETWORKS = (
    Network(
        "dense",
        Step("analysis.learning.networks.dense:build", DenseSettings(blocks=("event",))),
        _TRAINING,
        "fully connected network of the quantities of the event",
    ),
)
