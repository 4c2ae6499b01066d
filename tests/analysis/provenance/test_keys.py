"""What enters a key, and what has no canonical form."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import StudyError
from analysis.provenance.keys import KEY_LENGTH, KeyParts, canonical_json, describe
from analysis.registry import find_study
from analysis.step import DIGEST
from analysis.study import PRESENTATION, Campaign, Step

PARTS = KeyParts(
    "Fit",
    parameters={"toys": "100"},
    code={"analysis.fit": "a1"},
    configuration={"range": [80.0, 100.0]},
    inputs={"events": "0123456789ab"},
)


def test_a_key_is_short_and_stored():
    assert len(PARTS.key()) == KEY_LENGTH
    assert PARTS.key() == "a41073c59fa0"


@pytest.mark.parametrize(
    "change",
    [
        {"family": "Fits"},
        {"parameters": {"toys": "101"}},
        {"parameters": {"toy": "100"}},
        {"parameters": {}},
        {"code": {"analysis.fit": "a2"}},
        {"code": {"analysis.fits": "a1"}},
        {"configuration": {"range": [80.0, 101.0]}},
        {"configuration": {"range": [100.0, 80.0]}},
        {"configuration": {"range": [80, 100]}},
        {"configuration": {"range": "[80.0,100.0]"}},
        {"inputs": {"events": "0123456789ac"}},
        {"inputs": {"events": "0123456789ab", "more": "0123456789ab"}},
        {"parameters": {}, "configuration": {"range": [80.0, 100.0], "toys": "100"}},
    ],
    ids=str,
)
def test_every_part_matters(change: dict[str, Any]):
    assert dataclasses.replace(PARTS, **change).key() != PARTS.key()


@settings(max_examples=20, deadline=None)
@given(st.permutations(list("abcdef")))
def test_the_order_of_keys_does_not_matter(order: list[str]):
    values = {name: {inner: i for i, inner in enumerate(sorted(order))} for name in order}
    ordered = {name: dict(sorted(values[name].items())) for name in sorted(order)}
    assert canonical_json(describe(values)) == canonical_json(describe(ordered))
    assert KeyParts("Fit", configuration=values).key() == KeyParts("Fit", configuration=ordered).key()


def test_parts_survive_a_manifest():
    again = KeyParts.from_dict(json.loads(json.dumps(PARTS.as_dict())))
    assert again == PARTS
    assert again.key() == PARTS.key()


class Side(enum.Enum):
    LEFT = "left"
    RIGHT = "right"


class Charge(enum.IntEnum):
    PLUS = 1


@dataclass(frozen=True)
class Binning:
    edges: tuple[float, ...] = (0.0, 0.5, 1.0)
    side: Side = Side.LEFT
    title: str = field(default="mass", metadata=PRESENTATION)


@dataclass(frozen=True)
class Rebinned(Binning):
    """Another class of the same fields."""


@dataclass(frozen=True)
class Holder:
    binning: Binning | None = None
    values: Any = None


def test_description():
    described = describe(Holder(Binning(), {"b": {3, 1, 2}, "a": [Charge.PLUS, True, None, 1.0]}))
    assert described == {
        "class": {"name": "Holder"},
        "binning": {"class": {"name": "Binning"}, "edges": [0.0, 0.5, 1.0], "side": "left"},
        "values": {"a": [1, True, None, 1.0], "b": [1, 2, 3]},
    }
    assert json.loads(canonical_json(described)) == described


def test_presentation_stays_out():
    assert describe(Binning(title="energy")) == describe(Binning())
    study = find_study("htautau")
    dataset = study.datasets[0]
    moved = dataclasses.replace(
        dataset,
        title="x",
        doi="x",
        citation="x",
        licence="x",
        files=tuple(dataclasses.replace(file, url="https://example.org", mirror="x") for file in dataset.files),
    )
    assert moved != dataset
    assert describe(moved) == describe(dataset)
    assert describe(dataclasses.replace(study, chunk_events=7, title="x")) == describe(study)


DIFFERENT: dict[str, tuple[Any, Any]] = {
    "value": (Binning(edges=(0.0, 1.0)), Binning()),
    "member": (Binning(side=Side.RIGHT), Binning()),
    "class": (Rebinned(), Binning()),
    "whole and decimal number": (1, 1.0),
    "truth value": (1, True),
    "text": ("1", 1),
    "nothing": (None, "None"),
    "sign of zero": (0.0, -0.0),
    "last digit": (0.1, 0.1 + 2**-56),
    "nesting": ([1, [2, 3]], [[1, 2], 3]),
    "order of a sequence": ([1, 2], [2, 1]),
    "settings of a step": (
        Step("analysis.study:Step", Binning()),
        Step("analysis.study:Step", Binning(side=Side.RIGHT)),
    ),
    "function of a step": (Step("analysis.study:Step"), Step("analysis.study:Study")),
}


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_descriptions_differ(one: Any, other: Any):
    assert canonical_json(describe(one)) != canonical_json(describe(other))


@settings(max_examples=40, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
))  # fmt: skip
def test_plain_values_are_their_own_description(value: Any):
    assert canonical_json(describe(value)) == canonical_json(value)


REFUSED: dict[str, tuple[Any, str]] = {
    "not a number": (Holder(values=math.nan), r"the configuration's Holder\.values holds nan"),
    "infinite": (Holder(values={"a": [1.0, -math.inf]}), r"Holder\.values\.a\[1\] holds -inf"),
    "numpy's not a number": (np.float64("nan"), r"the configuration holds .*nan"),
    "array": (Holder(values=np.zeros(10**6)), r"Holder\.values holds array"),
    "numpy's integer": ([np.int64(1)], r"\[0\] holds .*1"),
    "function": (Holder(values=len), r"Holder\.values holds <built-in function len>"),
    "class": (Holder(values=Binning), r"Holder\.values holds <class "),
    "bytes": ({"a": b"x"}, r"configuration's a holds b'x'"),
    "complex": (1j, "holds 1j"),
    "function as a key": ({len: 1}, r"\(a key\) holds <built-in function len>"),
    "in a set": ({"a": {1j}}, r"a \(a set\) holds 1j"),
    "keys that are written alike": ({1: "a", "1": "b"}, "two keys that are written '1'"),
    "in a step's settings": (Step("analysis.study:Step", Holder(values=math.nan)), r"settings\.values holds nan"),
}


@pytest.mark.parametrize(("value", "message"), REFUSED.values(), ids=REFUSED)
def test_no_canonical_form(value: Any, message: str):
    with pytest.raises(StudyError, match=message) as caught:
        describe(value)
    assert len(str(caught.value)) < 300


def test_not_a_number_is_in_no_key():
    with pytest.raises(ValueError, match="not JSON compliant"):
        KeyParts("Fit", parameters={"x": math.nan}).key()


def test_a_step_brings_its_code(write: Callable[[Mapping[str, str]], None]):
    write(
        {
            "lab/__init__.py": "",
            "lab/fit.py": "from lab import line\ndef fit(): return line.SLOPE\n",
            "lab/line.py": "SLOPE = 2\n",
        }
    )
    before = describe(Step("lab.fit:fit"))
    assert set(before["code"]) == {"lab.fit:fit", "lab.line:SLOPE"}
    write({"lab/line.py": "SLOPE = 2  # steep\n"})
    assert describe(Step("lab.fit:fit")) == before
    write({"lab/line.py": "SLOPE = 3\n"})
    after = describe(Step("lab.fit:fit"))
    assert after["code"]["lab.line:SLOPE"] != before["code"]["lab.line:SLOPE"]
    with pytest.raises(StudyError, match=r"'lab\.fits' does not exist"):
        describe(Step("lab.fits:fit"))


def test_a_data_set_brings_the_code_of_its_weights():
    """Who uses ``dataset.weight_per_fb`` may know the class by an annotation only."""
    described = describe(find_study("htautau").simulated[0])
    assert "analysis.datasets:Dataset.weight_per_fb" in described["class"]["code"]
    assert "code" not in describe(Campaign("c", ("a",), 1.0))["class"]


def test_an_empty_tuple_of_files_is_no_other_empty_tuple() -> None:
    @dataclass(frozen=True)
    class Set:
        files: tuple[str, ...] = field(default=(), metadata=DIGEST)
        metrics: tuple[str, ...] = ()

    for _ in range(2):
        described = describe(Set())
        assert described["metrics"] == []
        assert described["files"]["number"] == 0
        # whichever is described first
        assert describe(()) == []
