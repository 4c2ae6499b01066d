"""What two results hold: files, numbers, metrics, histograms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.comparison.contents import Content, Contents, compare_contents
from analysis.comparison.pairs import pair_records
from analysis.errors import RecordError
from analysis.histograms.histograms import Histograms, new_histogram
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record
from analysis.results import Number
from tests.analysis.comparison.graphs import store_in, write

VARYING = frozenset({"history.jsonl", "events.tfevents"})


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path / "store")


def compared(store: LocalStore, a: list[Record], b: list[Record]) -> Contents:
    return compare_contents(pair_records([(a, b)], [store]), VARYING)


def histograms(value: float) -> Histograms:
    sums = np.full((2, 1, 1, 1, 2), value)
    filled = new_histogram("mass", (0.0, 1.0, 2.0), False, (["z"], ["signal"], ["nominal"]), sums=sums)
    return Histograms({"mass": filled}, {"mass": np.zeros(sums.shape)})


def results(value: float, key: str, **more: Any) -> dict[str, Any]:
    number = Number("mu", "strength", value, (0.1, 0.1), None, "", "fit").as_json()
    return {"numbers": [{**number, "key": key, "record": f"toy/Fit/fit-{key}"}], "tables": [], **more}


def graph(store: LocalStore, scale: float, factor: float, key: str) -> Record:
    """A study whose calibration changes what is filled only if the factor does."""
    raw = [write(store, "FetchData", "run")]
    settings = {"configuration": {"scale": scale}}
    chunks = [
        write(
            store, "Fill", "run", label, inputs={"raw": raw}, payload={"histograms.zip": histograms(factor)}, **settings
        )
        for label in ("events_0-1", "events_1-2")
    ]
    merged = write(store, "Merge", "all", inputs={"run": chunks}, payload={"histograms.zip": histograms(2 * factor)})
    last = {"networks": [{"metrics": {"auc": factor}, "best_value": 1.0}], "seconds": scale}
    trained = write(
        store,
        "Train",
        "dense",
        inputs={"events": chunks},
        payload={"history.jsonl": json.dumps(last) + "\n", "parameters.safetensors": str(factor)},
    )
    fit = write(store, "Fit", "fit", inputs={"of": [merged]}, payload={"fit.json": results(factor, "", chi2=factor)})
    inputs = {"fit": [fit], "networks": [trained]}
    return write(store, "Collect", "all", inputs=inputs, payload={"results.json": results(factor, key)})


def test_everything_that_can_be_compared_is(store: LocalStore):
    found = compared(store, [graph(store, 1.0, 1.0, "a")], [graph(store, 1.1, 1.1, "b")])
    assert [(one.task, one.series, len(one.differ), one.files) for one in found.contents if one.task != "Train"] == [
        ("Fill", "run", 2, 2),
        ("Merge", "all", 1, 1),
        ("Fit", "fit", 1, 1),
        ("Collect", "all", 1, 1),
    ]
    assert Content("Train", "dense", 1, ("parameters.safetensors",)) in found.contents
    assert found.shared == [("FetchData", "run")]
    # once, though the fit and all results together have it
    assert list(found.numbers) == ["mu"]
    assert found.numbers["mu"].pull == pytest.approx(1.0)
    (changed,) = found.values["Fit fit: fit.json"][0]
    assert (changed.place, changed.a, changed.b, list(found.values)) == ("chi2", 1.0, 1.1, ["Fit fit: fit.json"])
    assert {one.name: one.difference for one in found.metrics["Train dense"]}["auc"] == pytest.approx(0.1)
    # those of all chunks together, and not of each data set
    (merged,) = found.histograms
    assert (merged.name, len(merged.moved)) == ("Merge all", 1)
    assert merged.moved[0].b == pytest.approx(4.4)


def test_results_that_say_the_same_but_for_keys_are_the_same(store: LocalStore):
    found = compared(store, [graph(store, 1.0, 1.0, "a")], [graph(store, 1.1, 1.0, "b")])
    assert [one.differ for one in found.contents] == [()] * len(found.contents)
    assert [one.same for one in found.numbers.values()] == [True]
    assert (found.histograms, found.values) == ([], {})


def test_histograms_of_chunks_are_added_where_they_are_asked_for(store: LocalStore):
    graph(store, 1.0, 1.0, "a"), graph(store, 1.1, 1.1, "b")
    sides = sorted(store.root.glob("toy/Fill/*"))
    records = [
        [Record(store, str(side.relative_to(store.root)), label, ()) for label in ("events_0-1", "events_1-2")]
        for side in sides
    ]
    (filled,) = compared(store, records[0], records[1]).histograms
    assert sorted([filled.moved[0].a or 0.0, filled.moved[0].b or 0.0]) == pytest.approx([4.0, 4.4])


def test_a_damaged_file_is_told(store: LocalStore):
    a, b = graph(store, 1.0, 1.0, "a"), graph(store, 1.1, 1.1, "b")
    pairs = pair_records([([a], [b])], [store])
    (store.root / b.place / "results.json").write_text("{}")
    with pytest.raises(RecordError, match=r"results\.json has 2 bytes"):
        compare_contents(pairs, VARYING)
