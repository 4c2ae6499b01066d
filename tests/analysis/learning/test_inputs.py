from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.learning.inputs import TrainingInputs, concatenate, join_datasets


@pytest.fixture
def inputs(gaussians):
    return gaussians(50, measured=10)


def test_round_trip(inputs, tmp_path):
    inputs.save(tmp_path / "a.safetensors")
    loaded = TrainingInputs.load(tmp_path / "a.safetensors")
    for field in dataclasses.fields(inputs):
        before, after = getattr(inputs, field.name), getattr(loaded, field.name)
        assert np.array_equal(before, after)
        assert getattr(before, "dtype", None) == getattr(after, "dtype", None)
    assert loaded.digest() == inputs.digest()


def test_bytes_are_the_same_in_another_process(inputs, tmp_path):
    inputs.save(tmp_path / "a.safetensors")
    code = (
        "import sys; from pathlib import Path; from analysis.learning.inputs import TrainingInputs;"
        "TrainingInputs.load(Path(sys.argv[1])).save(Path(sys.argv[2]))"
    )
    for seed in "123":
        copy = tmp_path / f"{seed}.safetensors"
        command = [sys.executable, "-c", code, str(tmp_path / "a.safetensors"), str(copy)]
        subprocess.run(command, check=True, env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)})
        assert copy.read_bytes() == (tmp_path / "a.safetensors").read_bytes()


def test_no_events(inputs, tmp_path):
    none = inputs.select(np.array([], int))
    none.save(tmp_path / "none.safetensors")
    assert len(TrainingInputs.load(tmp_path / "none.safetensors")) == 0
    assert concatenate([none, inputs]).digest() == inputs.digest()


def test_concatenate_puts_parts_together(inputs):
    parts = [inputs.select(np.arange(20)), inputs.select(np.arange(20, 50))]
    assert concatenate(parts).digest() == inputs.digest()


def test_concatenate_refuses_other_features(inputs):
    with pytest.raises(DataError, match="different features or classes"):
        concatenate([inputs, dataclasses.replace(inputs, names=("x", "y", "z", "other"))])
    with pytest.raises(DataError, match="no training inputs"):
        concatenate([])


def test_digest_depends_on_everything(inputs):
    digests = {inputs.digest(), dataclasses.replace(inputs, names=("x", "y", "z", "other")).digest()}
    for name in ("features", "present", "label", "weight", "identity", "trainable"):
        column = getattr(inputs, name).copy()
        column[-1] = 0
        if name == "trainable":
            column[:] = False
        if name == "features":
            column[0, 0] = 17
        if name == "label":
            column[-1] = (inputs.label[-1] + 1) % 3
        if name == "present":
            column = column | True
        digests.add(dataclasses.replace(inputs, **{name: column}).digest())
    assert len(digests) == 8


def test_a_feature_that_is_not_finite_names_feature_and_event(inputs):
    features = inputs.features.copy()
    features[7, 1] = np.nan
    with pytest.raises(DataError, match=f"the feature 'y' of event 7 .identity {inputs.identity[7]}. is nan; 1 such"):
        dataclasses.replace(inputs, features=features)


def test_values_that_contradict_each_other(inputs):
    features = inputs.features.copy()
    features[np.argmin(inputs.present[:, 2]), 2] = 1
    with pytest.raises(DataError, match="'z' has values other than 0 where it is not present"):
        dataclasses.replace(inputs, features=features)
    with pytest.raises(DataError, match=r"measured event .* trainable"):
        dataclasses.replace(inputs, trainable=np.ones(50, bool))
    with pytest.raises(DataError, match="the label 3 has no class; there are 3: one, two, three"):
        dataclasses.replace(inputs, label=np.full(50, 3, np.int32))
    with pytest.raises(DataError, match=r"weight of event 4 .* is inf"):
        dataclasses.replace(inputs, weight=np.where(np.arange(50) == 4, np.inf, 1.0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("features", np.zeros((50, 3), np.float32)),
        ("features", np.zeros((50, 4), np.float64)),
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


def test_data_sets_in_parts_are_joined_in_order(inputs):
    first, second = inputs.select(np.arange(20)), inputs.select(np.arange(20, 50))
    none = inputs.select(np.array([], int))
    assert join_datasets({"a": [first, none], "b": [second]}).digest() == inputs.digest()


def test_a_data_set_without_trainable_events_is_named(inputs):
    measured = inputs.select(np.flatnonzero(inputs.label == -1))
    with pytest.raises(DataError, match=r"no event of the data set 'b' passes the training selection \(10 events"):
        join_datasets({"a": [inputs], "b": [measured]})
