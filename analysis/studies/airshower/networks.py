"""The networks of the study: what they are made of and how they are trained."""

from __future__ import annotations

from dataclasses import replace

from analysis.learning.loss_settings import Gaussian, Likelihood
from analysis.learning.networks.flow_settings import FlowSettings
from analysis.learning.networks.hexagonal_settings import HexagonalSettings
from analysis.learning.networks.stations_settings import StationsSettings
from analysis.learning.optimizer_settings import AdamW
from analysis.learning.settings import TrainingSettings
from analysis.learning.tuning_settings import Real, Tuning, Whole
from analysis.step import Step
from analysis.studies.airshower.evaluation_settings import COVERAGE
from analysis.study import Network

__all__ = ["NETWORKS", "TUNINGS"]

_TRAINING = TrainingSettings(
    loss=Gaussian(),
    folds=4,
    epochs=18,
    batch_size=128,
    learning_rate=1e-2,
    optimizer=AdamW(weight_decay=0.03),
    patience=8,
)

_HEXAGONAL = Step("analysis.learning.networks.hexagonal:build", HexagonalSettings(width=64, dropout=0.01))

NETWORKS = (
    Network(
        "hexagonal",
        _HEXAGONAL,
        _TRAINING,
        "recurrent network of the traces, exchange between neighbouring stations",
    ),
    Network(
        "graph",
        Step("analysis.learning.networks.stations:build", StationsSettings()),
        _TRAINING,
        "recurrent network of the traces, dynamic graph of the stations",
    ),
    Network(
        "flow",
        Step("analysis.learning.networks.flow:build", FlowSettings(1, (32,), extractor=_HEXAGONAL)),
        replace(_TRAINING, loss=Likelihood(quantiles=COVERAGE.levels)),
        "the first network with a normalizing flow in place of the normal distribution: asymmetric intervals",
    ),
)

TUNINGS = (
    Tuning(
        "default",
        rounds=4,
        trials=4,
        space=(
            Real("training.learning_rate", 2e-3, 2e-2, logarithmic=True),
            Real("training.optimizer.weight_decay", 1e-3, 0.3, logarithmic=True),
            Whole("network.width", 32, 96),
        ),
    ),
)
