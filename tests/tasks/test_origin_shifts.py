"""Shifts of how a study makes its events itself: of their generation, and of their simulation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.project import Project, made, new_project

pytestmark = pytest.mark.long

TEXT = """
from dataclasses import dataclass

import awkward as ak
import numpy as np

import analysis.study as s


@dataclass(frozen=True)
class Beam:
    mean: float = 1.0


@dataclass(frozen=True)
class Detector:
    gain: float = 2.0


def generate(identity, settings):
    return ak.Array({"identity": identity, "energy": settings.mean + np.asarray(identity) % 7})


def simulate(truth, settings):
    return ak.Array({"identity": truth.identity, "pulse": settings.gain * truth.energy})


def clean(raw):
    return ak.Array({"identity": raw.identity, "pulse": raw.pulse})


def compare(cleaned, truth, raw):
    means = {name: float(np.mean(events.pulse)) for name, events in cleaned.items()}
    true = {name: float(np.mean(events.energy)) for name, events in truth.items()}
    of_a = [events.identity for name, events in cleaned.items() if name[0] == "a"]
    same = all(np.array_equal(identity, of_a[0]) for identity in of_a)
    return {"means": means, "true": true, "same": bool(same), "raw": sorted(raw)}


def summarise(cleaned):
    return {"names": sorted(cleaned)}


def dataset(name, **more):
    own = {"generate": s.Step("own:generate", Beam()), "simulate": s.Step("own:simulate", Detector()), "generated": 30}
    return s.Dataset(name, name, "simulated", **own, **more)


study = s.Study(
    "own",
    datasets=(dataset("a"), dataset("b")),
    shifts=(
        s.Shift("beam", "beam", "generate", up={"mean": 3.0}, down={"mean": 0.0}),
        s.Shift("gain", "gain", "simulate", up={"gain": 2.5}, down={"gain": 1.5}, datasets=("a",)),
    ),
    stages=(
        s.Events("cleaned", s.Step("own:clean")),
        s.Result("compared", s.Step("own:compare"), shifts=("beam_up", "gain_up", "gain_down")),
        s.Result("nominal", s.Step("own:summarise")),
    ),
    chunk_events=20,
)
"""


@pytest.fixture(scope="module")
def project(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made_here = new_project(repository, tmp_path_factory.mktemp("origin"), "airshower", None)
    (made_here.folder / "own.py").write_text(TEXT.lstrip("\n"))
    (made_here.folder / "law_user.cfg").write_text("[studies]\ndefault: own\nmodules: own\n")
    made_here.law("run", "own.compared")
    made_here.law("run", "own.nominal")
    return made_here


def result(project: Project, name: str) -> dict[str, Any]:
    (file,) = project.store.glob(f"own/*/*/{name}.json")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_a_result_gets_events_and_truth_under_the_shifts_that_it_asks_for(project: Project):
    found = result(project, "compared")
    series = {"a", "b", "a.beam_up", "b.beam_up", "a.gain_up", "a.gain_down"}
    assert set(found["means"]) == set(found["true"]) == set(found["raw"]) == series
    means, true = found["means"], found["true"]
    assert means["a.gain_up"] == pytest.approx(1.25 * means["a"])
    assert means["a.gain_down"] == pytest.approx(0.75 * means["a"])
    assert true["a.gain_up"] == true["a"]
    for name in ("a", "b"):
        # the same identities, two units more each
        assert true[f"{name}.beam_up"] == pytest.approx(true[name] + 2.0)
        assert means[f"{name}.beam_up"] == pytest.approx(means[name] + 4.0)
    assert found["same"]
    # others get nominal events as before
    assert result(project, "nominal")["names"] == ["a", "b"]


def test_records_are_those_that_a_shift_changes(project: Project):
    def series(family: str) -> set[str]:
        return {path.name.rpartition("-")[0] for path in (project.store / "own" / family).iterdir()}

    # a detector changes no truth, and nobody asked for beam_down
    assert series("GenerateEvents") == {"a", "b", "a.beam_up", "b.beam_up"}
    assert series("SimulateData") == {"a", "b", "a.beam_up", "b.beam_up", "a.gain_up", "a.gain_down"}
    assert series("cleaned") == series("SimulateData")
    output = project.law("run", "SimulateData", "--shift", "gain_up,beam_down", "--datasets", "a,b")
    assert sorted(made(output)) == ["GenerateEvents"] * 4 + ["SimulateData"] * 4
    assert made(project.law("run", "own.cleaned", "--shift", "gain_up")) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"simulate", up={"gain": 2.5}', '"simulate", up={"gian": 2.5}', "did you mean 'gain'"),
        ('shifts=("beam_up",', 'shifts=("beam",', "did you mean 'beam_up'"),
        ('s.Step("own:clean"))', 's.Step("own:clean"), shifts=("gain_up",))', "is made per chunk"),
    ],
)
def test_what_cannot_be_shifted_is_told(project: Project, old: str, new: str, message: str):
    text = (project.folder / "own.py").read_text()
    if "gian" in new:
        text = text.replace('down={"gain": 1.5}', 'down={"gian": 1.5}')
    assert old in text
    (project.folder / "own.py").write_text(text.replace(old, new))
    output = project.law("run", "own.compared", fails=True)
    (project.folder / "own.py").write_text(TEXT.lstrip("\n"))
    assert message in output
    assert "Traceback" not in output
