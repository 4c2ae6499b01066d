"""Results of pinned and adopted records preserved: only if that may be, and then capsule and verdict say so."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.preservation import archive, verdict
from analysis.preservation.readme import README
from analysis.preservation.rerunning import checked
from tests.tasks.project import Project, made
from tests.tasks.pulse_study import CALIBRATE, SETTINGS

pytestmark = pytest.mark.long


def judged(project: Project, folder: Path) -> verdict.Verdict:
    """Judge the project's capsule by a rerun of its code, by this Python, on an empty store."""
    (capsule,) = project.store.glob("pulse/PreserveStudy/*/pulse.capsule.zip")
    archive.unpack(capsule, folder / "capsule")
    again = replace(project, folder=folder / "again", store=folder / "made")
    shutil.copytree(folder / "capsule" / "source", again.folder)
    again.store.mkdir()
    again.law("index", "-q")
    again.law(*checked(capsule).arguments)
    return verdict.judge(folder / "capsule", checked(capsule), again.store)


def test_adopted_records(pulse: Project, tmp_path: Path):
    pulse.replace("pulse_calibration.py", CALIBRATE, "return pulse * settings.scale")
    pulse.law("run", "Adopt", "--task", "CalibrateEvents", "--reason", "the order of factors")
    output = pulse.law("run", "PreserveStudy", fails=True)
    assert "the results rest on records that the present code did not make:" in output
    assert "because: the order of factors" in output
    assert "--allow-adopted" in output
    assert not list(pulse.store.glob("pulse/PreserveStudy/*/*.zip"))
    pulse.store = pulse.store.rename(tmp_path / "my store")
    output = pulse.law("run", "PreserveStudy", "--allow-adopted")
    # to be pasted as it stands
    assert f"python3 '{pulse.store}/pulse/PreserveStudy/" in output
    assert "NOT MADE BY ITS CODE  CalibrateEvents was not made by the present code" in output
    found = judged(pulse, tmp_path / "rerun")
    # keys are those of the present code, and so are the numbers
    assert found.agrees
    assert any("because: the order of factors" in text for text in found.frozen)
    assert "rest on records that the preserved code did not make:" in found.as_text()
    assert "## What was not made by this code" in (tmp_path / "rerun" / "capsule" / README).read_text()
    assert "because: the order of factors" in (tmp_path / "rerun" / "capsule" / "provenance.json").read_text()


def test_pinned_records(pulse: Project, tmp_path: Path):
    keys = [folder.name.rpartition("-")[2] for folder in pulse.store.glob("pulse/CalibrateEvents/*")]
    (pulse.folder / "law_user.cfg").write_text(f"{SETTINGS}[pins]\nCalibrateEvents = {' '.join(keys)}\n")
    pulse.replace("pulse_calibration.py", CALIBRATE, "return settings.scale * pulse * 1.5")
    pulse.replace("pulse.py", "energy > 4.0", "energy > 3.9")
    output = pulse.law("run", "PreserveStudy", fails=True)
    assert "CalibrateEvents is pinned, to records made 20" in output
    # before anything is made
    assert made(output) == []
    pulse.law("run", "PreserveStudy", "--allow-adopted")
    found = judged(pulse, tmp_path / "rerun")
    # the pin did not come along
    assert "pins" not in (tmp_path / "rerun" / "again" / "law_user.cfg").read_text()
    made_of = [
        json.loads(file.read_text()) for file in (tmp_path / "rerun" / "made").glob("pulse/summary/*/manifest.json")
    ]
    assert all("pinned" not in one for one in made_of)
    assert not found.agrees
    assert found.other_graph == ""
    assert found.trace is not None
    assert found.trace.record.startswith("CalibrateEvents/")
    assert "CalibrateEvents is pinned, to records made 20" in found.as_text()
