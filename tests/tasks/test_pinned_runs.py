"""Whole commands with pinned steps: what is made, what is told, and that jobs see the same pins."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tasks.project import Project, made, newest
from tests.tasks.pulse_study import CALIBRATE, SETTINGS

pytestmark = pytest.mark.long

DATASETS = ("near", "far")


def key(project: Project, family: str, series: str) -> str:
    """The key of the records of a series, of which there are those of one key."""
    (folder,) = project.store.glob(f"pulse/{family}/{series}-*")
    return folder.name.rpartition("-")[2]


def pin(project: Project, *options: str) -> None:
    (project.folder / "law_user.cfg").write_text(SETTINGS + "[pins]\n" + "\n".join(options) + "\n")


def manifests(project: Project, family: str) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in project.store.glob(f"pulse/{family}/*/*manifest.json")]


def test_a_pinned_step_stays_and_all_that_follows_says_so(pulse: Project):
    keys = {name: key(pulse, "CalibrateEvents", name) for name in DATASETS}
    before = {file: file.stat().st_mtime_ns for file in pulse.store.glob("pulse/CalibrateEvents/*/*")}
    pin(pulse, f"calibrated = {' '.join(keys.values())} since 2020-01-01")
    # more than it does not run with: whatever is before the pinned step is not looked at
    pulse.replace("pulse_calibration.py", CALIBRATE, "return no_such_name * pulse")
    pulse.replace("pulse.py", "energy > 4.0", "energy > 5.0")
    output = pulse.law("run", "Report")
    assert set(made(output)) == {"selected_pulses", "shapes", "summary", "CollectResults", "Report"}
    assert {file: file.stat().st_mtime_ns for file in pulse.store.glob("pulse/CalibrateEvents/*/*")} == before
    for name in DATASETS:
        assert f"pinned  CalibrateEvents {name} to {keys[name]}, made 20" in output
    assert "warning: [pins] calibrated holds to records that are 0 days old and pinned for " in output
    for family in ("summary", "CollectResults", "Report"):
        last = max(manifests(pulse, family), key=lambda manifest: manifest["made"]["end"])
        assert [(one["place"], one["option"]) for one in last["pinned"]] == [
            (f"pulse/CalibrateEvents/{name}-{keys[name]}", "calibrated") for name in sorted(DATASETS)
        ]
    assert all("pinned" not in one for one in manifests(pulse, "CalibrateEvents"))
    page = newest(pulse, "pulse/Report/*/report.html").read_text()
    assert "CalibrateEvents is pinned, since 2020-01-01, to records made 20" in page
    output = pulse.law("run", "Report", "--print-status", "-1")
    assert "existent (4/4) (pinned)" in output
    assert "SimulateData" not in output
    assert f"pinned  CalibrateEvents far to {keys['far']}" in output
    assert "are pinned" in pulse.law("run", "CalibrateEvents", "--remove-output", "0,a,y", fails=True)
    assert len(list(pulse.store.glob("pulse/CalibrateEvents/*/*"))) == len(before)


def test_a_pin_of_what_did_not_change_tells_the_page_alone(pulse: Project):
    pin(pulse, f"CalibrateEvents.near = {key(pulse, 'CalibrateEvents', 'near')}")
    assert made(pulse.law("run", "Report")) == ["Report"]


def test_jobs_see_the_same_pins(pulse: Project):
    keys = [key(pulse, "CalibrateEvents", name) for name in DATASETS]
    pin(pulse, f"pulse.CalibrateEvents = {' '.join(keys)}")
    pulse.replace("pulse_calibration.py", CALIBRATE, "return 1.5 * settings.scale * pulse")
    pulse.replace("pulse.py", "energy > 4.0", "energy > 5.0")
    output = pulse.law("run", "pulse.summary", "--workflow", "batch-local")
    assert "selected_pulses" in output
    assert "CalibrateEvents " not in output.replace("pinned        CalibrateEvents", "")
    last = max(manifests(pulse, "summary"), key=lambda manifest: manifest["made"]["end"])
    assert [one["option"] for one in last["pinned"]] == ["pulse.CalibrateEvents"] * 2


def test_a_pinned_record_that_is_gone_is_told_and_not_made(pulse: Project):
    keys = [key(pulse, "CalibrateEvents", name) for name in DATASETS]
    pin(pulse, f"CalibrateEvents = {' '.join(keys)}")
    (pulse.store / f"pulse/CalibrateEvents/far-{keys[1]}/events_20-40.manifest.json").unlink()
    output = pulse.law("run", "Report", fails=True)
    assert f"[pins]: CalibrateEvents pins CalibrateEvents far to {keys[1]}, of which 1 of 2 records are" in output
    assert made(output) == []
