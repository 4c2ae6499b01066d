"""States of records, decided by a process with the code as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from analysis.provenance.inventory import locations
from analysis.provenance.local_store import LocalStore
from analysis.provenance.record_index import RecordIndex
from tests.analysis.provenance.stored import write_record
from tests.tasks.project import Project


def states(project: Project, index: RecordIndex) -> dict[str, set[str]]:
    """Decide as the page does; the states by task."""
    command = [sys.executable, "-m", "tasks.serving.deciding", str(index.file)]
    done = subprocess.run(command, cwd=project.folder, env=project.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, set[str]] = {}
    for row in index.everything():
        found.setdefault(row.task, set()).add(row.state)
    return found


@pytest.mark.long
def test_states_follow_the_code_and_the_settings(pulse: Project, tmp_path: Path):
    write_record(LocalStore(pulse.store), "FitEvents", study="left")
    index = RecordIndex(tmp_path / "index.sqlite")
    index.refresh(locations([LocalStore(pulse.store)]))
    assert {row.state for row in index.everything()} == {""}
    found = states(pulse, index)
    assert found.pop("FitEvents") == {"unknown"}
    assert set(map(frozenset, found.values())) == {frozenset({"current"})}

    pulse.replace("pulse_calibration.py", "settings.scale * pulse", "3.0 * settings.scale * pulse")
    key = next(row.key for row in index.everything() if row.task == "summary")
    with (pulse.folder / "law_user.cfg").open("a") as file:
        file.write(f"\n[pins]\nsummary: {key}\n")
    found = states(pulse, index)
    assert found["summary"] == {"current, pinned"}
    # what is made of a pinned record is what would be made
    current = {task for task, some in found.items() if some == {"current"}}
    assert current == {"GenerateEvents", "SimulateData", "CollectResults"}
    assert {task for task, some in found.items() if some == {"old"}} == {
        "CalibrateEvents",
        "selected_pulses",
        "shapes",
        "Report",
    }
