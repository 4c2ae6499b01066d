"""Published networks in the graph: applied by one line of a study, and kept in capsules."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from analysis.learning.application.scores import Scores
from tests.analysis.exchange.strangers import said, write_folder
from tests.tasks.conftest import copy_publishable
from tests.tasks.project import Project, made, new_project

pytestmark = pytest.mark.long

HTAUTAU = '''
"""The study htautau, and what a stranger's network says of its events."""

from dataclasses import replace

from analysis.studies.htautau.study import study as htautau
from analysis.study import Apply, Published

MODEL = Published("NETWORK", "DIGEST")
FIELDS = {"pt": "pt_1", "eta": "eta_1", "met": "pt_met"}

study = replace(
    htautau,
    name="stranger",
    stages=(
        *htautau.stages,
        Apply("outside", events="reconstructed", model=MODEL, inputs={"x": FIELDS}),
    ),
)
'''
THROWS = '''
"""A stranger's network and events that it has never seen."""

from analysis.study import Apply, Dataset, Events, Published, Result, Step, Study, beside

study = Study(
    "stranger",
    title="What a stranger's network says",
    measures="What a stranger's network says.",
    datasets=(
        Dataset(
            "throws",
            title="Throws",
            kind="simulated",
            generate=Step("stranger.steps:generate"),
            simulate=Step("stranger.steps:simulate"),
            generated=60,
        ),
    ),
    stages=(
        Events("seen", Step("stranger.steps:see")),
        Apply(
            "outside",
            events="seen",
            model=Published(beside("../network"), "DIGEST"),
            inputs={"x": ("pt", "eta", "met")},
            units={"pt": "GeV", "met": "GeV"},
        ),
        Result("mean", Step("stranger.steps:mean")),
    ),
    chunk_events=25,
)
'''
STEPS = '''
"""Three numbers an event."""

import awkward as ak
import numpy as np

from analysis.results import Number


def generate(identity, settings):
    return ak.Array({"identity": identity})


def simulate(truth, settings):
    return truth


def see(raw):
    number = (np.asarray(raw.identity) % 1000).astype(np.float32) / 1000
    return ak.Array({"identity": raw.identity, "pt": number, "eta": number**2, "met": 1 - number})


def mean(outside):
    value = float(np.mean(outside["throws"]["signal"]))
    return {"numbers": [Number("mean", "mean", value, stat=None, syst=None, unit="", method="mean")]}
'''


def write(folder: Path, text: str) -> None:
    """Write the study, which lies outside."""
    (folder / "stranger").mkdir(parents=True, exist_ok=True)
    (folder / "stranger" / "study.py").write_text(text.lstrip())
    (folder / "stranger" / "steps.py").write_text(STEPS.lstrip())


def test_a_strangers_network_is_applied_in_htautau_by_one_line(project: Project, tmp_path: Path):
    (project.folder / "law_user.cfg").write_text(f"[studies]\ndefault: stranger\npath: {tmp_path / 'studies'}\n")
    digest, apply = write_folder(tmp_path / "network"), ("run", "stranger.outside", "--datasets", "TTbar")
    text = HTAUTAU.replace("DIGEST", digest).replace("NETWORK", str(tmp_path / "network"))
    write(tmp_path / "studies", text)
    assert made(project.law(*apply))[-1] == "ApplyNetworks"
    (record,) = project.store.glob("stranger/ApplyNetworks/TTbar-*/*.safetensors")
    scores = Scores.load(record)
    assert scores.names == ("signal", "background")
    assert len(scores) > 100
    # another place of the same content is the same
    shutil.move(tmp_path / "network", tmp_path / "moved")
    write(tmp_path / "studies", text.replace(str(tmp_path / "network"), str(tmp_path / "moved")))
    assert made(project.law(*apply)) == []


@pytest.fixture
def throws(repository: Path, tmp_path: Path) -> Project:
    """A project with a small study that applies a stranger's network."""
    project = new_project(repository, tmp_path, "airshower", None)
    copy_publishable(repository, project)
    (project.folder / "law_user.cfg").write_text(f"[studies]\ndefault: stranger\npath: {tmp_path / 'studies'}\n")
    write(tmp_path / "studies", THROWS.replace("DIGEST", write_folder(tmp_path / "studies" / "network")))
    return project


@pytest.mark.release
def test_what_is_applied_is_checked_like_any_step(throws: Project):
    output = throws.law("run", "CheckStudy", "--events", "20")
    assert "good         outside throws" in output
    assert "nothing is wrong" in output


def test_capsules_hold_published_networks(throws: Project, tmp_path: Path):
    project = throws
    project.law("run", "PreserveStudy")
    (capsule,) = project.store.glob("stranger/PreserveStudy/*/stranger.capsule.zip")
    with zipfile.ZipFile(capsule) as opened:
        members = [name for name in opened.namelist() if name.startswith("data/networks/")]
        opened.extractall(tmp_path / "unpacked", members)
        assert not [name for name in opened.namelist() if str(tmp_path).encode() in opened.read(name)]
        assert b"data/networks/" in opened.read("inputs.json")
    assert {Path(name).name for name in members} == {"SHA256SUMS", "config.json", "model.onnx"}
    # a rerun has them from there, and no address
    (before,) = project.store.glob("stranger/ApplyNetworks/throws-*/events_25-50.safetensors")
    first = Scores.load(before)
    shutil.rmtree(tmp_path / "studies" / "network")
    again = Project(project.folder, tmp_path / "again", tmp_path / "unpacked" / "data")
    assert "FetchNetworks" in made(again.law("run", "stranger.mean"))
    (after,) = again.store.glob("stranger/ApplyNetworks/throws-*/events_25-50.safetensors")
    assert after.read_bytes() == before.read_bytes()
    x = (first.identity % 1000).astype(np.float32) / 1000
    np.testing.assert_allclose(first.predictions, said(np.stack([x, x**2, 1 - x], axis=1)), atol=1e-6)
