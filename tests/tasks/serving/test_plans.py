"""Plans in journals, which anybody may have written who can write to a store."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tasks.serving.plans import number, wanted

PLACE = "study/FitEvents/hits-0123456789ab"


def test_records_and_labels_by_place():
    plan = [{"place": PLACE, "records": 3, "labels": ["a", "b"]}, {"place": f"{PLACE[:-1]}c", "records": 1}]
    assert wanted(plan) == {PLACE: (3, ["a", "b"]), f"{PLACE[:-1]}c": (1, [])}


@pytest.mark.parametrize("plan", [None, 7, "text", {}, [None], [{"place": "../x"}], [{"place": 3, "records": 1}], [[]]])
def test_what_is_no_plan_wants_nothing(plan: Any):
    assert wanted(plan) == {}


def test_numbers_of_a_lie():
    assert [number(one) for one in (4, 2.9, -1, math.inf, math.nan, "7", None, True)] == [4, 2, 0, 0, 0, 0, 0, 1]
    assert wanted([{"place": PLACE, "records": "many", "labels": "ab"}]) == {PLACE: (0, [])}
