from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.checking.events import check_events, check_inputs, check_origin
from analysis.errors import DataError
from analysis.events.columns import with_columns
from analysis.events.identity import identify
from analysis.events.parquet import read_events, write_events

GIVEN = ak.Array({"x": np.arange(5.0), "jets": ak.unflatten(np.arange(10.0), 2), "identity": identify("some", 0, 5)})


def refused(value: Any, *, like: Any = GIVEN, **more: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        check_events(value, like=like, **more)
    assert caught.value.cure
    return caught.value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "it returns None, not events"),
        (np.zeros(5), "it returns a NumPy array of float64, shape (5,), not events"),
        ([1, 2], "it returns a list of 2, not events"),
        ({"x": np.zeros(5)}, "it returns a dict with the keys 'x', not events"),
        (1.5, "it returns the float 1.5, not events"),
        (GIVEN.x, "it returns an awkward array of the type 5 * float64, not events with named fields"),
        (GIVEN.jets, "it returns an awkward array of the type 5 * 2 * float64, not events with named fields"),
        (GIVEN[0], "it returns an awkward record"),
        (ak.mask(GIVEN, GIVEN.x > 1), "some events are no records"),
        (ak.zip((GIVEN.x, GIVEN.x)), "not events with named fields"),
        (ak.Array([{}, {}]), "not events with named fields"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_events(value: Any, message: str) -> None:
    assert message in refused(value).problem


def test_good_events_come_back() -> None:
    new = with_columns(GIVEN, {"y": np.zeros(5)})
    assert check_events(new, like=GIVEN) is new
    assert check_events(new, like=np.asarray(GIVEN.identity), fields=("y", "x", "jets")) is new
    assert check_events(GIVEN[:0], like=GIVEN[:0]) is not None
    assert check_events(GIVEN[[]], like=GIVEN, selects=True) is not None
    assert check_events(GIVEN[GIVEN.x > 2], like=GIVEN, selects=True) is not None
    assert check_events(GIVEN) is GIVEN
    plain = GIVEN[["x"]]
    assert check_events(plain, like=plain) is not None
    with pytest.raises(DataError, match="it returns 4 events of 5"):
        check_events(plain[1:], like=plain)


CHANGES: dict[str, tuple[Callable[[ak.Array], ak.Array], str]] = {
    "lost": (lambda e: e[e.x != 2], f"it loses 1 of 5 events; the first one has the identity {GIVEN.identity[2]}"),
    "doubled": (lambda e: e[[0, 1, 1, 3, 4]], f"1 of its 4 events come more than once; .* {GIVEN.identity[1]}"),
    "more": (lambda e: e[[0, 1, 2, 3, 4, 4]], "1 of its 5 events come more than once"),
    "reordered": (lambda e: e[::-1], f"in another order .* {GIVEN.identity[3]}"),
    "new": (
        lambda e: ak.with_field(e, e.identity + np.arange(5, dtype=np.uint64), "identity"),
        f"4 of its 5 events were not among .* {GIVEN.identity[1] + np.uint64(1)}",
    ),
    "without": (lambda e: e[["x", "jets"]], "lost the field 'identity'; they have 'x', 'jets'"),
    "of another type": (lambda e: ak.with_field(e, ak.values_astype(e.identity, float), "identity"), "not uint64"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_events_are_neither_lost_nor_doubled_nor_reordered(change: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_events(change(GIVEN), like=GIVEN)


@pytest.mark.parametrize("kind", ["doubled", "more", "reordered", "new"])
def test_a_selection_may_lose_events_only(kind: str) -> None:
    change, message = CHANGES[kind]
    with pytest.raises(DataError, match=message):
        check_events(change(GIVEN), like=GIVEN, selects=True)


def test_a_field_twice_is_told_before_it_is_unreadable(tmp_path: Path) -> None:
    numbers = ak.contents.NumpyArray(np.arange(5.0))
    twice = ak.Array(ak.contents.RecordArray([numbers, numbers], ["x", "x"]))
    write_events(twice, tmp_path / "twice.parquet")
    with pytest.raises(KeyError):
        read_events(tmp_path / "twice.parquet")
    assert "the field 'x' exists 2 times" in refused(twice, like=None).problem
    nested = ak.Array({"jets": ak.unflatten(twice, [2, 3])})
    assert "the field 'jets.x' exists 2 times" in refused(nested, like=None).problem


def test_declared_fields_are_the_ones_there() -> None:
    error = refused(GIVEN, fields=("x", "jet"))
    assert error.problem == (
        "of its fields, 'jet' is declared and not made and 'jets' is made and not declared; did you mean 'jet'?"
    )
    assert "'x', 'jet'" in error.cure


def test_values_must_be_finite_or_missing() -> None:
    x = np.array([0.0, 1.0, np.nan, np.inf, 4.0])
    event = f"of the identity {GIVEN.identity[2]}"
    assert (
        f"the field 'y' is nan in the event {event}, and not finite in 2 places"
        in refused(with_columns(GIVEN, {"y": x})).problem
    )
    assert check_events(with_columns(GIVEN, {"y": (x, np.isfinite(x))}), like=GIVEN) is not None
    assert check_events(with_columns(GIVEN, {"y": x}), like=GIVEN, finite=False) is not None
    jets = ak.unflatten(ak.zip({"pt": np.array([1.0, np.inf, 2.0])}), [1, 1, 0, 1, 0])
    assert "the field 'jets.pt' is inf in the event" in refused(ak.with_field(GIVEN, jets, "jets")).problem
    assert "number 1" in refused(ak.Array({"pt": [1.0, np.nan]}), like=None).problem
    # beyond the lists, nobody looks
    hidden = ak.contents.ListOffsetArray(
        ak.index.Index64(np.arange(6)), ak.contents.NumpyArray(np.append(x[:2], [x] * 2))
    )
    assert "'jets' is nan" in refused(ak.with_field(GIVEN, ak.Array(hidden), "jets")).problem
    hidden = ak.contents.ListOffsetArray(ak.index.Index64(np.minimum(np.arange(6), 2)), hidden.content)
    assert check_events(ak.with_field(GIVEN, ak.Array(hidden), "jets"), like=GIVEN) is not None
    # a sum that overflows is made of finite numbers
    assert check_events(with_columns(GIVEN, {"y": np.full(5, 1e308)}), like=GIVEN) is not None


def test_what_cannot_be_kept() -> None:
    assert "is complex128, which cannot be kept" in refused(with_columns(GIVEN, {"z": np.zeros(5, complex)})).problem
    union = ak.with_field(GIVEN, ak.Array([1, "a", 2, 3, 4]), "z")
    assert "the field 'z' holds values of several types" in refused(union).problem


def test_inputs_of_networks() -> None:
    from analysis.learning.data.features import Features
    from analysis.learning.data.inputs import TrainingInputs

    def inputs(identity: np.ndarray) -> TrainingInputs:
        n = len(identity)
        block = Features(np.ones((n, 1), np.float32), np.ones((n, 1), bool), ("x",))
        arrays = (np.zeros(n, np.int32), np.zeros((n, 0), np.float32), np.ones(n), identity, np.ones(n, bool))
        return TrainingInputs({"event": block}, *arrays, ("higgs",))

    identity = np.asarray(GIVEN.identity)
    assert len(check_inputs(inputs(identity), like=GIVEN)) == 5
    assert len(check_inputs(inputs(identity))) == 5
    with pytest.raises(DataError, match="it loses 1 of 5 events"):
        check_inputs(inputs(identity[1:]), like=identity)
    with pytest.raises(DataError, match="more than once"):
        check_inputs(inputs(identity[[0, 0]]))
    with pytest.raises(DataError, match=r"it returns an awkward array .* not TrainingInputs"):
        check_inputs(GIVEN)


def test_events_of_a_data_sets_own_making() -> None:
    identity = np.asarray(GIVEN.identity)
    made = with_columns(GIVEN, {"x": np.full(5, np.nan)})
    # raw data may hold anything, and a detector does not record everything
    assert check_origin("generate", made, identity) is made
    assert len(check_origin("simulate", made[1:], GIVEN)) == 4
    with pytest.raises(DataError, match="it loses 1 of 5 events"):
        check_origin("generate", made[1:], identity)
    with pytest.raises(DataError, match="were not among those that it was given"):
        check_origin("simulate", made, GIVEN[1:])
