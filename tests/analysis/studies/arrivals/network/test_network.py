"""Features, training and scores of the graph network, with few skies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from analysis.errors import StudyError, TrainingError
from analysis.studies.arrivals.network.features import GraphFeatures
from analysis.studies.arrivals.network.judging import judge_skies
from analysis.studies.arrivals.network.scoring import SkyNetworks
from analysis.studies.arrivals.network.settings import NetworkSettings, settings_of
from analysis.studies.arrivals.network.training import train
from analysis.studies.arrivals.settings import SkySettings
from analysis.studies.arrivals.simulation.skies import SkySimulation
from tests.analysis.studies.arrivals.conftest import drawn, planned

# networks are trained
pytestmark = pytest.mark.long

FEW = NetworkSettings(energy=57.0, width=12, neighbours=6, least_steps=60, batch_size=8)
SOURCES = SkySettings(fractions=(0.0, 0.3), between=True)


@pytest.fixture(scope="module")
def trained(array: Any, hypotheses: Any) -> list[dict[str, Any]]:
    skies = {"training": planned(80, SOURCES, 1000)}
    return [train(skies, array, hypotheses, fold, FEW) for fold in (0, 1)]


def test_neighbours_are_the_nearest_on_the_sphere(simulation: SkySimulation, array: Any, hypotheses: Any):
    (sky,) = drawn(simulation, 1, SOURCES)
    describe = GraphFeatures(array, hypotheses, FEW)
    features, near = describe(sky.directions)
    assert features.shape == (411, describe.width)
    own = sky.directions[:411]
    assert features[:, :3] == pytest.approx(own, abs=1e-6)
    angle = np.arccos(np.clip(own @ own.T, -1.0, 1.0))
    np.fill_diagonal(angle, np.inf)
    assert np.array_equal(np.sort(near, axis=1), np.sort(np.argsort(angle, axis=1)[:, :6], axis=1))


def test_what_the_hypotheses_do_not_have_is_told(array: Any, hypotheses: Any):
    with pytest.raises(StudyError, match=r"radii of 10\.0, which the hypotheses do not have"):
        GraphFeatures(array, hypotheses, NetworkSettings(radii=(10.0,)))


def test_settings_go_with_the_networks(trained: list[dict[str, Any]]):
    assert settings_of(trained[0]) == FEW


def test_a_training_is_the_same_again_and_another_with_another_seed(
    trained: list[dict[str, Any]], array: Any, hypotheses: Any
):
    again = train({"training": planned(80, SOURCES, 1000)}, array, hypotheses, 0, FEW)
    assert again.keys() == trained[0].keys()
    for name, values in again.items():
        assert np.array_equal(values, trained[0][name]), name
    assert not np.array_equal(trained[0]["history"], trained[1]["history"])
    assert trained[0]["history"][-5:].mean() < trained[0]["history"][:5].mean()


def test_too_few_skies_are_told(array: Any, hypotheses: Any):
    with pytest.raises(TrainingError, match="there are 3 skies to train on, and a step takes 8"):
        train({"training": planned(3, SOURCES)}, array, hypotheses, 0, FEW)


def test_events_of_sources_are_told_from_others(
    trained: list[dict[str, Any]], simulation: SkySimulation, array: Any, hypotheses: Any
):
    networks = SkyNetworks(array, hypotheses, trained)
    skies = drawn(simulation, 10, SkySettings(fractions=(0.15,)), 5000)
    ratios = np.concatenate([networks.log_ratios(sky.directions).mean(axis=0) for sky in skies])
    truth = np.concatenate([sky.source[:411] >= 0 for sky in skies])
    assert roc_auc_score(truth, ratios) > 0.75
    # calibrated: the mean ratio of isotropic events is that of densities, 1
    assert np.exp(ratios[~truth]).mean() == pytest.approx(1.0, abs=0.5)


def test_skies_with_sources_have_larger_statistics(trained: list[dict[str, Any]], array: Any, hypotheses: Any):
    isotropic = judge_skies(planned(40, SkySettings(), 1), array, hypotheses, trained)
    others = judge_skies(planned(40, SkySettings(fractions=(0.15,)), 1), array, hypotheses, trained)
    assert np.asarray(isotropic.ts).shape == (40, 3)
    for place in range(3):
        assert np.median(np.asarray(others.ts)[:, place]) > np.quantile(np.asarray(isotropic.ts)[:, place], 0.95)
        # the mean probability of events grows with the fraction
        assert np.median(np.asarray(others.fitted)[:, place]) > np.quantile(np.asarray(isotropic.fitted)[:, place], 0.9)


def test_the_graph_may_follow_what_was_learned(array: Any, hypotheses: Any):
    settings = NetworkSettings(energy=80.0, width=4, neighbours=3, layers=1, least_steps=2, batch_size=4, dynamic=True)
    network = train({"training": planned(8, SOURCES)}, array, hypotheses, 0, settings)
    assert np.isfinite(network["history"]).all()
    judged = judge_skies(planned(2, SOURCES), array, hypotheses, [network])
    assert np.isfinite(np.asarray(judged.ts)).all()
