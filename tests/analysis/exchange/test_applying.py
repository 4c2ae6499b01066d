from __future__ import annotations

import json
from dataclasses import replace

import awkward as ak
import numpy as np
import onnx
import pytest

from analysis.errors import DataError, StudyError
from analysis.events.identity import fold_of, identify
from analysis.exchange.apply_settings import ApplySettings
from analysis.exchange.applying import BATCH, apply
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from tests.analysis.exchange.strangers import CARD, said, write_folder

SETTINGS = ApplySettings("model.onnx", "config.json", {"x": {"pt": "pt_1", "eta": "eta_1", "met": "pt_met"}})
UNITS = {"pt_1": "GeV", "pt_met": "GeV"}
NUMBER = BATCH + 300


@pytest.fixture(scope="module")
def events():
    random = np.random.default_rng(1)
    columns = {name: random.normal(size=NUMBER).astype(np.float32) for name in ("pt_1", "eta_1", "pt_met")}
    return ak.Array({"identity": identify("strangers", 0, NUMBER), **columns})


@pytest.fixture
def published(tmp_path):
    write_folder(tmp_path)
    return {path.name: path for path in tmp_path.iterdir()}


def test_a_strangers_network_says_what_it_says(events, published):
    found = apply(events, published, SETTINGS, UNITS)
    assert found.names == ("signal", "background")
    x = np.stack([np.asarray(events[name]) for name in ("pt_1", "eta_1", "pt_met")], axis=1)
    np.testing.assert_allclose(found.predictions, said(x), atol=1e-6)
    assert np.array_equal(found.identity, np.asarray(events["identity"]))


def test_no_event_depends_on_the_others(events, published):
    whole = apply(events, published, SETTINGS, UNITS).predictions
    for cut in (slice(0, 0), slice(5, 6), slice(900, 1300), slice(1, None)):
        assert apply(events[cut], published, SETTINGS, UNITS).predictions.tobytes() == whole[cut].tobytes()


def test_a_card_in_a_readme_and_a_fixed_number_of_events(events, tmp_path):
    write_folder(tmp_path, readme=True, batch=7)
    published = {path.name: path for path in tmp_path.iterdir()}
    found = apply(events[:20], published, replace(SETTINGS, card="README.md"), UNITS)
    assert found.predictions.shape == (20, 2)


@pytest.mark.parametrize(
    ("changes", "units", "expected"),
    [
        ({"inputs": {}}, UNITS, "its input 'x' gets nothing"),
        ({"inputs": {"y": "pt_1"}}, UNITS, "it has no input 'y': x"),
        ({"inputs": {"x": ("pt_1", "eta_1")}}, UNITS, "its input 'x' takes 3 numbers, and gets 2 fields"),
        (
            {"inputs": {"x": ("pt_1", "eta_1", "pt_met")}},
            UNITS,
            "takes pt, eta, met, and gets pt_1, eta_1, pt_met; say",
        ),
        ({}, {"pt_1": "MeV", "pt_met": "GeV"}, "'x' takes 'pt' in GeV; 'pt_1' is in MeV"),
        ({}, {"pt_1": "GeV"}, "'x' takes 'met' in GeV; nothing says the unit of 'pt_met'"),
        ({"output": "q"}, UNITS, "has the outputs p, and no 'q'"),
    ],
)
def test_what_does_not_go_together_is_told(changes, units, expected, events, published):
    with pytest.raises(StudyError) as failed:
        apply(events, published, replace(SETTINGS, **changes), units)
    assert expected in str(failed.value)


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("inputs", {"shape": [4]}, "its input 'x' is of shape [3], its card says [4]"),
        ("inputs", {"name": "y"}, "the card says nothing of its input 'x'"),
        ("outputs", {"names": ["signal"]}, "its output 'p' has 2 numbers, its card names signal"),
    ],
)
def test_a_card_of_something_else_is_told(kind, changes, expected, events, published):
    published["config.json"].write_text(json.dumps({**CARD, kind: [{**CARD[kind][0], **changes}]}))
    with pytest.raises(StudyError) as failed:
        apply(events, published, SETTINGS, UNITS)
    assert expected in str(failed.value)


def test_missing_values_are_an_error_unless_the_study_says_what_stands_for_them(events, published):
    mask = np.arange(NUMBER) == 3
    fewer = ak.with_field(events, ak.mask(events["pt_1"], ~mask), "pt_1")
    with pytest.raises(DataError, match=r"'pt_1' is no finite .* is 3 (.|\n)*missing=\{'pt_1': NUMBER\}"):
        apply(fewer, published, SETTINGS, UNITS)
    filled = apply(fewer, published, replace(SETTINGS, missing={"pt_1": -9.0}), UNITS)
    by_hand = apply(ak.with_field(events, np.where(mask, -9.0, events["pt_1"]), "pt_1"), published, SETTINGS, UNITS)
    assert filled.predictions.tobytes() == by_hand.predictions.tobytes()


def test_damaged_networks_and_parameters_elsewhere_are_refused(events, published, tmp_path):
    model = onnx.load(published["model.onnx"])
    onnx.save(model, tmp_path / "outside.onnx", save_as_external_data=True, location="w", size_threshold=0)
    with pytest.raises(DataError, match="has its parameters in other files"):
        apply(events, {**published, "model.onnx": tmp_path / "outside.onnx"}, SETTINGS, UNITS)
    published["model.onnx"].write_bytes(b"no network")
    with pytest.raises(DataError, match=r"model\.onnx is no network that onnxruntime reads"):
        apply(events, published, SETTINGS, UNITS)
    published["config.json"].write_text("[]")
    with pytest.raises(DataError, match=r"config\.json of the published networks does not describe"):
        apply(events, published, SETTINGS, UNITS)


def test_of_networks_for_folds_each_event_gets_its_own(tmp_path):
    """As PublishModel writes them: blocks of features, and what of them exists."""
    graph = onnx.parser.parse_model(
        '<ir_version: 9, opset_import: ["" : 17]> folds (float[n, 2] event, bool[n, 2] event_present) '
        "=> (float[3, n, 2] predictions) {"
        " there = Cast<to = 1>(event_present) shown = Mul(event, there)"
        " factors = Constant<value = float[3, 1, 1] {1.0, 10.0, 100.0}>() predictions = Mul(shown, factors) }"
    )
    (tmp_path / "model.onnx").write_bytes(graph.SerializeToString())
    card = {
        "inputs": [{"name": "event", "shape": [2], "names": ["a", "b"]}, {"name": "event_present", "shape": [2]}],
        "outputs": [{"name": "predictions", "names": ["first", "second"]}],
        "folds": 3,
    }
    (tmp_path / "config.json").write_text(json.dumps(card))
    published = {path.name: path for path in tmp_path.iterdir()}
    values, present = (
        np.array([[1, 2], [3, 0], [5, 6]], np.float32),
        np.array([[True, True], [True, False], [True, True]]),
    )
    inputs = TrainingInputs(
        {"event": Features(values, present, ("a", "b"))},
        np.full(3, -1, np.int32),
        np.zeros((3, 0), np.float32),
        np.ones(3),
        identify("folds", 0, 3),
        np.zeros(3, bool),
        ("one",),
    )
    found = apply(inputs, published, ApplySettings("model.onnx", "config.json"), {})
    np.testing.assert_array_equal(found.predictions, values * 10.0 ** fold_of(inputs.identity, 3)[:, None])
    other = replace(inputs, features={"event": Features(values, present, ("a", "c"))})
    with pytest.raises(
        StudyError, match=r"takes 'event' of shape \(2,\) \(a, b\); the block 'event' has \(2,\) \(a, c\)"
    ):
        apply(other, published, ApplySettings("model.onnx", "config.json"), {})
