from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.checking.digests import compare, digests, told

EVENTS = ak.Array(
    {
        "x": [1.0, 2.0, 3.0],
        "jets": [[{"pt": 1.0, "tags": [1]}], [], [{"pt": 2.0, "tags": []}, {"pt": 3.0, "tags": [2, 3]}]],
        "mjj": [1.5, None, 2.5],
        "name": ["a", "bc", ""],
    }
)


@dataclass(frozen=True)
class Holder:
    x: Any
    y: int = 1


def test_parts_are_named() -> None:
    assert list(digests(EVENTS)) == ["x", "jets.pt", "jets.tags", "mjj", "name"]
    assert list(digests(Holder({"a": [1, 2]}))) == ["x.a.[0]", "x.a.[1]", "y"]
    assert list(digests(1.5)) == [""]
    assert list(digests({})) == [""]


def test_how_awkward_arranges_it_does_not_count() -> None:
    for other in (
        ak.concatenate([EVENTS[:1], EVENTS[1:]]),
        EVENTS[[2, 1, 0]][[2, 1, 0]],
        ak.to_packed(EVENTS),
        ak.Array(EVENTS.to_list()),
        ak.with_field(EVENTS, ak.Array(ak.to_layout(EVENTS.mjj).to_BitMaskedArray(True, True)), "mjj"),
    ):
        assert compare(EVENTS, other) == ""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (ak.with_field(EVENTS, [1.0, 2.0, 3.0 + 1e-15], "x"), "'x' differs (by at most 3e-16, relative)"),
        (ak.with_field(EVENTS, [1, 2, 3], "x"), "'x' differs"),
        (ak.with_field(EVENTS, ak.mask(EVENTS.mjj, [True, True, False]), "mjj"), "'mjj' differs"),
        (EVENTS[["x", "jets", "mjj"]], "'name' is missing"),
        (ak.with_field(EVENTS, [1, 2, 3], "new"), "'new' is new"),
        (EVENTS[["x", "jets", "name", "mjj"]][:2], "'x' has 2 entries, not 3; "),
    ],
)
def test_differences_are_told(changed: ak.Array, message: str) -> None:
    text = compare(EVENTS, changed)
    assert text == message or (text.startswith(message) and message.endswith("; "))


def test_bits_count() -> None:
    assert compare(np.array([0.0]), np.array([-0.0])) == "the result differs (by at most 0e+00, relative)"
    assert compare(np.array([np.nan]), np.array([np.nan])) == ""
    assert compare(1, 1.0) == "the result differs"
    assert compare(1.0, 2.0) == "the result differs (by at most 5e-01, relative)"
    assert compare({"a", "b"}, {"b", "a"}) == ""
    assert compare("a", told(digests("b"))) == "the result differs"
    assert compare(dict.fromkeys("abcdefg", 1), {}).endswith("; and 4 more")


def test_objects_of_other_kinds() -> None:
    import hist
    from matplotlib.figure import Figure

    from analysis.checking.step_checks import Finding

    filled = hist.Hist.new.Reg(2, 0, 1, name="x").Weight()
    before = digests(filled)
    filled.fill([0.3])
    assert digests(filled) != before
    assert compare(Figure(), Figure()) == ""
    assert compare(np.array(["a", None], dtype=object), np.array(["a", None], dtype=object)) == ""
    assert compare(ak.Array([{"x": [1]}])[0], ak.Array([{"x": [1]}])[0]) == ""
    assert digests(Finding) == digests(Finding)
    assert compare(ak.Array([1, "a"]), ak.Array([1, "a"])) == ""


class Saved:
    def __init__(self, path: Any) -> None:
        self.path = path
        self.again = self

    @cached_property
    def content(self) -> list[int]:
        return [1]


def test_objects_are_what_they_hold() -> None:
    saved = Saved(test_bits_count)
    before = digests(saved)
    assert list(before) == ["path", "again"]
    assert saved.content == [1]  # reading changes nothing
    assert digests(saved) == before
    saved.path = test_parts_are_named
    assert compare(saved, told(before)) == "'path' differs"


def test_arrays_of_jax() -> None:
    import jax.numpy as jnp

    ones = jnp.ones(5000)
    assert compare(ones, jnp.ones(5000)) == ""
    assert compare(ones, ones.at[2500].set(0.0)).startswith("the result differs")
