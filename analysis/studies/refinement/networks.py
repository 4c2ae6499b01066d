"""The networks of the study: what they are made of and how they are trained."""

from __future__ import annotations

from dataclasses import replace

from analysis.learning.loss_settings import DomainAdversarial, Gaussian, Refinement
from analysis.learning.networks.hexagonal_settings import HexagonalSettings
from analysis.learning.networks.refiner_settings import TraceRefinerSettings
from analysis.learning.networks.reversal_settings import ReversalSettings
from analysis.learning.optimizer_settings import Adam, AdamW
from analysis.learning.settings import TrainingSettings
from analysis.step import Step
from analysis.study import Network

__all__ = ["DEPTH", "REFINER", "REVERSAL"]

_FOLDS = 4
_EXTRACTOR = Step("analysis.learning.networks.hexagonal:build", HexagonalSettings(width=48, dropout=0.01))
_TRAINING = TrainingSettings(
    loss=Gaussian(),
    folds=_FOLDS,
    epochs=20,
    batch_size=64,
    learning_rate=1e-2,
    optimizer=AdamW(weight_decay=0.03),
    patience=10,
)

DEPTH = Network(
    "hexagonal",
    _EXTRACTOR,
    _TRAINING,
    "recurrent network of the traces, exchange between neighbouring stations",
)

REVERSAL = Network(
    "reversal",
    Step("analysis.learning.networks.reversal:build", ReversalSettings((32,), (32,), (64,), extractor=_EXTRACTOR)),
    replace(_TRAINING, loss=DomainAdversarial(), batch_size=128),
    "the same, whose features tell simulation and data apart as little as they can",
)

REFINER = Network(
    "refiner",
    Step("analysis.learning.networks.trace_refiner:build", TraceRefinerSettings(channels=8, window=3, noise="noise")),
    TrainingSettings(
        loss=Refinement("traces", critic_steps=5, penalty=1.0),
        folds=_FOLDS,
        epochs=24,
        patience=24,
        batch_size=192,
        learning_rate=2e-3,
        optimizer=Adam(b1=0.0, b2=0.9),
        averaging=0.99,
        validation="last",
    ),
    "residual network of traces, and a critic that tells them from those of data",
)
