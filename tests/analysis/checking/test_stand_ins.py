from __future__ import annotations

import numpy as np

from analysis.checking.stand_ins import made_up_scores, scores_of
from analysis.events.identity import identify
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.study import Network, Step, Training


def inputs(start: int, count: int) -> TrainingInputs:
    return TrainingInputs(
        features={"event": Features(np.zeros((count, 1), np.float32), np.ones((count, 1), bool), ("x",))},
        label=np.zeros(count, np.int32),
        target=np.zeros((count, 0), np.float32),
        weight=np.ones(count),
        identity=identify("some", start, count),
        trainable=np.ones(count, bool),
        classes=("w", "z", "higgs"),
    )


def test_made_up_scores_are_those_of_the_event() -> None:
    network = Network("dense", Step("analysis.learning.networks.dense:build", DenseSettings()), TrainingSettings())
    training = Training("training", networks=(network,))
    whole, second = (made_up_scores(training, inputs(*some)) for some in ((0, 300), (150, 150)))
    assert whole.names == ("w", "z", "higgs")
    assert np.allclose(whole.predictions.sum(axis=1), 1.0)
    assert np.array_equal(whole.predictions[150:], second.predictions)
    # no category stays empty
    assert np.bincount(whole.predictions.argmax(axis=1)).min() > 60
    assert np.array_equal(scores_of(None, training, inputs(0, 300)).predictions, whole.predictions)
