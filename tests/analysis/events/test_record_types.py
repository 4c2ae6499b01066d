"""Records with names, and records that may be missing, come back from Parquet as they were."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow.parquet
import pytest

from analysis.checking.events import check_events
from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.events.objects import objects
from analysis.events.parquet import read_events, write_events
from analysis.events.record_types import NOTE, described, restored
from analysis.formats import events as events_format

COUNT = 60


def nested(start: int = 0) -> ak.Array:
    """Objects with references, both between and within collections."""
    random = np.random.default_rng(start + 5)
    muons, jets = random.integers(0, 4, COUNT), random.integers(0, 4, COUNT)

    def branch(counts: np.ndarray, kind: type = np.float32) -> ak.Array:
        return ak.unflatten(random.exponential(10.0, counts.sum()).astype(kind), counts)

    def index(counts: np.ndarray, targets: np.ndarray) -> ak.Array:
        places = np.concatenate([random.integers(-1, n, k) for k, n in zip(counts, targets, strict=True)])
        return ak.unflatten(places.astype(np.int16), counts)

    flat = {f"Muon_{name}": branch(muons) for name in ("pt", "eta", "phi", "mass")}
    flat |= {f"Jet_{name}": branch(jets) for name in ("pt", "eta", "phi", "mass")}
    flat |= {
        "Muon_jetIdx": index(muons, jets),
        "Jet_muonIdx1": index(jets, muons),
        "Jet_jetIdxMother": index(jets, jets),
    }
    flat |= {"MET_pt": random.exponential(20.0, COUNT), "MET_phi": random.uniform(-3.0, 3.0, COUNT)}
    flat |= {"HLT_IsoMu24": random.random(COUNT) < 0.5, "run": np.arange(COUNT)}
    return objects(ak.Array({**flat, "identity": identify("nested", start, COUNT)}))


@pytest.mark.parametrize("count", [0, 1, COUNT])
def test_objects_come_back_with_their_behaviour_and_types(tmp_path: Path, count: int) -> None:
    events = nested()[:count]
    write_events(events, tmp_path / "one.parquet")
    again = read_events(tmp_path / "one.parquet")
    assert again.type == events.type
    assert "jet: ?Momentum4D" in str(again.type)
    assert ak.array_equal(again, events)
    assert ak.array_equal(again.Muon.deltaR(again.Muon.jet), events.Muon.deltaR(events.Muon.jet))
    assert ak.array_equal(again.MET.px, events.MET.px)
    write_events(again, tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_some_columns_and_several_chunks(tmp_path: Path) -> None:
    chunks = [nested(0), nested(COUNT)]
    for number, chunk in enumerate(chunks):
        write_events(chunk, tmp_path / f"{number}.parquet")
    parts = [
        events_format.load(lambda kind, n=number: tmp_path / f"{n}.{kind}", None, ["Jet", "identity"])  # type: ignore[misc]
        for number in range(2)
    ]
    both = events_format.combine(parts)
    assert both.type == ak.concatenate(chunks)[["Jet", "identity"]].type
    assert both.Jet.muon1.px.to_list() == ak.concatenate(chunks).Jet.muon1.px.to_list()


def test_a_stage_may_return_them(tmp_path: Path) -> None:
    events = nested()
    chosen = check_events(events[ak.num(events.Muon) > 1], like=events, selects=True, fields=events.fields)
    events_format.save(chosen, lambda kind: tmp_path / f"events.{kind}", None)
    again = events_format.load(lambda kind: tmp_path / f"events.{kind}", None)
    assert again.type.content == events.type.content
    assert ak.array_equal(again, chosen)
    assert check_events(again, like=chosen) is again
    wrong = ak.with_field(events, ak.with_field(events.Muon, events.Muon.pt * np.nan, "pt"), "Muon")
    with pytest.raises(DataError, match=r"the field 'Muon\.pt' is nan in the event of the identity"):
        check_events(wrong, like=events)
    # what is not finite in a jet that no muon points to is told of the jet alone
    unseen = ak.with_field(events, ak.where(events.Jet.pt > 0.0, np.inf, 0.0), ("Jet", "pt"))
    with pytest.raises(DataError, match=r"the field 'Jet\.pt' is inf"):
        check_events(unseen, like=events)


def test_a_process_that_has_no_vectors_gets_them_with_the_events(tmp_path: Path) -> None:
    write_events(nested(), tmp_path / "events.parquet")
    code = (
        "from pathlib import Path\nfrom analysis.events.parquet import read_events\n"
        f"print(read_events(Path({str(tmp_path / 'events.parquet')!r})).Muon.px.to_list())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(nested().Muon.px.to_list())


@pytest.mark.parametrize(
    "field",
    [
        [{"x": 1, "y": [1.0, 2.0]}, None, {"x": 3, "y": []}],
        [{"x": 1, "y": None}, None, {"x": None, "y": [1.0]}],
        [{"x": {"y": {"z": True}}}, None, {"x": {"y": {"z": False}}}],
        [{"x": {"y": 2.0}}, None, {"x": None}],
        [[{"x": [{"y": 1}, None]}, None], [], [{"x": []}]],
        [[{"x": 1}], None, [{"x": 2}]],
        [None, {"x": "a", "y": [{"z": "b"}]}, {"x": "c", "y": []}],
    ],
)
def test_what_may_be_missing_and_what_not(tmp_path: Path, field: list[Any]) -> None:
    for events in (ak.Array({"field": field}), ak.Array({"field": field})[::-1], ak.Array({"field": field})[1:2]):
        write_events(events, tmp_path / "events.parquet")
        again = read_events(tmp_path / "events.parquet")
        assert again.type == events.type
        assert again.to_list() == events.to_list()


def test_more_events_than_a_part_of_the_file_holds(tmp_path: Path) -> None:
    events = ak.concatenate([ak.Array({"field": [{"x": 1.5, "y": [1]}, None]})] * 2**11, axis=0)
    events = ak.concatenate([events] * 2**9)  # 2**21: parts have 2**20
    write_events(events, tmp_path / "events.parquet")
    assert pyarrow.parquet.read_metadata(tmp_path / "events.parquet").num_row_groups > 1
    again = read_events(tmp_path / "events.parquet")
    assert again.type == events.type
    assert ak.array_equal(again, events)


def test_names_of_ones_own(tmp_path: Path) -> None:
    events = ak.with_name(ak.Array({"x": [1.0], "tracks": [ak.with_name([{"d0": 0.1}], "Track")]}), "Event")
    write_events(events, tmp_path / "events.parquet")
    assert read_events(tmp_path / "events.parquet").type == events.type


def test_other_events_have_no_note(tmp_path: Path) -> None:
    events = ak.Array({"x": [1.0, None], "tracks": [[{"d0": 0.1}], []], "name": ["a", "b"]})
    assert described(events) is None
    write_events(events, tmp_path / "events.parquet")
    assert NOTE not in (pyarrow.parquet.read_metadata(tmp_path / "events.parquet").metadata or {})


@pytest.mark.parametrize("note", [b"", b"{}", b'{"names": [1], "required": []}', json.dumps([]).encode(), b"\xff"])
def test_a_damaged_note(note: bytes) -> None:
    with pytest.raises(DataError, match="the note about records"):
        restored(ak.Array({"x": [1.0]}), note)
