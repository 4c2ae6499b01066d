"""Seconds that records are likely to take."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.provenance.local_store import LocalStore
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.options import Options
from analysis.provenance.remote_store import RemoteStore
from tasks.serving.durations import Durations
from tests.analysis.provenance.stored import rewritten, write_record

PLACE = "study/FitEvents/default-0123456789ab"


def test_those_of_the_command_come_before_earlier_ones(tmp_path: Path):
    record = write_record(LocalStore(tmp_path), "FitEvents")
    rewritten(Path(record.address) / "manifest.json", lambda manifest: manifest["made"].update(seconds=40.0))
    durations = Durations(LocalStore(tmp_path))
    assert durations.seconds("run", PLACE, [""]) == pytest.approx(40.0)
    durations.note("run", {PLACE: [3.0, 5.0]})
    assert durations.seconds("run", PLACE, [""]) == 4.0
    assert durations.seconds("another", PLACE, [""]) == pytest.approx(40.0)
    assert durations.seconds("run", PLACE.replace("Fit", "Draw"), [""]) is None


def test_a_store_out_of_reach_is_not_asked_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = RemoteStore(connect("http://127.0.0.1:1/store", Options(attempts=1)), tmp_path, 10**6)
    durations = Durations(store)
    assert durations.seconds("run", PLACE, [""]) is None
    asked: list[str] = []
    monkeypatch.setattr(store, "folder_times", asked.append)
    for place in (PLACE, PLACE.replace("Fit", "Draw")):
        assert durations.seconds("run", place, [""]) is None
    assert asked == []
