"""Whole commands with Adopt: what serves again, what is refused, and what is taken back."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.services.servers import S3
from tests.tasks.conftest import copied
from tests.tasks.project import Project, made, newest
from tests.tasks.pulse_study import CALIBRATE, write_study

pytestmark = pytest.mark.long

HARMLESS, HARMFUL = "return pulse * settings.scale", "return pulse * settings.scale * 1.5"
ADOPT = ("run", "Adopt", "--task", "CalibrateEvents", "--reason", "the order of factors")
# of two data sets in two chunks each
FOLLOWING = {"CalibrateEvents": 4, "selected_pulses": 4, "summary": 1, "shapes": 1}


def manifests(project: Project) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in project.store.glob("pulse/*/*/*manifest.json")]


def adopted(project: Project) -> list[dict[str, Any]]:
    return [one for one in manifests(project) if "adopted" in one]


def files(project: Project) -> dict[Path, int]:
    """All files of the store that are not hidden, with their last changes."""
    found = (file for file in project.store.rglob("*") if file.is_file())
    return {file: file.stat().st_mtime_ns for file in found if not any(part[0] == "." for part in file.parts[-2:])}


def test_a_harmless_change_costs_nothing(pulse: Project):
    before = files(pulse)
    pulse.replace("pulse_calibration.py", CALIBRATE, HARMLESS)
    output = pulse.law(*ADOPT, "--verify", "2")
    assert output.count(": the same bits (") == 2
    assert "adopted 10 records" in output
    assert "code pulse_calibration" in output
    found = adopted(pulse)
    families = [one["record"]["family"] for one in found]
    assert {name: families.count(name) for name in FOLLOWING} == FOLLOWING
    for one in found:
        said = one["adopted"]
        assert said["reason"] == "the order of factors"
        assert said["from"]["key"] != one["record"]["key"]
        assert [len(said["verified"])] == [2 if one["record"]["family"] == "CalibrateEvents" else 0]
        # what it was made of is there under its new key, too
        for used in one["inputs"]:
            assert (pulse.store / used["place"]).is_dir()
    assert {file: time for file, time in files(pulse).items() if file in before} == before
    # numbers and page name keys
    assert made(pulse.law("run", "Report")) == ["CollectResults", "Report"]
    page = newest(pulse, "pulse/Report/*/report.html").read_text()
    assert "CalibrateEvents was not made by the present code, settings and inputs" in page
    assert "nothing to adopt" in pulse.law(*ADOPT)

    output = pulse.law("run", "Adopt", "--undo", "--task", "CalibrateEvents")
    assert "deleted 10 records that had been adopted" in output
    assert "set aside 2 records made of adopted ones" in output
    assert files(pulse).items() >= before.items()
    assert adopted(pulse) == []
    families = made(pulse.law("run", "Report"))
    assert {name: families.count(name) for name in FOLLOWING} == FOLLOWING
    assert "no records were adopted" in pulse.law("run", "Adopt", "--undo", fails=True)


def test_a_difference_is_found_before_anything_is_adopted(pulse: Project):
    before = files(pulse)
    pulse.replace("pulse_calibration.py", CALIBRATE, HARMFUL)
    output = pulse.law(*ADOPT, "--verify", "1", fails=True)
    assert "made anew is not what it was: 'energy' differs (by at most 3e-01, relative)" in output
    assert files(pulse) == before


def test_one_may_adopt_a_task_alone_or_a_data_set(pulse: Project):
    pulse.replace("pulse_calibration.py", CALIBRATE, HARMLESS)
    output = pulse.law(*ADOPT, "--alone", "--datasets", "near")
    assert "adopted 2 records" in output
    assert {one["record"]["place"].split("/")[2].split("-")[0] for one in adopted(pulse)} == {"near"}
    families = made(pulse.law("run", "pulse.summary"))
    assert {name: families.count(name) for name in ("CalibrateEvents", "selected_pulses", "summary")} == {
        "CalibrateEvents": 2,
        "selected_pulses": 4,
        "summary": 1,
    }


def test_what_changed_otherwise_is_due(pulse: Project):
    pulse.replace("pulse_calibration.py", CALIBRATE, HARMLESS)
    pulse.replace("pulse.py", "values.mean()", "np.mean(values)")
    pulse.replace(
        "pulse.py", '"pulse_calibration:calibrate", Calibration()', '"pulse_calibration:calibrate", Calibration(2)'
    )
    output = pulse.law(
        "run", "Adopt", "--task", "pulse.calibrated", "--reason", "two is two", "--old", *[",".join(keys(pulse))]
    )
    assert "setting scale: 2.0 -> 2" in output
    assert "due   summary summary: " in output


def keys(project: Project) -> list[str]:
    return [file.name.rpartition("-")[2] for file in project.store.glob("pulse/CalibrateEvents/*")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--task", "CalibrateEvents"), "an adoption needs a reason"),
        (("--task", "CalibrateEvents", "--reason", " "), "an adoption needs a reason"),
        (("--reason", "x"), "no task is named"),
        (("--task", "CalibrateEvent", "--reason", "x"), "did you mean 'CalibrateEvents'?"),
        ((*ADOPT[2:], "--old", "aaaaaa"), "no complete records are there under aaaaaa"),
        (
            ("--task", "CalibrateEvents", "--reason", "x", "--datasets", "neer"),
            "no data set of the study 'pulse' is called 'neer'",
        ),
    ],
)
def test_mistakes_are_told(pulses: Project, arguments: tuple[str, ...], message: str):
    assert message in pulses.law("run", "Adopt", *arguments, fails=True)


def test_a_pinned_step_is_not_adopted(pulse: Project):
    with (pulse.folder / "law_user.cfg").open("a") as settings:
        settings.write(f"[pins]\nCalibrateEvents = {' '.join(keys(pulse))}\n")
    assert "is pinned by CalibrateEvents" in pulse.law(*ADOPT, fails=True)


@pytest.mark.services
def test_on_a_server(pulses: Project, repository: Path, tmp_path: Path, s3: S3):
    project = copied(pulses, tmp_path)
    write_study(project.folder)
    project.variables |= {
        "ERUMFLOW_STORE": f"s3://{s3.bucket}/{uuid.uuid4().hex}",
        "AWS_ENDPOINT_URL_S3": s3.endpoint,
        "AWS_ACCESS_KEY_ID": s3.key,
        "AWS_SECRET_ACCESS_KEY": s3.secret,
    }
    project.law("run", "pulse.summary")
    project.replace("pulse_calibration.py", CALIBRATE, HARMLESS)
    output = project.law(*ADOPT, "--verify", "1")
    assert "adopted 9 records" in output
    assert made(project.law("run", "pulse.summary")) == []
    output = project.law("run", "Adopt", "--undo")
    assert "deleted 9 records" in output
    families = made(project.law("run", "pulse.summary"))
    assert sorted(families) == ["CalibrateEvents"] * 4 + ["selected_pulses"] * 4 + ["summary"]
