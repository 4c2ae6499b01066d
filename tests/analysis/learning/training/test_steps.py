"""Networks that are trained against each other."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

from analysis.errors import TrainingError
from analysis.events.identity import fold_of
from analysis.learning.loss_settings import Likelihood, Wasserstein
from analysis.learning.networks.adversarial_settings import AdversarialSettings
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.flow_settings import FlowSettings
from analysis.learning.optimizer_settings import Adam, Constant
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.diagnosis import NotFiniteError
from analysis.learning.training.train import train
from analysis.study import Step
from tests.analysis.learning.conftest import MODES

pytestmark = pytest.mark.long

NETWORKS = Step("analysis.learning.networks.adversarial:build", AdversarialSettings((64, 64), (64, 64), "relu"))
DENSE = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(8,)))
# with as many random numbers as means and standard deviations, which is no number of targets
FLOW = Step("analysis.learning.networks.flow:build", FlowSettings(layers=2, hidden=(8,), noise="noise"))
QUIET = Step("analysis.learning.networks.flow:build", FlowSettings(layers=2, hidden=(8,)))
SETTINGS = TrainingSettings(
    folds=3,
    epochs=2,
    batch_size=48,
    gradient_clip=0.0,
    loss=Wasserstein(critic_steps=5),
    validation="sliced_wasserstein",
)


def check_modes(points, inputs):
    """All eight modes, each with its share of the events, on the ring whose radius is given."""
    angle = np.arctan2(points[:, 1], points[:, 0]) / (np.pi / 4)
    share = np.bincount(np.round(angle).astype(int) % 8, minlength=8) / len(points)
    assert np.abs(share - MODES).max() < 0.02
    assert (share > 0.7 * MODES).all()
    return np.corrcoef(np.hypot(*points.T), inputs.spectators["radius"])[0, 1]


def test_a_generator_learns_a_mixture_of_normal_distributions(rings, tmp_path):
    settings = replace(
        SETTINGS,
        epochs=80,
        batch_size=384,
        learning_rate=2e-3,
        optimizer=Adam(b1=0.0, b2=0.9),
        schedule=Constant(),
        patience=80,
        averaging=0.99,
        loss=Wasserstein(critic_steps=3, penalty=0.1),
        validation_events=1500,
    )
    trained = train(rings(12_000), NETWORKS, settings, checkpoints=tmp_path)
    fresh = rings(12_000, seed=2)
    assert check_modes(trained.predictions(fresh), fresh) > 0.6
    distances = [entry["networks"][0]["metrics"]["sliced_wasserstein"] for entry in trained.history]
    assert distances[-1] < 0.3 * distances[0]


def test_a_flow_learns_a_mixture_of_normal_distributions(rings, tmp_path):
    flow = Step(
        "analysis.learning.networks.flow:build", FlowSettings(layers=4, hidden=(32, 32), bins=12, noise="noise")
    )
    settings = TrainingSettings(
        folds=3, epochs=60, batch_size=256, learning_rate=5e-3, patience=60, loss=Likelihood(drawn=True)
    )
    trained = train(rings(9000, noise=2), flow, settings, checkpoints=tmp_path)
    fresh = rings(9000, seed=2, noise=2)
    assert check_modes(trained.predictions(fresh), fresh) > 0.8
    # the entropy of the true mixture, in units of the targets' widths
    entropy = -np.sum(MODES * np.log(MODES)) + np.log(2 * np.pi * np.e * 0.1**2) - np.log(trained.scale[0, :, 1]).sum()
    losses = [network["best_value"] for network in trained.history[-1]["networks"]]
    assert min(losses) > entropy - 0.05
    assert max(losses) < entropy + 0.25


@pytest.mark.parametrize(
    ("loss", "network", "said"),
    [
        (Wasserstein(), DENSE, "needs a network with generator, critic, criticise; Dense has no generator, critic"),
        (Likelihood(), DENSE, "needs a network with log_density, noise, summary; Dense has no log_density"),
        (Likelihood(), FLOW, "drawn=False, and the network takes its random numbers from the block 'noise'"),
        (Likelihood(drawn=True), QUIET, "drawn=True, and the network takes no random numbers"),
    ],
)
def test_a_loss_and_a_network_that_do_not_go_together(rings, tmp_path, loss, network, said):
    settings = replace(SETTINGS, loss=loss, validation="loss" if isinstance(loss, Likelihood) else "sliced_wasserstein")
    with pytest.raises(TrainingError, match=said):
        train(rings(600), network, settings, checkpoints=tmp_path)


def test_events_that_cannot_be_dealt(rings, tmp_path):
    with pytest.raises(TrainingError, match="the 50 events of a step cannot be dealt to 6 updates"):
        train(rings(600), NETWORKS, replace(SETTINGS, batch_size=50), checkpoints=tmp_path)


def test_devices_share_the_updates(rings, tmp_path, quick_compilation):
    one, two = (
        train(rings(600), NETWORKS, SETTINGS, checkpoints=tmp_path / str(devices), devices=devices)
        for devices in (1, 2)
    )
    assert {entry["devices"] for entry in two.history} == {min(2, jax.local_device_count())}
    for first, second in zip(one.history, two.history, strict=True):
        for network, other in zip(first["networks"], second["networks"], strict=True):
            assert network["losses"] == pytest.approx(other["losses"], rel=1e-4)


def test_a_critic_that_leaves_the_finite_numbers_is_named(rings, tmp_path, quick_compilation):
    inputs = rings(600)
    # such as no single precision holds, and they cancel in all sums
    inputs.weight[np.flatnonzero(fold_of(inputs.identity, 3) == 0)[[4, 9]]] = 1e300, -1e300
    with pytest.raises(NotFiniteError, match=r"step \d+ of \d+: the critic (loss|gradient) of"):
        train(inputs, NETWORKS, SETTINGS, checkpoints=tmp_path)
