"""The networks of the study: what they are made of and how they are trained."""

from __future__ import annotations

from analysis.learning.loss_settings import Likelihood, Wasserstein
from analysis.learning.networks.adversarial_settings import AdversarialSettings
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.flow_settings import FlowSettings
from analysis.learning.optimizer_settings import Adam, AdamW
from analysis.learning.settings import TrainingSettings
from analysis.step import Step
from analysis.study import Network

__all__ = ["CLASSIFIER", "GENERATORS"]

_FOLDS = 3

GENERATORS = (
    Network(
        "flow",
        Step(
            "analysis.learning.networks.flow:build",
            FlowSettings(layers=4, hidden=(32,), bins=5, noise="noise"),
        ),
        TrainingSettings(
            loss=Likelihood(drawn=True),
            folds=_FOLDS,
            epochs=30,
            batch_size=128,
            learning_rate=1e-3,
            optimizer=AdamW(weight_decay=0.1),
            averaging=0.98,
            patience=8,
        ),
        "normalizing flow",
    ),
    Network(
        "adversarial",
        Step(
            "analysis.learning.networks.adversarial:build",
            AdversarialSettings(hidden=(64, 64), critic=(64, 64)),
        ),
        TrainingSettings(
            loss=Wasserstein(critic_steps=3),
            folds=_FOLDS,
            epochs=150,
            batch_size=256,
            learning_rate=5e-4,
            optimizer=Adam(b1=0.0, b2=0.9),
            patience=150,
            validation="sliced_wasserstein",
            averaging=0.99,
        ),
        "Wasserstein GAN with gradient penalty",
    ),
)

CLASSIFIER = Network(
    "dense",
    Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(64, 64), dropout=0.1, segments=4)),
    TrainingSettings(folds=_FOLDS, epochs=15, batch_size=256, optimizer=AdamW(weight_decay=0.05), patience=5),
    "tells generated showers from simulated ones",
)
"""It has as many folds as the generators, so that it judges showers that it never saw."""
