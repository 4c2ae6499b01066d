from __future__ import annotations

import time
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from analysis.errors import DataError, StudyError
from analysis.events.duplicates import (
    check_repeated,
    checked_duplicates,
    find_duplicates,
    identifying_columns,
    repeated_in_words,
)
from analysis.events.duplicates_settings import EventIdentity

H4L = EventIdentity(("run", "Higgs_mass", "Z1_mass", "Z2_mass"))


@pytest.fixture(scope="session")
def h4l(mirror: Any) -> dict[str, ak.Array]:
    """Events by data set: two run periods, channels and triggers."""
    folder = mirror / "cms_h4l_2012"
    if not folder.is_dir():
        pytest.skip("the mirror has no H -> 4l events")
    files = {
        f"{trigger}{channel}{period}": folder / f"Run2012{period}_{prefix}{channel}Skim.root"
        for trigger, prefix in (("Mu", "DoubleMuParked"), ("El", "DoubleElectron"))
        for channel in ("FourMuons", "FourElectrons", "TwoMuonsTwoElectrons")
        for period in "BC"
    }
    return {name: uproot.open(path)["Events"].arrays() for name, path in files.items() if path.is_file()}


def test_events_of_two_triggers(h4l: dict[str, ak.Array]) -> None:
    columns = {name: identifying_columns(events, H4L) for name, events in h4l.items()}
    mixed = {name: part for name, part in columns.items() if "TwoMuons" in name}
    assert list(mixed) == [f"{trigger}TwoMuonsTwoElectrons{period}" for trigger in ("Mu", "El") for period in "BC"]
    found = find_duplicates(mixed)
    electrons = sum(len(h4l[name]) for name in mixed if name.startswith("El"))
    assert (found.count, electrons) == (52, 58)
    assert sum(len(found.rows[name]) for name in mixed if name.startswith("El")) == 52
    everything = find_duplicates(columns)
    assert everything.count == 52
    counts = "19 of ElTwoMuonsTwoElectronsB, 33 of ElTwoMuonsTwoElectronsC"
    assert str(everything).startswith(f"52 events come twice ({counts}): row 0 of ElTwo")
    assert str(everything).endswith(" and 49 more")

    def signal(name: str, rows: Any) -> int:
        mass = np.delete(np.asarray(h4l[name].Higgs_mass), rows)
        return int(np.sum((mass > 121) & (mass < 131)))

    dropped = checked_duplicates(columns, H4L, "the campaign '2012BC'")
    assert sum(signal(name, []) for name in h4l) == 13
    assert sum(signal(name, dropped.rows[name]) for name in h4l) == 10
    with pytest.raises(
        DataError, match=r"in the campaign '2012BC', 52 events come twice .*run=\d+, Higgs_mass="
    ) as caught:
        checked_duplicates(columns, EventIdentity(H4L.columns, "error"), "the campaign '2012BC'")
    assert "duplicates='first'" in caught.value.cure


def test_the_first_data_set_wins_and_the_first_row() -> None:
    one = {"run": np.array([1, 1, 2, 1], np.int32), "x": np.array([0.0, 1.0, 2.0, 1.0], np.float32)}
    two = {"x": np.array([2.0, -0.0, 5.0, 5.0]), "run": np.array([2, 1, 9, 9])}
    found = find_duplicates({"a": one, "b": two})
    assert found.rows["a"].tolist() == [3]
    assert found.rows["b"].tolist() == [0, 1, 3]
    assert found.origins["a"].tolist() == [[0, 1]]
    assert found.origins["b"].tolist() == [[0, 2], [0, 0], [1, 2]]
    assert found.examples[0] == "row 3 of a is row 1 of a (run=1, x=1.0)"
    assert str(found).startswith("4 events come twice (1 of a, 3 of b): row 3 of a")
    other = find_duplicates({"b": two, "a": one})
    assert other.rows["b"].tolist() == [3]
    assert other.rows["a"].tolist() == [0, 2, 3]


def test_those_within_one_data_set_are_told_apart_from_those_of_others() -> None:
    x = np.arange(10)
    found = find_duplicates({"a": {"x": np.append(x, x[:3])}, "b": {"x": np.array([9, 20, 20, 20])}, "c": {"x": x}})
    assert {name: (len(rows), found.within(name)) for name, rows in found.rows.items()} == {
        "a": (3, 3),
        "b": (3, 2),
        "c": (10, 0),
    }


def test_columns_that_do_not_tell_simulated_events_apart_are_an_error() -> None:
    check_repeated(50, 100, "higgs", H4L)
    with pytest.raises(
        StudyError, match="51 of 100 events of the simulated data set 'higgs' have the same run as"
    ) as one:
        check_repeated(51, 100, "higgs", EventIdentity(("run",)))
    assert "EventIdentity(('run', 'luminosityBlock', 'event'))" in one.value.cure


def test_many_that_come_twice_in_one_data_set_are_told() -> None:
    assert repeated_in_words(30, 1000, "muons", H4L) == repeated_in_words(0, 0, "muons", H4L) == []
    (warning,) = repeated_in_words(31, 1000, "muons", EventIdentity(("run", "event")))
    assert "31 of 1000 events of the data set 'muons' (3.1 %) have the same run and event as an earlier one" in warning


def test_rows_that_only_hash_alike_are_not_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.events.duplicates._mixed", lambda bits: np.zeros(len(bits[0]), np.uint64))
    x = np.array([3, 1, 3, 2, 1])
    assert find_duplicates({"a": {"x": x}}).rows["a"].tolist() == [2, 4]


def test_nothing_twice() -> None:
    assert str(find_duplicates({"a": {"x": np.arange(5)}})) == "no event comes twice"
    assert find_duplicates({"a": {"x": np.zeros(0)}, "b": {"x": np.zeros(0)}}).count == 0
    assert find_duplicates({}).count == 0
    assert find_duplicates({"a": {"x": np.zeros(0)}, "b": {"x": np.zeros(1)}}).rows["b"].tolist() == []


def test_a_million_events_take_a_second() -> None:
    random = np.random.default_rng(1)
    columns = {"run": random.integers(0, 100, 1_000_000), "event": random.integers(0, 2**40, 1_000_000, np.uint64)}
    again = {name: np.concatenate([array[500:600], array[:0]]) for name, array in columns.items()}
    begin = time.perf_counter()
    found = find_duplicates({"a": columns, "b": again})
    assert time.perf_counter() - begin < 5
    assert found.rows["b"].tolist() == list(range(100))
    assert len(found.rows["a"]) < 10


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"y": np.arange(2)}, "the data set 'b' has the identifying columns y, others x"),
        ({}, "has the identifying columns none, others x"),
        ({"x": np.arange(2.0)}, "'x' of the data set 'b' holds floats, that of 'a' whole numbers"),
        ({"x": np.zeros((2, 2), int)}, r"'x' of the data set 'b' is int64 of shape \(2, 2\), not 2 numbers"),
        ({"x": np.array(["a"])}, "is <U1 of shape"),
    ],
)
def test_columns_that_cannot_be_compared(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        find_duplicates({"a": {"x": np.arange(3)}, "b": columns})


def test_columns_must_be_finite_and_there() -> None:
    with pytest.raises(DataError, match="not finite"):
        find_duplicates({"a": {"x": np.array([np.nan])}})
    events = ak.Array({"run": [1, 2], "x": [1.0, None], "jets": [[1], []]})
    assert identifying_columns(events, EventIdentity(("run",)))["run"].tolist() == [1, 2]
    with pytest.raises(DataError, match="'x' that tells events apart has missing values"):
        identifying_columns(events, EventIdentity(("run", "x")))
    with pytest.raises(DataError, match="'jets' that tells events apart holds lists"):
        identifying_columns(events, EventIdentity(("jets",)))
    with pytest.raises(StudyError, match="no field 'event'"):
        identifying_columns(events, EventIdentity(("event",)))


@pytest.mark.parametrize(
    "given", [{"columns": ()}, {"columns": "run"}, {"columns": ("a", "a")}, {"duplicates": "last"}]
)
def test_settings_that_say_nothing(given: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="EventIdentity: "):
        EventIdentity(**given)
