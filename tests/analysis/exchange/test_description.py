"""Descriptions of published networks: written, read, and refused where something is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import DataError
from analysis.exchange.description import FORMAT, Description, Tensor

SMALL: dict[str, Any] = {
    "format": FORMAT,
    "name": "tau",
    "version": 1,
    "inputs": [{"name": "x", "shape": [2], "names": ["pt", "eta"], "units": {"pt": "GeV"}}],
    "outputs": [{"name": "y", "shape": []}],
}


def test_the_least_that_somebody_else_has_to_write() -> None:
    found = Description.read(json.dumps(SMALL | {"more": 1}), "here")
    assert found.inputs == (Tensor("x", (2,), "float32", ("pt", "eta"), {"pt": "GeV"}),)
    assert (found.folds, found.replaces, found.study) == (0, None, "")
    assert Description.read(found.text(), "here") == found


def test_the_example_of_the_page_is_one(repository: Path) -> None:
    (text,) = re.findall(r"```json\n(.*?)```", (repository / "docs" / "exchange.md").read_text(), flags=re.DOTALL)
    found = Description.read(text, "the page")
    assert (found.name, found.licence, found.inputs[0].units) == ("jets", "MIT", {"pt": "GeV"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "another"}, "format is 'another', not 'erumflow published networks 1'"),
        ({"name": "../up"}, "name is '../up', not letters"),
        ({"name": "two\nlines"}, "not a text of one line"),
        ({"version": True}, "version is True, not a whole number"),
        ({"version": 0}, "version is 0"),
        ({"inputs": []}, "inputs is"),
        ({"inputs": {}}, "inputs is {}, not a list"),
        ({"inputs": [*SMALL["inputs"], *SMALL["inputs"]]}, "one or more of different names"),
        ({"inputs": [{"name": "x", "shape": [-1]}]}, r"shape of inputs\[0\] is -1"),
        ({"inputs": [{"name": "x", "shape": [1] * 9}]}, "at most 8 axes"),
        ({"inputs": [{"name": "x", "shape": [1], "dtype": "object"}]}, "dtype of"),
        ({"inputs": [{"name": "x", "shape": [2], "names": ["a", "a"]}]}, "a different one for each value"),
        ({"inputs": [{"name": "x", "shape": [1], "names": ["a"], "units": {"b": "GeV"}}]}, "not of its names"),
        ({"replaces": {"name": "tau", "version": 1, "digest": "0"}}, "64 hexadecimal digits"),
        ({"capsule": {"name": "a.zip"}}, "sha256 of capsule is None"),
    ],
)
def test_what_is_not_as_it_has_to_be_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Description.read(json.dumps(SMALL | change), "here/config.json")


@pytest.mark.parametrize("text", ["", "[]", "{", b"\xff", "[" * 100_000])
def test_other_texts_are_refused(text: str | bytes) -> None:
    with pytest.raises(DataError, match=r"here/config\.json"):
        Description.read(text, "here/config.json")
