"""The records behind a result, from real manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.errors import RecordError
from analysis.preservation.collecting import manifests_under
from analysis.provenance.dependencies import find_record
from analysis.provenance.keys import KeyParts, describe
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record
from analysis.report.material import Input
from analysis.report.records import collect
from analysis.study import Cut, Region, Step


class Reading(LocalStore):
    """A store that counts what is read of it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads: list[str] = []

    def read(self, place: str, name: str) -> bytes:
        self.reads.append(f"{place}/{name}")
        return super().read(place, name)


@pytest.fixture
def records(tmp_path: Path) -> Reading:
    """An empty store."""
    folder = tmp_path / "store"
    folder.mkdir()
    return Reading(folder)


def write(store: LocalStore, family: str, series: str, label: str = "", **parts: Any) -> Record:
    """Make a record; ``inputs`` are records by role."""
    inputs: dict[str, list[Record]] = parts.pop("inputs", {})
    key_parts = KeyParts(family, inputs={role: used[0].key for role, used in inputs.items()}, **parts)
    record = Record(store, f"htautau/{family}/{series}-{key_parts.key()}", label, ("parquet",))
    with record.writing(lambda: None) as draft:
        assert draft is not None
        draft.parts = key_parts
        draft.inputs = [
            {"role": role, "place": used[0].place, "key": used[0].key, "labels": [one.label for one in used]}
            for role, used in inputs.items()
        ]
        draft.path("parquet").write_bytes(b"0123456789")
    return record


LABELS = ("events_0-50", "events_50-100", "events_100-150")


def test_everything_that_a_result_depends_on(records: Reading) -> None:
    raw = [write(records, "FetchData", "TTbar", label) for label in LABELS]
    write(records, "FetchData", "nobody needs it")
    corrections = write(records, "DeriveCalibration", "corrections", inputs={"events": raw})
    events = [
        write(records, "CalibrateEvents", "TTbar", one.label, inputs={"events": [one], "corrections": [corrections]})
        for one in reversed(raw)
    ]
    plots = write(records, "PlotEvents", "figures", inputs={"events": events, "corrections": [corrections]})

    nodes = collect([plots, corrections])
    assert [(node.family, node.series, node.labels) for node in nodes] == [
        ("CalibrateEvents", "TTbar", LABELS),
        ("DeriveCalibration", "corrections", ("",)),
        ("FetchData", "TTbar", LABELS),
        ("PlotEvents", "figures", ("",)),
    ]
    calibrated, derived, fetched, drawn = nodes
    assert calibrated.inputs == (Input("events", raw[0].place, 3), Input("corrections", corrections.place, 1))
    assert drawn.inputs == (Input("events", events[0].place, 3), Input("corrections", corrections.place, 1))
    assert fetched.key == raw[0].key
    assert [file.name for file in fetched.payload] == [f"{label}.parquet" for label in LABELS]
    assert derived.payload[0].name == "parquet"
    assert fetched.size == 30
    manifests = [record.manifest() for record in raw]
    assert fetched.seconds == pytest.approx(sum(manifest["made"]["seconds"] for manifest in manifests))
    assert fetched.peak_memory == max(manifest["made"]["peak_memory_bytes"] for manifest in manifests)
    assert fetched.created == max(manifest["made"]["end"] for manifest in manifests)
    assert fetched.processor == manifests[0]["host"]["processor"]


def test_the_order_of_what_is_asked_for_does_not_matter_and_nothing_is_read_twice(records: Reading) -> None:
    raw = [write(records, "FetchData", "TTbar", label) for label in LABELS]
    one, two = (write(records, "PlotEvents", name, inputs={"events": raw}) for name in ("first", "second"))
    records.reads.clear()
    nodes = collect([one, two, one])
    assert len(records.reads) == len(set(records.reads)) == 5
    assert collect([two, one]) == nodes


def test_code_and_settings_are_told_apart(records: Reading) -> None:
    region = Region("signal", "signal region", (Cut("mt_1", "<", 30.0),))
    step = Step("analysis.studies.htautau.calibration:calibrate", {"class": "muon", "code": "nominal"})
    described = describe({"calibrate": step, "region": region})
    record = write(
        records, "CalibrateEvents", "TTbar", configuration=described, code={"tasks.x:run": "0f", "a.b": "1e"}
    )
    (node,) = collect([record])
    assert node.configuration == {
        "calibrate": {"function": step.function, "settings": {"class": "muon", "code": "nominal"}},
        "region": {"name": "signal", "cuts": [{"field": "mt_1", "relation": "<", "value": 30.0}]},
    }
    assert node.code.items() >= {"tasks.x:run": "0f", "a/b.py": "1e"}.items()
    assert described["calibrate"]["code"].items() <= node.code.items()
    assert step.function in node.code
    assert list(node.code) == sorted(node.code)


def test_each_store_has_some_of_what_a_result_depends_on(records: Reading, tmp_path: Path) -> None:
    other = Reading(tmp_path / "other")
    raw = write(other, "FetchData", "TTbar")
    calibrated = write(records, "CalibrateEvents", "TTbar", inputs={"events": [raw]})
    trained = write(other, "TrainModel", "default", inputs={"events": [calibrated]})
    nodes = collect([trained], [records, other])
    assert [node.family for node in nodes] == ["CalibrateEvents", "FetchData", "TrainModel"]
    assert [one["record"]["family"] for one in manifests_under([trained], [records, other])] == [
        *("FetchData", "CalibrateEvents", "TrainModel"),
    ]
    assert find_record(raw.place, "", ("parquet",), [records, other]).path("parquet").read_bytes() == b"0123456789"
    assert find_record("htautau/FetchData/none-0", "", (), [records, other]).store is records
    with pytest.raises(RecordError, match="has no manifest"):
        collect([trained])


def test_a_missing_input_is_named(records: Reading) -> None:
    raw = write(records, "FetchData", "TTbar")
    plots = write(records, "PlotEvents", "figures", inputs={"events": [raw]})
    records.remove(raw.place, "manifest.json")
    with pytest.raises(RecordError, match=r"FetchData/TTbar-.* has no manifest"):
        collect([plots])
