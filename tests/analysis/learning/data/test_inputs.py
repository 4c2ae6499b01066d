from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.learning.data.inputs import TrainingInputs, concatenate
from analysis.learning.data.features import Features


@pytest.fixture
def inputs(gaussians):
    return gaussians(50, measured=10)


@pytest.fixture
def structured(pulses):
    return pulses(50)


def with_event(inputs, **changes):
    """The same events with something else in their only block."""
    return dataclasses.replace(inputs, features={"event": dataclasses.replace(inputs.features["event"], **changes)})


@pytest.mark.parametrize("kind", ["inputs", "structured"])
def test_round_trip(kind, request, tmp_path):
    inputs = request.getfixturevalue(kind)
    inputs.save(tmp_path / "a.safetensors")
    loaded = TrainingInputs.load(tmp_path / "a.safetensors")
    assert loaded.layout == inputs.layout
    assert loaded.spectators.keys() == inputs.spectators.keys()
    for name, before in inputs.arrays().items():
        after = loaded.arrays()[name]
        assert np.array_equal(before, after)
        assert before.dtype == after.dtype
    assert loaded.digest() == inputs.digest()


def test_blocks_are_kept_in_the_order_of_their_names(structured):
    turned = dataclasses.replace(structured, features=dict(reversed(structured.features.items())))
    assert list(turned.features) == list(structured.features) == ["event", "stations", "traces"]
    assert turned.digest() == structured.digest()


def test_structured_events_are_selected_and_put_together(structured):
    parts = [structured.select(np.arange(20)), structured.select(np.arange(20, 50))]
    assert parts[1].features["traces"].values.shape == (30, 5, 24)
    assert np.array_equal(parts[1].spectators["seen"], structured.spectators["seen"][20:])
    assert concatenate(parts).digest() == structured.digest()


def test_bytes_are_the_same_in_another_process(inputs, tmp_path):
    inputs.save(tmp_path / "a.safetensors")
    code = (
        "import sys; from pathlib import Path; from analysis.learning.data.inputs import TrainingInputs;"
        "TrainingInputs.load(Path(sys.argv[1])).save(Path(sys.argv[2]))"
    )
    for seed in "123":
        copy = tmp_path / f"{seed}.safetensors"
        command = [sys.executable, "-c", code, str(tmp_path / "a.safetensors"), str(copy)]
        subprocess.run(command, check=True, env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)})
        assert copy.read_bytes() == (tmp_path / "a.safetensors").read_bytes()


def test_some_events_of_a_file(structured, tmp_path):
    structured.save(tmp_path / "a.safetensors")
    for start, stop in ((0, 7), (7, 50), (20, 20), (45, None)):
        part = TrainingInputs.load(tmp_path / "a.safetensors", start, stop)
        assert part.digest() == structured.select(np.arange(50)[start:stop]).digest()


def test_no_events(inputs, tmp_path):
    none = inputs.select(np.array([], int))
    none.save(tmp_path / "none.safetensors")
    assert len(TrainingInputs.load(tmp_path / "none.safetensors")) == 0
    assert concatenate([none, inputs]).digest() == inputs.digest()


def test_concatenate_puts_parts_together(inputs):
    parts = [inputs.select(np.arange(20)), inputs.select(np.arange(20, 50))]
    assert concatenate(parts).digest() == inputs.digest()


def test_concatenate_refuses_other_features(inputs):
    with pytest.raises(DataError, match="different features"):
        concatenate([inputs, with_event(inputs, names=("x", "y", "z", "other"))])
    with pytest.raises(DataError, match="different features, classes, targets or spectators"):
        concatenate([inputs, dataclasses.replace(inputs, spectators={"energy": np.zeros(50)})])
    with pytest.raises(DataError, match="no training inputs"):
        concatenate([])


def test_digest_depends_on_everything(inputs):
    event = inputs.features["event"]
    values = event.values.copy()
    values[0, 0] = 17
    changed = [
        with_event(inputs, names=("x", "y", "z", "other")),
        with_event(inputs, values=values),
        with_event(inputs, present=event.present | True),
        dataclasses.replace(inputs, classes=("one", "two", "four")),
        dataclasses.replace(inputs, target=np.zeros((50, 1), np.float32), targets=("depth",)),
        dataclasses.replace(inputs, target=np.ones((50, 1), np.float32), targets=("depth",)),
        dataclasses.replace(inputs, spectators={"energy": np.zeros(50)}),
        dataclasses.replace(inputs, spectators={"energy": np.ones(50)}),
        dataclasses.replace(inputs, label=np.where(inputs.label == 0, 1, inputs.label).astype(np.int32)),
        dataclasses.replace(inputs, weight=inputs.weight + 1),
        dataclasses.replace(inputs, identity=inputs.identity + np.uint64(1)),
        dataclasses.replace(inputs, trainable=np.zeros(50, bool)),
    ]
    assert len({inputs.digest(), *(other.digest() for other in changed)}) == 13


def test_a_feature_that_is_not_finite_names_feature_and_event(inputs):
    values = inputs.features["event"].values.copy()
    values[7, 1] = np.nan
    of = f"of event 7 .identity {inputs.identity[7]}."
    with pytest.raises(DataError, match=f"the feature 'y' of the block 'event' {of} is nan; 1 such"):
        with_event(inputs, values=values)
    for what, changes in {
        "target 'depth'": {"target": values[:, 1:2], "targets": ("depth",)},
        "spectator 'energy'": {"spectators": {"energy": values[:, 1].astype(float)}},
    }.items():
        with pytest.raises(DataError, match=f"the {what} {of} is nan"):
            dataclasses.replace(inputs, **changes)


def test_values_that_contradict_each_other(inputs):
    values = inputs.features["event"].values.copy()
    values[np.argmin(inputs.features["event"].present[:, 2]), 2] = 1
    with pytest.raises(DataError, match="'z' of the block 'event' has values other than 0 where it is not present"):
        with_event(inputs, values=values)
    with pytest.raises(DataError, match=r"event without a class .* trainable"):
        dataclasses.replace(inputs, trainable=np.ones(50, bool))
    with pytest.raises(DataError, match="the label 3 has no class; there are 3: one, two, three"):
        dataclasses.replace(inputs, label=np.full(50, 3, np.int32))
    with pytest.raises(DataError, match=r"weight of event 4 .* is inf"):
        dataclasses.replace(inputs, weight=np.where(np.arange(50) == 4, np.inf, 1.0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("features", {}),
        ("features", {"event": Features(np.zeros((49, 3), np.float32), np.ones(49, bool))}),
        ("target", np.zeros((50, 1), np.float32)),
        ("target", np.zeros((50, 0))),
        ("spectators", {"energy": np.zeros(50, np.float32)}),
        ("label", np.zeros(49, np.int32)),
        ("weight", np.zeros((50, 1))),
        ("identity", np.zeros(50, np.int64)),
    ],
)
def test_wrong_shapes_and_types(inputs, name, value):
    with pytest.raises(DataError, match="training inputs: "):
        dataclasses.replace(inputs, **{name: value})


def test_damaged_files_are_named(inputs, tmp_path):
    path = tmp_path / "a.safetensors"
    with pytest.raises(DataError, match=r"there is no file .*a\.safetensors"):
        TrainingInputs.load(path)
    inputs.save(path)
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"not a file of tensors"):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"a\.safetensors is damaged"):
            TrainingInputs.load(path)


def test_another_kind_of_file_is_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"features": np.zeros(3)}, tmp_path / "a.safetensors")
    with pytest.raises(DataError, match="holds no training inputs"):
        TrainingInputs.load(tmp_path / "a.safetensors")
