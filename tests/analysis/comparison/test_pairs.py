"""Records of two graphs that correspond to each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.comparison.pairs import Pair, pair_records
from analysis.errors import RecordError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record
from tests.analysis.comparison.graphs import store_in, write

LABELS = ("events_0-50", "events_50-100")


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path / "store")


def graph(store: LocalStore, scale: float) -> Record:
    """Raw events, calibrated in two chunks; a mean of the first chunk and a fit of both."""
    raw = [write(store, "FetchData", "run", label) for label in LABELS]
    events = [
        write(store, "Calibrate", "run", one.label, inputs={"raw": [one]}, configuration={"scale": scale})
        for one in raw
    ]
    mean = write(store, "mean", "mean", inputs={"events": events[:1]})
    return write(store, "Fit", "fit", inputs={"mean": [mean], "events": events})


def named(pairs: list[Pair]) -> list[str]:
    return [pair.name for pair in pairs]


def test_pairs_come_in_the_order_of_the_graph_and_stop_where_both_are_made_of_the_same(store: LocalStore):
    pairs = pair_records([([graph(store, 1.0)], [graph(store, 1.1)])], [store])
    assert named(pairs) == ["Calibrate run", "mean mean", "Fit fit"]
    calibrated, mean, fit = pairs
    # the mean takes one chunk, the fit two: all are read, each once
    assert [set(side) for side in calibrated.sides] == [set(LABELS)] * 2
    assert [place.partition("/")[2].partition("/")[0] for place in calibrated.shared] == ["FetchData"]
    assert fit.needs == {"mean": mean, "events": calibrated}
    assert [pair.result for pair in pairs] == [False, False, True]
    assert [one["parts"]["configuration"]["scale"] for one in calibrated.manifests] == [1.0, 1.1]


def test_equal_results_are_no_pairs(store: LocalStore):
    result = graph(store, 1.0)
    assert pair_records([([result], [result])], [store]) == []


def test_roles_that_only_one_has_are_not_followed(store: LocalStore):
    raw = [write(store, "FetchData", "run")]
    a = write(store, "Fit", "fit", inputs={"events": raw})
    b = write(store, "Fit", "fit", inputs={"others": raw, "events": [write(store, "FetchData", "next")]})
    (first, second) = pair_records([([a], [b])], [store])
    assert (first.name, [*second.needs]) == ("FetchData next", ["events"])


def test_records_in_another_store_are_found(store: LocalStore, tmp_path: Path):
    other = store_in(tmp_path / "other")
    results = [
        write(
            store, "Fit", "fit", inputs={"events": [write(other, "Calibrate", "run", configuration={"scale": scale})]}
        )
        for scale in (1.0, 2.0)
    ]
    pairs = pair_records([(results[:1], results[1:])], [store, other])
    assert named(pairs) == ["Calibrate run", "Fit fit"]


def test_what_is_missing_is_an_error(store: LocalStore):
    a, b = graph(store, 1.0), graph(store, 1.1)
    for manifest in store.root.glob("toy/Calibrate/*/*manifest.json"):
        manifest.unlink()
    with pytest.raises(RecordError, match=r"Calibrate/run-.* has no manifest"):
        pair_records([([a], [b])], [store])


def test_a_graph_of_many_ways_is_walked_once(store: LocalStore):
    def ladder(scale: float) -> Record:
        below = [write(store, "Calibrate", "run", configuration={"scale": scale})]
        for step in range(40):
            # two ways up at each step: a thousand milliard ways in all
            sides = [write(store, f"Left{step}", "x", inputs={"of": below}), *below]
            below = [write(store, f"Both{step}", "x", inputs={"left": sides[:1], "right": sides[1:]})]
        return below[0]

    assert len(pair_records([([ladder(1.0)], [ladder(2.0)])], [store])) == 81
