"""What a capsule says about itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from analysis.errors import PreservationError
from analysis.preservation.description import Description

WHOLE = Description(
    study="s",
    title="T",
    arguments=("run", "CollectResults"),
    results="s/CollectResults/default-x-0123",
    python="3.11.7",
    lock="requirements.lock",
    members={"a": "0"},
    parameters={"data": "observed"},
    varying={"TrainModel": ("history.jsonl",)},
)


def test_it_is_stored_without_loss() -> None:
    assert Description.from_json(WHOLE.as_json()) == WHOLE
    assert WHOLE.series == "s/CollectResults/default-x"


def test_what_was_not_made_by_its_code_is_told_where_there_is_such() -> None:
    frozen = replace(WHOLE, frozen=("Fit is pinned",), pinned=("s/Fit/default-0",))
    assert Description.from_json(frozen.as_json()) == frozen
    # earlier versions read all others
    assert not {"frozen", "pinned"} & json.loads(WHOLE.as_json()).keys()


def test_another_format_says_what_reads_it() -> None:
    with pytest.raises(PreservationError, match="format 2") as caught:
        Description.from_json(WHOLE.as_json().replace('"format": 1', '"format": 2'))
    assert "run the capsule itself" in caught.value.cure


@pytest.mark.parametrize(
    "change",
    [
        {"study": ""},
        {"study": "../s"},
        {"study": "s/..", "results": "s/../CollectResults/default-0"},
        {"study": 3},
        {"results": "s/x"},
        {"results": "t/CollectResults/default-0"},
        {"results": "s/../default-0/x-0"},
        {"arguments": [1]},
        {"arguments": None},
        {"members": [1]},
        {"members": {"a": 1}},
        {"varying": []},
        {"more": 1},
        {"lock": None},
    ],
)
def test_what_is_none_is_refused(change: dict[str, Any]) -> None:
    text = json.dumps({**json.loads(WHOLE.as_json()), **change})
    with pytest.raises(PreservationError, match="does not describe a capsule"):
        Description.from_json(text)


@pytest.mark.parametrize("text", ["", "[]", "3", "{}"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(PreservationError, match="does not describe a capsule"):
        Description.from_json(text)
