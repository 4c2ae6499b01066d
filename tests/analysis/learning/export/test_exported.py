from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import onnx
import pytest

from analysis.errors import DataError, TrainingError
from analysis.learning import loss_settings
from analysis.learning.application.trained import Trained
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.export import exported
from analysis.learning.export.exported import TOLERANCE, check, export, readers
from analysis.learning.export.prediction_function import events_of
from analysis.learning.networks.adversarial_settings import AdversarialSettings
from analysis.learning.networks.attention_settings import AttentionSettings
from analysis.learning.networks.autoencoder_settings import AutoencoderSettings
from analysis.learning.networks.bayesian_settings import BayesianSettings
from analysis.learning.networks.convolutional_adversarial_settings import ConvolutionalAdversarialSettings
from analysis.learning.networks.deep_sets_settings import DeepSetsSettings
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.flow_settings import FlowSettings
from analysis.learning.networks.hexagonal_settings import HexagonalSettings
from analysis.learning.networks.lorentz_settings import LorentzSettings
from analysis.learning.networks.recurrent_settings import RecurrentSettings
from analysis.learning.networks.refiner_settings import RefinerSettings, TraceRefinerSettings
from analysis.learning.networks.reversal_settings import ReversalSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.study import Step

pytestmark = pytest.mark.long

CLASSES, WIDTH = loss_settings.CrossEntropy(), loss_settings.Gaussian()
NETWORKS = "analysis.learning.networks."
# module, settings, kind of events, loss, seeds
EXPORTED: dict[str, tuple[str, object, str, loss_settings.LossSettings, int]] = {
    "dense": ("dense", DenseSettings(hidden=(8, 8), residual=True), "particles", CLASSES, 1),
    "dense, two seeds": ("dense", DenseSettings(hidden=(8,)), "event", CLASSES, 2),
    "gaussian, two seeds": ("gaussian", DenseSettings(hidden=(8,), activation="gelu"), "event", WIDTH, 2),
    "hexagonal": ("hexagonal", HexagonalSettings(patch=5, hidden=6, width=8, head=10), "stations", WIDTH, 1),
    "gru": (
        "recurrent",
        RecurrentSettings(hidden=(8,), trace="traces", places=True, scale=0.1, patch=4, width=6),
        "stations",
        CLASSES,
        1,
    ),
    "two layers of lstm": (
        "recurrent",
        RecurrentSettings(hidden=(8,), trace="traces", places=True, cell="lstm", patch=4, width=6, layers=2),
        "stations",
        WIDTH,
        1,
    ),
    "lorentz": ("lorentz", LorentzSettings(hidden=(8,), combinations=3), "particles", CLASSES, 1),
    "autoencoder": ("autoencoder", AutoencoderSettings(hidden=(8,)), "stars", loss_settings.Reconstruction(), 1),
    "deep sets": ("deep_sets", DeepSetsSettings(hidden=(8,), each=(8,)), "stars", CLASSES, 1),
    "energy flow": (
        "deep_sets",
        DeepSetsSettings(hidden=(8,), each=(8,), momenta=True, pooling="energy"),
        "particles",
        CLASSES,
        1,
    ),
    "attention": ("attention", AttentionSettings(hidden=(8,), width=8, heads=2, layers=1), "stars", CLASSES, 1),
    "bayesian": (
        "bayesian",
        BayesianSettings(hidden=(8,), draws=4),
        "particles",
        loss_settings.Variational(),
        2,
    ),
    "reversal": (
        "reversal",
        ReversalSettings((8,), (8,), (8,)),
        "event",
        loss_settings.DomainAdversarial(),
        1,
    ),
    "refiner": ("refiner", RefinerSettings("event", (8,), (8,)), "particles", loss_settings.Refinement("event"), 1),
    "flow": (
        "flow",
        FlowSettings(layers=3, hidden=(8,), draws=8),
        "event",
        loss_settings.Likelihood(quantiles=(0.16, 0.84)),
        2,
    ),
    "adversarial": (
        "adversarial",
        AdversarialSettings(hidden=(8,), critic=(8,), noise="event"),
        "particles",
        loss_settings.Wasserstein(),
        1,
    ),
    "convolutional adversarial": (
        "convolutional_adversarial",
        ConvolutionalAdversarialSettings(
            image=(5, 3, 2), channels=(4, 3), critic_channels=(3,), hidden=(8,), critic=(8,), noise="event"
        ),
        "images",
        loss_settings.Wasserstein(),
        1,
    ),
    "attention in pairs": (
        "attention",
        AttentionSettings(hidden=(8,), width=8, heads=2, layers=1, momenta=True),
        "particles",
        CLASSES,
        1,
    ),
}


@pytest.fixture(scope="module")
def dense(gaussians, small_network, small_settings, tmp_path_factory) -> tuple[Trained, TrainingInputs]:
    inputs = gaussians(900, measured=100)
    folder = tmp_path_factory.mktemp("training")
    settings = dataclasses.replace(small_settings, epochs=2)
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        return train(inputs, small_network, settings, checkpoints=folder), inputs
    finally:
        jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def files(dense, tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("exported")
    paths = folder / "model.onnx", folder / "model.stablehlo"
    export(dense[0], *paths, {"study": "gaussians", "record": "abc"})
    return paths


@pytest.mark.parametrize("name", EXPORTED)
def test_every_network_is_what_it_was(name, draw, untrained, tmp_path, quick_compilation):
    module, settings, kind, loss, seeds = EXPORTED[name]
    inputs = draw(kind)
    trained = untrained(module, settings, inputs, loss, seeds)
    paths = tmp_path / "a.onnx", tmp_path / "a.stablehlo"
    export(trained, *paths, {})
    largest = check(trained, paths[0], paths[1], inputs)
    assert set(largest) == {"ONNX", "StableHLO"}
    # masses of single particles are what single precision makes of them
    assert max(largest.values()) <= (10 if kind == "particles" else 1) * TOLERANCE
    onnx.checker.check_model(onnx.load(paths[0]), full_check=True)
    # the k networks are k networks
    one, other = (trained.predictions_of(fold, inputs) for fold in (0, 1))
    assert np.abs(one - other).max() > 100 * TOLERANCE


def test_refined_traces_are_compared_by_their_size(draw, untrained, tmp_path, quick_compilation):
    inputs = draw("stations")
    traces = inputs.features["traces"]
    large = dataclasses.replace(traces, values=traces.values.astype(np.float32) * 3e4)
    inputs = dataclasses.replace(inputs, features={**inputs.features, "traces": large})
    settings = TraceRefinerSettings("traces", 0.1, window=1, channels=4, encoder=(4,), critic=(4,))
    trained = untrained("trace_refiner", settings, inputs, loss_settings.Refinement("traces"), 1)
    paths = tmp_path / "a.onnx", tmp_path / "a.stablehlo"
    export(trained, *paths, {})
    assert max(check(trained, paths[0], paths[1], inputs).values()) <= TOLERANCE
    found = readers(*paths)["ONNX"](events_of(inputs, slice(None)))
    # as they are, they are further apart
    assert np.abs(found - np.stack([trained.predictions_of(fold, inputs) for fold in range(3)])).max() > TOLERANCE


def test_trained_networks_on_events_that_they_saw_and_others(dense, files, monkeypatch, quick_compilation):
    trained, inputs = dense
    assert not inputs.features["event"].present.all()
    monkeypatch.setattr(exported, "CHUNK", 400)
    assert max(check(trained, files[0], files[1], inputs).values()) <= TOLERANCE


@pytest.mark.long
def test_a_trained_regression_from_traces(draw, tmp_path, quick_compilation):
    inputs = draw("stations", 200)
    step = Step(f"{NETWORKS}hexagonal:build", HexagonalSettings(patch=5, hidden=6, width=8, head=10))
    trained = train(inputs, step, TrainingSettings(folds=3, epochs=1, batch_size=64, loss=WIDTH), checkpoints=tmp_path)
    paths = tmp_path / "a.onnx", tmp_path / "a.stablehlo"
    export(trained, *paths, {})
    assert max(check(trained, paths[0], paths[1], inputs).values()) <= TOLERANCE
    assert trained.predictions_of(0, inputs)[:, 0].mean() > 500


def test_the_same_networks_give_the_same_bytes_that_know_no_place(dense, files, tmp_path):
    again = tmp_path / "model.onnx", tmp_path / "model.stablehlo"
    export(dense[0], *again, {"record": "abc", "study": "gaussians"})
    for first, second in zip(files, again, strict=True):
        content = first.read_bytes()
        assert content == second.read_bytes()
        assert b"site-packages" not in content
        assert str(Path.cwd()).encode() not in content
        assert b".py" not in content


def test_what_is_not_present_may_have_any_value(dense, files, quick_compilation):
    arrays = events_of(dense[1], slice(0, 200))
    spoiled = dict(arrays, event=np.where(arrays["event_present"], arrays["event"], np.nan).astype(np.float32))
    assert np.isnan(spoiled["event"]).any()
    for reader in readers(*files).values():
        assert np.array_equal(reader(arrays), reader(spoiled))


def test_readers_need_nothing_of_this_project(dense, files, tmp_path):
    """ONNX Runtime alone, and JAX alone, in an interpreter that has no way to find this project."""
    trained, inputs = dense
    arrays = events_of(inputs, slice(0, 50))
    with open(tmp_path / "arrays.npz", "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    scripts = {
        "onnx": "import onnxruntime\n"
        f"session = onnxruntime.InferenceSession({str(files[0])!r})\n"
        "assert session.get_modelmeta().custom_metadata_map == {'record': 'abc', 'study': 'gaussians'}\n"
        "(found,) = session.run(['predictions'], arrays)\n"
        "assert 'jax' not in sys.modules\n",
        "stablehlo": "import jax.export\n"
        f"content = bytearray(open({str(files[1])!r}, 'rb').read())\n"
        "found = jax.export.deserialize(content).call(arrays)\n"
        "assert 'flax' not in sys.modules and 'onnxruntime' not in sys.modules\n",
    }
    expected = np.stack([trained.predictions_of(fold, inputs)[:50] for fold in range(3)])
    for name, script in scripts.items():
        code = (
            "import importlib.util, sys\n"
            "assert importlib.util.find_spec('analysis') is None\n"
            "import numpy as np\n"
            f"arrays = dict(np.load('arrays.npz'))\n{script}np.save({name + '.npy'!r}, found)\n"
        )
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        command = [sys.executable, "-I", "-W", "error", "-c", code]
        done = subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert np.allclose(np.load(tmp_path / f"{name}.npy"), expected, rtol=0, atol=TOLERANCE)


def test_networks_that_do_not_agree_are_refused(dense, files, tmp_path, quick_compilation):
    trained, inputs = dense
    kernel = next(name for name, array in trained.weights.items() if array.ndim == 3)
    changed = dict(trained.weights)
    changed[kernel] = changed[kernel].copy()
    changed[kernel][1, 0, 0] += 0.1
    other = tmp_path / "model.onnx", tmp_path / "model.stablehlo"
    export(dataclasses.replace(trained, weights=changed), *other, {})
    with pytest.raises(TrainingError, match=r"ONNX does not agree with the trained network 1: .* of event \d+"):
        check(trained, other[0], files[1], inputs)
    with pytest.raises(TrainingError, match=r"StableHLO does not agree with the trained network 1: "):
        check(trained, files[0], other[1], inputs)


def test_no_events_and_damaged_files_are_named(dense, files, tmp_path):
    trained, inputs = dense
    with pytest.raises(DataError, match="no events"):
        check(trained, files[0], files[1], inputs.select(np.zeros(len(inputs), bool)))
    with pytest.raises(DataError, match=r"there is no file .*nothing\.onnx"):
        check(trained, tmp_path / "nothing.onnx", files[1], inputs)
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(files[0].read_bytes()[:1000])
    with pytest.raises(DataError, match=r"damaged\.onnx"):
        check(trained, damaged, files[1], inputs)


def test_reading_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    # some versions keep a number of the machine there, and report it
    code = "import onnxruntime; onnxruntime.SessionOptions()"
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"HOME": str(tmp_path), "CI": ""}, check=True)
    assert list(tmp_path.rglob("*")) == []
