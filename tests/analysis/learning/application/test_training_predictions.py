"""What a network says that had the event among its training events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.learning.application.training_predictions import training_predictions
from analysis.learning.data.folds import split
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.study import Step

pytestmark = pytest.mark.long


def test_every_event_is_scored_by_a_network_that_it_trained(
    gaussians: Callable[..., TrainingInputs], small_network: Step, small_settings: TrainingSettings, tmp_path: Path
):
    inputs = gaussians(600)
    trained = train(inputs, small_network, small_settings, checkpoints=tmp_path)
    scores = training_predictions(trained, inputs)
    assert scores.shape == (600, 3)
    seen = 0
    for part in split(inputs.identity, small_settings.folds):
        own = trained.predictions_of(part.network, inputs)
        same = np.flatnonzero((own == scores).all(axis=1))
        assert np.isin(same, part.training).all()
        seen += len(same)
    # with three folds a network's training events are those of one fold, so that each event has exactly one
    assert seen == 600
    assert not (scores == trained.predictions(inputs)).all(axis=1).any()
