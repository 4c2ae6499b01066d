"""The networks of the study: what they are made of and how they are trained."""

from __future__ import annotations

from dataclasses import replace

from analysis.learning.loss_settings import Variational
from analysis.learning.networks.attention_settings import AttentionSettings
from analysis.learning.networks.bayesian_settings import BayesianSettings
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.lorentz_settings import LorentzSettings
from analysis.learning.optimizer_settings import AdamW
from analysis.learning.settings import TrainingSettings
from analysis.learning.tuning_settings import Choice, Real, Tuning
from analysis.step import Step
from analysis.study import Network

__all__ = ["NETWORKS", "TUNINGS"]

# four seeds: one is one draw, whose result differs from another one's by about its statistical uncertainty;
# ten folds, few epochs, strong decay: as good on test events as five folds with 40 epochs, and hardly better on
# training events (docs/htautau.md)
_TRAINING = TrainingSettings(folds=10, seeds=4, epochs=25, optimizer=AdamW(weight_decay=1.5))

NETWORKS = (
    Network(
        "dense",
        Step("analysis.learning.networks.dense:build", DenseSettings(blocks=("event",))),
        _TRAINING,
        "fully connected network of the quantities of the event",
    ),
    Network(
        "lorentz",
        Step("analysis.learning.networks.lorentz:build", LorentzSettings(dropout=0.3, segments=4)),
        _TRAINING,
        "Lorentz Boost Network of the four-momenta, beside the quantities of the event",
    ),
    Network(
        "attention",
        Step(
            "analysis.learning.networks.attention:build",
            AttentionSettings(momenta=True, places=True, width=16, layers=1, pairs=4, dropout=0.3, segments=4),
        ),
        replace(_TRAINING, patience=8),
        "self-attention among the particles, beside the quantities of the event",
    ),
    Network(
        "bayesian",
        Step("analysis.learning.networks.bayesian:build", BayesianSettings(hidden=(64, 64), blocks=("event",))),
        # what the parameters' distribution learns has no decay: its prior does that
        replace(_TRAINING, optimizer=AdamW(weight_decay=0.0), loss=Variational()),
        "network of the quantities of the event whose parameters are drawn",
    ),
)

TUNINGS = (
    Tuning(
        "default",
        rounds=4,
        trials=6,
        space=(
            Real("training.learning_rate", 3e-4, 1e-2, logarithmic=True),
            Real("training.optimizer.weight_decay", 0.05, 2.0, logarithmic=True),
            Real("network.dropout", 0.0, 0.5),
            Choice("network.hidden", ("32", "64", "64,64", "128,128", "64,64,64")),
        ),
    ),
)
