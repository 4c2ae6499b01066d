"""Intervals of predicted numbers: what they hold of true ones, by densities with and without a tail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from analysis.errors import StudyError, TrainingError
from analysis.events.identity import identify
from analysis.learning.application.scores import Scores, score
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.evaluation.coverage import evaluate, summarise
from analysis.learning.loss_settings import Gaussian, Likelihood
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.flow_settings import FlowSettings
from analysis.learning.regression_settings import CoverageSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.study import Step
from analysis.validated import override

SETTINGS = CoverageSettings()
# (a + b - 2 m) / (b - a) of the quantiles of an exponential distribution at 16, 50 and 84 %
SKEW = np.log(0.5**2 / (0.84 * 0.16)) / np.log(0.84 / 0.16)


def decays(events: int = 3000) -> TrainingInputs:
    """Exponential times after a moment, with a mean that a feature decides."""
    random = np.random.default_rng(5)
    place = random.uniform(size=events)
    time = 2.0 * place + (0.5 + place) * random.exponential(size=events)
    return TrainingInputs(
        features={"event": Features(place.astype(np.float32)[:, None], np.ones((events, 1), bool), ("place",))},
        label=np.zeros(events, np.int32),
        target=time.astype(np.float32)[:, None],
        weight=np.ones(events),
        identity=identify("decays", 0, events),
        trainable=np.ones(events, bool),
        classes=("decay",),
        targets=("time",),
    )


@pytest.mark.long
def test_intervals_of_a_skewed_density(tmp_path: Any, quick_compilation: None) -> None:
    """Times scatter exponentially around what is known: a flow knows that, a normal distribution cannot."""
    inputs = decays()
    networks = {
        "flow": (
            Step(
                "analysis.learning.networks.flow:build",
                FlowSettings(
                    layers=1,
                    hidden=(),
                    extractor=Step("analysis.learning.networks.dense:build", DenseSettings((16,), dropout=0.0)),
                    latent=16,
                ),
            ),
            Likelihood(quantiles=SETTINGS.levels),
        ),
        "normal": (Step("analysis.learning.networks.gaussian:build", DenseSettings((16,), dropout=0.0)), Gaussian()),
    }
    settings = TrainingSettings(folds=3, epochs=40, batch_size=100, learning_rate=1e-2, patience=40)
    found = {}
    for name, (network, loss) in networks.items():
        own = override(settings, {"loss": loss})
        trained = train(inputs, network, own, checkpoints=tmp_path / name)
        found[name] = evaluate({"decays": score(trained, inputs)}, {"decays": inputs}, SETTINGS)["intervals"]["68"]
    assert found["flow"]["coverage"]["value"] == pytest.approx(68.0, abs=3.0)
    assert found["flow"]["asymmetry"]["value"] == pytest.approx(SKEW, abs=0.1)
    # one standard deviation around the mean is 86 % of an exponential distribution
    assert found["normal"]["coverage"]["value"] > 80.0
    assert found["normal"]["asymmetry"]["value"] == 0.0


def predicted(inputs: TrainingInputs, bias: float = 0.0) -> Scores:
    """What a network would predict that knows mean and standard deviation."""
    place = inputs.features["event"].values[:, 0]
    mean, width = 3.0 * place + 0.5 + bias, 0.5 + place
    return Scores(inputs.identity, np.stack([mean, width], axis=1).astype(np.float32), ("time", "time_uncertainty"))


def test_numbers_and_tables_say_the_same() -> None:
    inputs = decays(1000)
    result = evaluate({"some": predicted(inputs)}, {"some": inputs}, SETTINGS)
    numbers = {number["name"]: number for number in result["numbers"]}
    assert set(numbers) == {"coverage_95", "coverage_68"}
    share = numbers["coverage_68"]["value"] / 100
    assert share == pytest.approx(np.exp(0.0) - np.exp(-2.0), abs=0.04)
    assert numbers["coverage_68"]["stat"][0] == pytest.approx(100 * np.sqrt(share * (1 - share) / 1000))
    table = next(table for table in result["tables"] if table["name"] == "coverage")
    assert table["axes"][0]["values"] == [95, 68]
    assert table["columns"][0]["values"] == [numbers["coverage_95"]["value"], numbers["coverage_68"]["value"]]
    # half a standard deviation too high: fewer true values above
    shifted = evaluate({"some": predicted(inputs, 0.5)}, {"some": inputs}, SETTINGS)
    assert shifted["below"][2]["value"] > result["below"][2]["value"] + 5
    assert "normal distribution" in shifted["method"]


def test_weights_count() -> None:
    values = norm.ppf((np.arange(2000) + 0.5) / 2000)
    quantiles = np.broadcast_to(norm.ppf(SETTINGS.levels), (2000, 5))
    plain = summarise(values, quantiles, np.ones(2000), SETTINGS)
    assert [one["value"] for one in plain["below"]] == pytest.approx([2.5, 16, 50, 84, 97.5], abs=0.1)
    assert plain["intervals"]["95"]["coverage"]["value"] == pytest.approx(95, abs=0.1)
    heavy = summarise(values, quantiles, np.where(values > 0, 3.0, 1.0), SETTINGS)
    assert heavy["below"][2]["value"] == pytest.approx(25, abs=0.1)
    assert heavy["below"][2]["uncertainty"] > 100 * np.sqrt(0.25 * 0.75 / 2000)
    with pytest.raises(TrainingError, match="0 events"):
        summarise(values[:0], quantiles[:0], values[:0], SETTINGS)


@pytest.mark.parametrize("levels", [(0.5,), (0.1, 0.9), (0.1, 0.5, 0.8), (0.5, 0.5, 0.5), (0.0, 0.5, 1.0)])
def test_levels_are_symmetric(levels: tuple[float, ...]) -> None:
    with pytest.raises(StudyError, match="levels"):
        CoverageSettings(levels)
