"""Trainings that start from published networks."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import DataError, TrainingError
from analysis.events.identity import fold_of
from analysis.exchange.description import Description, Tensor
from analysis.learning.data.features import Features
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.optimizer_settings import SGD, Constant
from analysis.learning.pretrained_settings import Pretrained
from analysis.learning.training.starting import read_start
from analysis.learning.training.train import train

pytestmark = pytest.mark.usefixtures("quick_compilation")

DIGEST = "0" * 64


class Killed(Exception):
    """What ends a training in the middle."""


@pytest.fixture(scope="module")
def inputs(gaussians):
    return gaussians(900)


@pytest.fixture(scope="module")
def few(gaussians):
    """Some of other events, whose second feature is measured in another way."""
    events = gaussians(600, 7)
    block = events.features["event"]
    values = block.values * np.array([1.0, 1.3, 1.0, 1.0], np.float32)
    return replace(events, features={"event": Features(values, block.present, block.names)})


@pytest.fixture(scope="module")
def settings(small_settings):
    return replace(small_settings, epochs=3, learning_rate=1e-3)


@pytest.fixture(scope="module")
def published(inputs, small_network, small_settings, tmp_path_factory):
    """A published folder of two seeds, as far as trainings read it, and its networks."""
    folder = tmp_path_factory.mktemp("published")
    made = train(inputs, small_network, replace(small_settings, seeds=2), checkpoints=folder / "checkpoints")
    made.save(folder / "model.safetensors", folder / "network.json")
    described = json.loads((folder / "network.json").read_text())
    card = Description("some", 1, (Tensor("event", (4,)),), (Tensor("predictions"),), network=described)
    (folder / "config.json").write_text(card.text())
    return folder, made


def tune(published, events, network, settings, folder, **choices):
    training = replace(settings, start=Pretrained("published", DIGEST, **choices))
    start = read_start(published[0] / "model.safetensors", published[0] / "config.json", training)
    return train(events, network, training, checkpoints=folder, start=start)


@pytest.mark.long
def test_layers_are_frozen_slow_and_new(published, few, small_network, settings, tmp_path):
    once = replace(settings, optimizer=SGD(0.0), schedule=Constant(), epochs=1, batch_size=512, gradient_clip=0.0)
    names = [name.removeprefix("params.") for name in published[1].weights]
    (first, second), last = names[:2], sorted(name for name in names if name.startswith("output"))
    whole = tune(published, few, small_network, once, tmp_path / "whole")
    chosen = {"frozen": (first,), "slow": (second,), "rate": 0.25, "new": ("output.*",)}
    some = tune(published, few, small_network, replace(once, averaging=1e-9), tmp_path / "some", **chosen)
    nothing = train(few, small_network, replace(once, learning_rate=1e-30), checkpoints=tmp_path / "nothing")
    before, whole_of = {n: a[:3] for n, a in published[1].weights.items()}, whole.weights
    assert not np.array_equal(whole_of[f"params.{first}"], before[f"params.{first}"])
    assert some.weights[f"params.{first}"].tobytes() == before[f"params.{first}"].tobytes()
    for name in last:
        # as from nothing, and a step further
        assert np.abs(some.weights[f"params.{name}"] - nothing.weights[f"params.{name}"]).max() < 0.01
    assert not np.allclose(nothing.weights["params.output.kernel"], before["params.output.kernel"], atol=0.01)
    # what the features mean to the published layers stays, unless it is to be this training's own
    own = tune(published, few, small_network, once, tmp_path / "own", standardisation="own")
    assert own.knots["event"].tobytes() == nothing.knots["event"].tobytes()
    assert whole.knots["event"].tobytes() == published[1].knots["event"].tobytes()


@pytest.mark.long
def test_slow_layers_make_smaller_steps(published, few, small_network, settings, tmp_path):
    once = replace(settings, optimizer=SGD(0.0), schedule=Constant(), epochs=1, batch_size=512, gradient_clip=0.0)
    whole, slow = (
        tune(published, few, small_network, once, tmp_path / str(rate), slow=("*",), rate=rate) for rate in (1.0, 0.25)
    )
    for name, before in published[1].weights.items():
        if name.startswith("params."):
            steps = [made.weights[name] - before[:3] for made in (slow, whole)]
            np.testing.assert_allclose(steps[0], 0.25 * steps[1], atol=2e-7)


@pytest.mark.long
def test_a_killed_training_goes_on_to_the_same_bits(published, few, small_network, settings, tmp_path):
    whole = tune(published, few, small_network, settings, tmp_path / "whole", frozen=("output.*",))
    training = whole.settings
    start = read_start(published[0] / "model.safetensors", published[0] / "config.json", training)
    given = {"checkpoints": tmp_path / "killed", "start": start, "checkpoint_seconds": 0.0}

    def kill(entry):
        if entry["epoch"] == 2:
            raise Killed

    with pytest.raises(Killed):
        train(few, small_network, training, report=kill, **given)
    resumed: list[dict[str, object]] = []
    again = train(few, small_network, training, resumed=resumed.extend, **given)
    assert len(resumed) == 2
    assert all(again.weights[name].tobytes() == array.tobytes() for name, array in whole.weights.items())
    # a checkpoint is of one start
    other = replace(training, start=replace(training.start, sha256="1" * 64))
    with pytest.raises(TrainingError, match=r"training\.start: Pretrained\(sha256='000"):
        train(few, small_network, other, **given)
    elsewhere = replace(training, start=replace(training.start, address="/elsewhere"))
    train(few, small_network, elsewhere, **given)


def test_networks_start_from_those_that_saw_none_of_their_fold(published, inputs, small_network, settings):
    folder, _ = published
    start = read_start(
        folder / "model.safetensors", folder / "config.json", replace(settings, folds=6, start=any_start())
    )
    assert [start._place(fold) for fold in range(6)] == [0, 0, 1, 1, 2, 2]
    six, three = fold_of(inputs.identity, 6), fold_of(inputs.identity, 3)
    assert np.array_equal(np.array([start._place(fold) for fold in six]), three)
    # the fold that stops a network was in no training of the published one either
    stopped = np.array([start._place(fold) for fold in range(6)])[(six - 1) % 6]
    assert (((three - stopped) % 3) < 2).all()


def any_start(**choices) -> Pretrained:
    return Pretrained("published", DIGEST, **choices)


@pytest.mark.parametrize(
    ("choices", "changed", "expected"),
    [
        ({}, {"folds": 4}, "they have 3 folds, these 4: events of a fold may have been"),
        ({"frozen": ("encoder.*",)}, {}, "frozen='encoder.*' is none of their parameters: "),
        ({"frozen": ("output.*",), "new": ("output.*",)}, {}, "output.kernel is new and frozen"),
    ],
)
def test_choices_that_do_not_fit_are_told(
    choices, changed, expected, published, few, small_network, settings, tmp_path
):
    with pytest.raises(TrainingError) as failed:
        tune(published, few, small_network, replace(settings, **changed), tmp_path, **choices)
    assert expected in str(failed.value)
    assert not list(tmp_path.iterdir())


def test_other_networks_and_features_are_told_at_once(published, few, small_network, settings, tmp_path):
    block = few.features["event"]
    other = replace(
        few,
        features={"event": Features(block.values, block.present, ("x", "y", "z", "length"))},
        classes=("a", "b", "c"),
    )
    wider = replace(small_network, settings=DenseSettings(hidden=(24,), dropout=0.1, segments=2))
    with pytest.raises(TrainingError) as failed:
        tune(published, other, wider, settings, tmp_path)
    text = str(failed.value)
    assert "the block of features 'event' is x, y, z, length of shape (4,), theirs x, y, z, tail of (4,)" in text
    assert "output.kernel is [24, " in text
    assert "they predict one, two, three, these a, b, c; name the layers that start anew" in text
    deeper = replace(small_network, settings=DenseSettings(hidden=(16, 16), dropout=0.1, segments=2))
    with pytest.raises(TrainingError, match="is not theirs"):
        tune(published, few, deeper, settings, tmp_path)


def test_damaged_and_foreign_folders_are_told(published, settings, tmp_path):
    training = replace(settings, start=any_start())
    (tmp_path / "config.json").write_text('{"inputs": [{"name": "x"}], "outputs": [{"name": "y"}]}')
    with pytest.raises(DataError, match=r"holds no networks .*\n  cure: publish them with PublishModel"):
        read_start(published[0] / "model.safetensors", tmp_path / "config.json", training)


def test_a_description_tells_no_address(published, few, small_network, settings, tmp_path):
    made = tune(published, few, small_network, replace(settings, epochs=1), tmp_path)
    made.save(tmp_path / "p", tmp_path / "d")
    described = json.loads((tmp_path / "d").read_text())["training"]["values"]
    assert described["start"]["sha256"] == DIGEST
    assert "address" not in described["start"]
    start = dataclasses.replace(made.settings.start, address="/elsewhere")
    loaded = type(made).load(tmp_path / "p", tmp_path / "d", small_network, replace(made.settings, start=start))
    assert all(loaded.weights[name].tobytes() == array.tobytes() for name, array in made.weights.items())
    published[1].save(tmp_path / "p", tmp_path / "d")
    assert "start" not in json.loads((tmp_path / "d").read_text())["training"]["values"]
