from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.events.columns import with_columns
from analysis.histograms.filling import fill
from analysis.histograms.histograms import Histograms, merge
from analysis.measurement import Cut, Region, Variable

MASS = Variable("mass", "mass", "GeV", (40.0, 60.0, 90.0, 91.5, 150.0))
SCORE = Variable("score", "score", "", tuple(np.linspace(0.0, 1.0, 11)), field="output", overflow=False)
SIGNAL = Region("signal", "signal", (Cut("mt", "<", 30.0),))
CONTROL = Region("control", "control", (Cut("mt", ">", 20.0),))
NAMES = ("z", "w")


def made(number: int, seed: int = 0) -> tuple[ak.Array, dict[str, np.ndarray], np.ndarray]:
    """Events, weights and labels; values lie outside and on the edges, too."""
    random = np.random.default_rng(seed)
    mass = np.where(random.random(number) < 0.1, 60.0, random.normal(80.0, 30.0, number)).astype(np.float32)
    output = random.uniform(-0.1, 1.1, number)
    events = ak.Array({"identity": np.arange(number, dtype=np.uint64), "mass": mass, "mt": random.random(number) * 80})
    events = with_columns(events, {"output": (output, random.random(number) < 0.7)})
    weights = {"nominal": random.normal(1.0, 0.5, number), "up": random.exponential(size=number)}
    return events, weights, random.integers(0, 2, number)


def filled(events: ak.Array, weights: dict[str, np.ndarray], labels: np.ndarray) -> Histograms:
    return fill(events, weights, (NAMES, labels), (MASS, SCORE), (SIGNAL, CONTROL))


def test_contents_are_those_of_numpy():
    events, weights, labels = made(5000)
    found = filled(events, weights, labels)
    # numpy leaves out what lies outside, and puts the last edge into the last bin; 2.0 is outside of the score
    mass = np.clip(np.asarray(events.mass, dtype=float), 40.0, 149.9)
    output = np.asarray(ak.fill_none(events.output, 2.0))
    for region, inside in (("signal", np.asarray(events.mt) < 30.0), ("control", np.asarray(events.mt) > 20.0)):
        for shift, weight in weights.items():
            for number, process in enumerate(NAMES):
                rows = inside & (labels == number)
                for name, values, edges in (("mass", mass, MASS.edges), ("score", output, SCORE.edges)):
                    content = found.content(name, process, region, shift)
                    sums, _ = np.histogram(values[rows], edges, weights=weight[rows])
                    squares, _ = np.histogram(values[rows], edges, weights=weight[rows] ** 2)
                    np.testing.assert_allclose(content, (sums, squares), rtol=1e-12, atol=1e-12)


def test_chunks_change_no_byte(tmp_path: Path):
    events, weights, labels = made(3000)
    filled(events, weights, labels).save(tmp_path / "whole.zip")
    random = np.random.default_rng(4)
    for chunks in (1, 2, 7, 300):
        order = random.permutation(3000)
        parts = [
            filled(events[rows], {name: weight[rows] for name, weight in weights.items()}, labels[rows])
            for rows in np.array_split(order, chunks)
        ]
        merge(parts).save(tmp_path / "parts.zip")
        assert (tmp_path / "parts.zip").read_bytes() == (tmp_path / "whole.zip").read_bytes()


def test_names_serve_as_well_as_indices():
    events, weights, labels = made(200)
    by_index = filled(events, weights, labels)
    by_name = fill(events, weights, np.array(NAMES)[labels], (MASS, SCORE), (SIGNAL, CONTROL))
    for name in ("mass", "score"):
        assert by_index.hists[name] == by_name.hists[name]


def test_names_of_one_process_may_be_given_twice_and_negative_indices_are_of_none():
    events, weights, _ = made(300)
    labels = np.arange(300) % 4 - 1
    found = fill(events, weights, (("z", "w", "z"), labels), (MASS,), (SIGNAL,))
    named = np.array(["none", "z", "w", "z"])[labels + 1]
    expected = fill(events, weights, named, (MASS,), (SIGNAL,))
    assert found.processes == ("w", "z")
    for process in found.processes:
        content = expected.content("mass", process, "signal", "up")
        np.testing.assert_array_equal(found.content("mass", process, "signal", "up"), content)


def test_variables_are_filled_in_their_regions_only():
    events, weights, labels = made(100)
    score = replace(SCORE, regions=("control",))
    found = fill(events, weights, (NAMES, labels), (MASS, score), (SIGNAL, CONTROL))
    assert list(found.hists["score"].axes["region"]) == ["control"]
    with pytest.raises(StudyError, match=r"(?s)'score' is not filled for the region 'signal'.*control"):
        found.content("score", "z", "signal", "nominal")
    assert np.any(found.content("score", "z", "control", "nominal"))
    with pytest.raises(StudyError, match=r"(?s)'score'.*'nowhere'.*signal, control"):
        fill(events, weights, (NAMES, labels), (replace(SCORE, regions=("nowhere",)),), (SIGNAL, CONTROL))


def test_no_events(tmp_path: Path):
    events, weights, labels = made(50)
    none = {name: weight[:0] for name, weight in weights.items()}
    parts = [
        filled(events[:0], none, labels[:0]),
        fill(events[:0], none, np.array([], dtype=str), (MASS, SCORE), (SIGNAL, CONTROL)),
    ]
    assert parts[0].processes == ("w", "z")
    assert parts[1].processes == ()
    whole = filled(events, weights, labels)
    for part in parts:
        part.save(tmp_path / "none.zip")
        total = merge([Histograms.load(tmp_path / "none.zip"), whole])
        assert total.hists["mass"] == whole.hists["mass"]


@pytest.mark.parametrize("where", ["mass", "weight"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_not_a_number_names_what_and_where(where: str, wrong: float):
    events, weights, labels = made(100)
    row = int(np.argmax(np.asarray(events.mt) < 30.0))
    mass = np.array(events.mass)
    if where == "mass":
        mass[row] = wrong
    else:
        weights["up"][row] = wrong
    events = with_columns(events, {"mass": mass, "identity": np.arange(100) + 7000})
    name = "'mass'" if where == "mass" else "'up'"
    with pytest.raises(DataError, match=rf"{name}.* in event {row} \(identity {7000 + row}\)"):
        filled(events, weights, labels)


def test_not_a_number_in_a_cut_is_an_error_and_no_lost_event():
    events, weights, labels = made(100)
    broken = with_columns(events, {"mt": np.where(np.arange(100) == 7, np.nan, np.asarray(events.mt))})
    with pytest.raises(DataError, match=r"(?s)'mt', which is cut on, .* event 7 \(identity 7\).*None"):
        filled(broken, weights, labels)
    missing = with_columns(events, {"mt": (np.asarray(broken.mt), np.arange(100) != 7)})
    filled(missing, weights, labels)


def test_lists_are_no_numbers():
    events = ak.Array({"identity": [1, 2], "mass": [[1.0], []]})
    with pytest.raises(StudyError, match=r"(?s)'mass' is no number an event but .*var \* float64"):
        fill(events, {"nominal": np.ones(2)}, (NAMES, np.array([0, 1])), (MASS,), (Region("all", "all", ()),))


def test_events_that_do_not_pass_may_be_not_a_number():
    events, weights, labels = made(100)
    outside = np.asarray(events.mt) >= 30.0
    expected = fill(events, weights, (NAMES, labels), (MASS,), (SIGNAL,))
    events = with_columns(events, {"mass": np.where(outside, np.nan, np.asarray(events.mass))})
    weights = {name: np.where(outside, np.nan, weight) for name, weight in weights.items()}
    assert fill(events, weights, (NAMES, labels), (MASS,), (SIGNAL,)).hists["mass"] == expected.hists["mass"]


@pytest.mark.parametrize(("change", "name"), [({"field": "nothing"}, "nothing"), ({"name": "none"}, "none")])
def test_unknown_fields(change: dict[str, Any], name: str):
    events, weights, labels = made(10)
    with pytest.raises(StudyError, match=f"no field '{name}'"):
        fill(events, weights, (NAMES, labels), (replace(MASS, **change),), (SIGNAL,))
