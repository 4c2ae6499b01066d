"""What journals say of commands: states, numbers, times, failures."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from analysis.provenance.journal import FOLDER, Journal, JournalReader
from analysis.provenance.local_store import LocalStore
from tasks.serving.runs import Run, RunReader
from tests.analysis.provenance.stored import write_record

HITS, FIT = "study/FitEvents/hits-0123456789ab", "study/FitMeasurement/default-0123456789ab"
PLAN = [
    {"place": HITS, "records": 3, "labels": ["events_0-10", "events_10-20", "events_20-30"]},
    {"place": FIT, "records": 1, "labels": [""]},
]


def read(root: Path) -> list[Run]:
    return RunReader(JournalReader(root), LocalStore(root)).read()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    facts = {"line": "law run Report", "study": "study", "plan": PLAN, "workers": 2}
    return Journal(tmp_path, facts)


def test_numbers_of_one_that_runs(journal: Journal, tmp_path: Path):
    for label in ("events_0-10", "events_10-20"):
        journal.add(begun=HITS, label=label)
    journal.add(made=HITS, label="events_0-10", seconds=8.0)
    (run,) = read(tmp_path)
    assert (run.state, run.line, run.made, run.wanted, run.workers) == ("running", "law run Report", 1, 4, 2)
    assert [(one.task, one.label, one.process) for one in run.at_work] == [("FitEvents", "events_10-20", os.getpid())]
    # by what the first one took
    assert run.at_work[0].remaining == pytest.approx(8.0, abs=1.0)
    hits, fit = run.stages
    assert (hits.state, hits.made, hits.wanted, fit.state) == ("running", 1, 3, "waiting")
    assert hits.remaining == pytest.approx(16.0, abs=1.0)
    # nobody knows the fit
    assert fit.remaining is None
    assert not run.is_known
    journal.end("complete")


def test_times_are_those_of_earlier_records(journal: Journal, tmp_path: Path):
    def taken(seconds: float) -> None:
        record = write_record(LocalStore(tmp_path), "FitMeasurement", version=5)
        from tests.analysis.provenance.stored import rewritten

        rewritten(Path(record.address) / "manifest.json", lambda manifest: manifest["made"].update(seconds=seconds))

    taken(40.0)
    journal.add(begun=FIT, label="")
    (run,) = read(tmp_path)
    assert run.at_work[0].remaining == pytest.approx(40.0, abs=1.0)
    assert run.remaining == pytest.approx(40.0, abs=1.0)
    journal.end("complete")


def test_the_end_and_what_went_wrong(journal: Journal, tmp_path: Path):
    journal.add(begun=FIT, label="")
    journal.add(failed=FIT, label="", reason="the fit does not converge")
    journal.add(error="the fit does not converge")
    journal.add(error="disk full")
    journal.end("failed")
    (run,) = read(tmp_path)
    assert run.state == "failed"
    assert [(one.what, one.reason) for one in run.failures] == [
        ("FitMeasurement default", "the fit does not converge"),
        ("", "disk full"),
    ]
    assert run.at_work == []
    assert [stage.state for stage in run.stages] == ["waiting", "failed"]


def test_a_second_try_is_no_failure(journal: Journal, tmp_path: Path):
    for kind in ("begun", "failed", "begun", "made"):
        journal.add(**{kind: FIT}, label="", reason="out of memory")
        time.sleep(0.01)
    (run,) = read(tmp_path)
    assert [stage.failed for stage in run.stages] == [0, 0]
    journal.end("complete")
    (run,) = read(tmp_path)
    assert (run.made, run.wanted, run.state) == (1, 1, "complete")


def write(root: Path, host: str, entries: list[dict[str, Any]]) -> None:
    (root / FOLDER).mkdir(parents=True)
    first = {"time": 1.0, "command": {"line": "law run Report", "plan": PLAN}, "host": host, "process": 1}
    text = "".join(f"{json.dumps(one)}\n" for one in [first, *entries])
    (root / FOLDER / "20260101T000000-1-abcdef.jsonl").write_text(text)


def test_one_that_was_killed_died(tmp_path: Path):
    write(tmp_path, socket.gethostname(), [{"time": 2.0, "begun": FIT, "label": "", "process": 2}])
    (run,) = read(tmp_path)
    assert run.state == "died"
    assert [one.task for one in run.at_work] == ["FitMeasurement"]
    assert [stage.at_work for stage in run.stages] == [0, 0]


def test_of_another_machine_nothing_is_claimed(tmp_path: Path):
    write(tmp_path, "elsewhere", [])
    assert [run.state for run in read(tmp_path)] == ["unknown"]


@pytest.mark.parametrize(
    "lie",
    [
        {"begun": "../../etc/passwd", "label": ""},
        {"begun": FIT, "label": ["a"]},
        {"made": HITS, "label": "x", "seconds": "long"},
        {"plan": [{"place": 7}, 8, {"place": FIT, "records": -4, "labels": "abc"}]},
        {"failed": FIT, "label": {}, "reason": None},
        {"jobs": 5, "error": 6, "end": {}},
    ],
)
def test_whoever_can_write_there_breaks_nothing(tmp_path: Path, lie: dict[str, Any]):
    write(tmp_path, "elsewhere", [{"time": 2.0, **lie}])
    (run,) = read(tmp_path)
    assert all(one.place.startswith("study/") for one in run.at_work)
