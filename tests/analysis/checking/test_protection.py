from __future__ import annotations

import time
from collections import namedtuple
from dataclasses import dataclass, field
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.checking.protection import protect
from analysis.events.columns import presence, values
from analysis.events.parquet import read_events, write_events
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs


def events(n: int = 4) -> ak.Array:
    return ak.Array(
        {
            "x": np.arange(float(n)),
            "jets": ak.unflatten(np.arange(2.0 * n), 2),
            "mjj": ak.mask(np.arange(float(n)), np.arange(n) % 2 == 0),
            "identity": np.arange(n, dtype=np.uint64),
        }
    )


def inputs() -> TrainingInputs:
    n = 3
    return TrainingInputs(
        {"event": Features(np.ones((n, 1), np.float32), np.ones((n, 1), bool), ("x",))},
        np.zeros(n, np.int32),
        np.zeros((n, 0), np.float32),
        np.ones(n),
        np.arange(n, dtype=np.uint64),
        np.ones(n, bool),
        ("higgs",),
    )


CHANGES = {
    "np.asarray": lambda a: np.asarray(a.x).__setitem__(0, 7.0),
    "in place": lambda a: np.asarray(a.x).__imul__(200.0),
    "ak.to_numpy": lambda a: ak.to_numpy(a.x).__setitem__(slice(None), 0.0),
    "out": lambda a: np.multiply(a.x.layout.data, 2.0, out=a.x.layout.data),
    "lists": lambda a: np.asarray(ak.flatten(a.jets)).__imul__(2.0),
    "values": lambda a: values(a, "mjj").__imul__(2.0),
    "identity": lambda a: ak.to_numpy(a.identity).sort(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("kind", ["made", "read", "part"])
def test_events_cannot_be_written_to(tmp_path: Any, change: Any, kind: str) -> None:
    mine = events()
    if kind == "read":
        write_events(mine, tmp_path / "events.parquet")
        mine = read_events(tmp_path / "events.parquet")
    elif kind == "part":
        mine = mine[1:3]
    before = mine.to_list()
    lent = protect(mine)
    assert lent.type == mine.type
    assert lent.to_list() == before
    with pytest.raises(ValueError, match="read-only"):
        change(lent)
    assert mine.to_list() == before


def test_chosen_events_stay_as_they_are() -> None:
    mine = events()[np.array([True, True, False, True])]
    lent = protect(mine)
    # awkward copies the numbers of chosen records whenever somebody looks
    np.asarray(lent.x)[:] = 0.0
    assert lent.x.to_list() == mine.x.to_list() == [0.0, 1.0, 3.0]


def test_flags_of_missing_values_cannot_be_written_to() -> None:
    mine = events()
    with pytest.raises(ValueError, match="read-only"):
        protect(mine).mjj.layout.mask.data[0] = 0
    there = presence(protect(mine), "mjj")
    assert there is not None
    there[0] = False  # numbers of its own
    assert mine.mjj.to_list() == [0.0, None, 2.0, None]


def test_a_field_set_in_what_was_lent_is_set_there_only() -> None:
    mine = events()
    lent = protect(mine)
    lent["x"] = 2.0 * lent.x
    lent["new"] = lent.x
    assert mine.fields == ["x", "jets", "mjj", "identity"]
    assert mine.x.to_list() == [0.0, 1.0, 2.0, 3.0]


def test_no_number_is_copied() -> None:
    mine = events(1_000_000)
    begin = time.perf_counter()
    lent = protect(mine)
    assert time.perf_counter() - begin < 0.1
    for field_ in ("x", "identity"):
        assert np.shares_memory(np.asarray(lent[field_]), np.asarray(mine[field_]))
    assert np.shares_memory(ak.flatten(lent.jets).layout.data, ak.flatten(mine.jets).layout.data)


Pair = namedtuple("Pair", "x y")


@dataclass(frozen=True)
class Holder:
    arrays: dict[str, Any]
    text: str = "text"
    checked: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.checked.append(1)


def test_what_holds_arrays_is_protected() -> None:
    x = np.zeros(3)
    held: Any = {"a": [x, (x, Pair(x, 1))], "b": Holder({"x": x}), "c": 1}
    lent = protect(held)
    for array in (lent["a"][0], lent["a"][1][0], lent["a"][1][1].x, lent["b"].arrays["x"]):
        assert np.shares_memory(array, x)
        with pytest.raises(ValueError, match="read-only"):
            array += 1.0
    lent["a"].append(1)
    lent["c"] = 2
    assert len(held["a"]) == 2
    assert held["c"] == 1
    assert isinstance(lent["b"], Holder)
    assert lent["b"].checked == [1]
    assert isinstance(lent["a"][1][1], Pair)
    x += 1.0  # the owner's own array is as it was


def test_inputs_of_a_network_are_protected() -> None:
    mine = inputs()
    lent = protect(mine)
    assert lent.digest() == mine.digest()
    with pytest.raises(ValueError, match="read-only"):
        lent.weight[:] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        lent.features["event"].values[:] = 0.0
    mine.weight[:] = 2.0


def test_histograms_are_copied() -> None:
    import hist

    mine = hist.Hist.new.Reg(2, 0, 1).Weight()
    lent = protect(mine)
    lent.fill([0.1])
    assert mine.sum().value == 0.0


@pytest.mark.parametrize("value", [None, 1, "text", print, 1.5, frozenset({1})])
def test_all_else_is_passed_as_it_is(value: Any) -> None:
    assert protect(value) is value


def test_a_record_of_events_cannot_be_written_to() -> None:
    one = protect(ak.Array([{"jets": [1.0, 2.0]}, {"jets": [3.0]}])[1])
    assert one.jets.to_list() == [3.0]
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(one.jets)[0] = 1.0
