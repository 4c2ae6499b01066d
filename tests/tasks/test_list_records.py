"""Listing records: search, states, order, forms."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import StudyError
from analysis.provenance.local_store import LocalStore
from tasks.data import GenerateEvents
from tasks.framework.parameters import AgeParameter
from tasks.list_records import ListRecords, Row, aligned, table
from tests.analysis.provenance.stored import write_record


@pytest.fixture
def records(store: Path) -> LocalStore:
    """Records of the study airshower: current ones, some of changed settings, old ones; and of a study that is lost."""
    local = LocalStore(store)
    for changes, days in (("", 3), ("fit.data=asimov", 2)):
        task = GenerateEvents(study="airshower", set=changes)
        texts = {name: str(one.serialize(getattr(task, name))) for name, one in task.get_params()}
        parts = task.key_parts("proton")
        # events do not depend on the fit
        assert parts.key() == GenerateEvents(study="airshower").key("proton")
        options: dict[str, Any] = {"study": "airshower", "series": "proton", "parameters": texts, "days": days}
        options["parts"] = parts
        write_record(local, "GenerateEvents", labels=("events_0-10", "events_10-20"), **options)
    for version in range(3):
        write_record(local, "TrainModel", study="airshower", series="hexagonal", version=version, days=40 + version)
    fit = write_record(local, "FitMeasurement", study="airshower", version=7, days=50)
    write_record(local, "PreserveStudy", study="airshower", inputs=[fit])
    write_record(local, "TrainModel", study="lost", days=100)
    return local


def found(**parameters: Any) -> list[Row]:
    return sorted(ListRecords(**parameters).rows(), key=lambda row: (row.study, row.task, row.time))


def test_states_say_what_records_are_kept_for(records: LocalStore):
    states = {(row.study, row.task): row.states for row in found()}
    assert states == {
        ("airshower", "GenerateEvents"): ("current",),
        ("airshower", "TrainModel"): ("old",),
        ("airshower", "FitMeasurement"): ("preserved",),
        ("airshower", "PreserveStudy"): ("preserved",),
        ("lost", "TrainModel"): ("unknown",),
    }


def test_a_search_by_each_of_its_options(records: LocalStore):
    assert [row.study for row in found(study=("lost",))] == ["lost"]
    assert {row.task for row in found(task=("TrainModel", "FitMeasurement"))} == {"TrainModel", "FitMeasurement"}
    assert [row.task for row in found(series=("proton",))] == ["GenerateEvents"]
    (key, *others) = {row.key for row in found()}
    assert [row.key for row in found(key=key[:8])] == [key]
    assert others
    assert len(found(older_than="30d")) == 5
    assert len(found(older_than="30d", newer_than="41.5d")) == 2
    assert [row.records for row in found(larger_than="6kB", state=("current",))] == [2]
    assert found(smaller_than="1kB") == []
    assert found(host="no such machine") == []
    commits = {row.commit.rstrip("+") for row in found()}
    assert all(found(commit=commit) for commit in commits)
    assert found(commit="0" * 12) == []
    assert {row.task for row in found(state=("preserved", "unknown"))} == {
        *("FitMeasurement", "PreserveStudy", "TrainModel")
    }


def test_what_does_not_exist_is_told(records: LocalStore):
    with pytest.raises(StudyError, match=r"study with records 'airshowr'.*airshower"):
        found(study=("airshowr",))
    with pytest.raises(StudyError, match=r"'curent'.*current"):
        ListRecords(state=("curent",))
    with pytest.raises(StudyError, match="'a month' is no age"):
        AgeParameter().parse("a month")


def test_a_table_and_json(records: LocalStore, capsys: pytest.CaptureFixture[str]):
    assert list(ListRecords(order="age", json=True).summary()) == []
    rows = json.loads(capsys.readouterr().out)
    assert [row["task"] for row in rows][:2] == ["GenerateEvents", "PreserveStudy"]
    assert rows[-1]["study"] == "lost"
    assert rows[0].keys() >= {"key", "size", "commit", "host", "states", "records", "address"}
    assert Path(rows[0]["address"]).is_dir()
    ((name, text),) = ListRecords(order="name").summary()
    lines = capsys.readouterr().out.splitlines()
    assert (name, text[:18]) == ("in all", "7 keys, 8 records,")
    assert len(lines) == 8
    assert re.fullmatch(r"study +task +series +key +records +size +age +commit +host +state", lines[0])
    assert list(table([])) == []


def test_records_of_the_same_name_with_other_settings(store: Path):
    task = GenerateEvents(study="airshower", statistics="large")
    texts = {name: str(one.serialize(getattr(task, name))) for name, one in task.get_params()}
    parts = task.key_parts("proton")
    write_record(LocalStore(store), "GenerateEvents", series="proton", parts=parts, study="airshower", parameters=texts)
    (row,) = found()
    assert row.states == ("current",)


def test_names_of_others_are_text():
    lines = list(aligned([("name", "size"), ("a\x1b[2Jb\n", "1"), ("\u202ec", "22")], right={1}))
    assert lines == ["name         size", r"a\x1b[2Jb\n     1", r"\u202ec        22"]
