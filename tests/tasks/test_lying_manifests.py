"""Commands on a store with manifests that lie: these records do not count, all others do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.provenance.stored import rewritten
from tests.tasks.project import Project, complete_records_are_whole, made
from tests.tasks.pulse_study import CALIBRATE

pytestmark = pytest.mark.long

HARMLESS = "return pulse * settings.scale"


def first(project: Project, family: str) -> Path:
    """The manifest of the first record of a task."""
    return min(project.store.glob(f"pulse/{family}/*/*manifest.json"))


@pytest.fixture
def lying(pulse: Project, tmp_path: Path) -> dict[str, Path]:
    """Manifests that lie, one of each of four tasks, each in its own way, by task."""

    def leads_out(manifest: dict[str, Any]) -> None:
        manifest["payload"] |= {str(tmp_path / "thesis"): next(iter(manifest["payload"].values()))}

    (tmp_path / "thesis").write_text("years")
    lies = {name: first(pulse, name) for name in ("CalibrateEvents", "selected_pulses", "summary", "shapes")}
    rewritten(lies["CalibrateEvents"], lambda one: one["parts"]["parameters"].update(chunk_events="3"))
    rewritten(lies["selected_pulses"], leads_out)
    lies["summary"].write_bytes(b'{"format": 2, "parts": ' + b"[" * 100_000)
    lies["shapes"].write_bytes(lies["shapes"].read_bytes().replace(b'"made"', b'"\xff\xfe\xfd"'))
    return lies


def law(project: Project, *arguments: str, fails: bool = False) -> str:
    output = project.law(*arguments, fails=fails)
    assert "Traceback" not in output, output
    return output


def test_looking_is_about_all_others_and_touches_nothing(pulse: Project, lying: dict[str, Path]):
    before = {path: path.stat().st_mtime_ns for path in pulse.store.rglob("*.json")}
    rows = json.loads(law(pulse, "run", "ListRecords", "--json"))
    # of another record of the place it is known; of a lying one alone only what its folder is called
    assert {row["task"]: row["states"] for row in rows if row["task"] in lying} == {
        "CalibrateEvents": ["current"],
        "selected_pulses": ["current"],
        "summary": ["old"],
        "shapes": ["old"],
    }
    assert {row["task"]: row["host"] == "" for row in rows if row["task"] in lying} == {
        "CalibrateEvents": False,
        "selected_pulses": False,
        "summary": True,
        "shapes": True,
    }
    assert "there is nothing that could go\nstaying: 12 current" in law(pulse, "run", "Prune", "--older-than", "0d")
    pulse.replace("pulse_calibration.py", CALIBRATE, HARMLESS)
    output = law(pulse, "run", "Report", "--explain")
    assert "code pulse_calibration:factor changed\n" in output
    assert output.count("missing, never made") == 2
    assert {path: path.stat().st_mtime_ns for path in pulse.store.rglob("*.json")} == before


def test_all_that_lie_are_found_together_and_made_anew(pulse: Project, lying: dict[str, Path], tmp_path: Path):
    output = law(pulse, "run", "VerifyRecords", fails=True)
    assert "error: 4 of 20 records are damaged:" in output
    assert output.count("is not a manifest of this store: ") == 4
    assert not any(file.exists() for file in lying.values())
    assert (tmp_path / "thesis").read_text() == "years"
    assert sorted(made(law(pulse, "run", "Report"))) == sorted(lying)
    assert "verified  20 records" in law(pulse, "run", "VerifyRecords")
    complete_records_are_whole(pulse)


def test_a_result_is_made_of_none_that_lies(pulse: Project, lying: dict[str, Path], tmp_path: Path):
    pulse.replace("pulse.py", "values.mean()", "np.mean(values)")
    output = law(pulse, "run", "pulse.summary")
    assert "selected_pulses/far" in output
    assert "a payload file cannot be called" in output
    assert "again: 1 damaged record set aside, to be made anew now" in output
    # of the old summary and of the figures nothing was needed
    assert sorted(made(output)) == ["CalibrateEvents", "selected_pulses", "summary"]
    assert (tmp_path / "thesis").read_text() == "years"


def test_what_lies_is_not_adopted(pulse: Project, lying: dict[str, Path], tmp_path: Path):
    pulse.replace("pulse_calibration.py", CALIBRATE, HARMLESS)
    adopt = ("run", "Adopt", "--task", "CalibrateEvents", "--reason", "the order of factors")
    output = law(pulse, *adopt, fails=True)
    assert "is not a manifest of this store: its key is not that of its parts" in output
    assert not lying["CalibrateEvents"].exists()
    # the same command again is about all others, and about nothing that was made of it
    output = law(pulse, *adopt)
    assert "1 of 2 records are not there" in output
    assert "due   selected_pulses far: CalibrateEvents far is due" in output
    assert "adopted 3 records" in output
    families = made(law(pulse, "run", "Report"))
    assert [families.count(task) for task in ("CalibrateEvents", "selected_pulses")] == [1, 2]
    assert (tmp_path / "thesis").read_text() == "years"
    assert "deleted " in law(pulse, "run", "Adopt", "--undo")
