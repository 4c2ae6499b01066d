"""What a command would make: sums, and the longest chain of records that wait for each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.provenance.estimates import Estimate
from analysis.provenance.local_store import LocalStore
from tasks.framework.forecast import Forecast, Work
from tasks.framework.states import Node, Series, all_nodes
from tasks.framework.targets import RecordsOfPlace


class Task:
    """A task by name."""

    def __init__(self, family: str) -> None:
        self.family = family

    def get_task_family(self) -> str:
        return self.family


def node(name: str, places: str, *required: Node) -> Node:
    """A task with a missing record in each of some places."""
    task: Any = Task(name)
    store = LocalStore(Path("nowhere"))
    series = (Series(task, one, RecordsOfPlace(store, one, ("",), ("json",)), ("",)) for one in places)
    return Node(task, tuple(series), False, list(required))


def work(of: Node, *estimates: Estimate | None) -> Work:
    places = [series.records.place for series in of.series]
    return Work(of, len(estimates), dict(zip(places, estimates, strict=True)))


@pytest.fixture
def found() -> Forecast:
    raw = node("Raw", "ab")
    # another task for the same records
    some = node("Raw", "b")
    slow, quick = node("Slow", "c", some), node("Quick", "d", raw)
    root = node("Page", "e", quick, slow)
    return Forecast(
        root,
        (
            work(raw, Estimate(10.0, 2.0, 100), Estimate(4.0, 4.0, 50)),
            work(slow, Estimate(30.0, 30.0, 10)),
            work(quick, Estimate(20.0, 1.0, 10)),
            work(root, None),
        ),
    )


def test_sums_are_of_what_is_known(found: Forecast):
    assert (found.seconds, found.size) == (64.0, 170)
    assert [one.is_known for one in found.works] == [True, True, True, False]


def test_the_longest_chain_is_of_the_longest_records(found: Forecast):
    assert found.critical_path() == (34.0, ["Raw", "Slow"])


def test_every_task_comes_once_before_what_it_requires(found: Forecast):
    order = [one.name for one in all_nodes(found.root)]
    assert sorted(order) == ["Page", "Quick", "Raw", "Raw", "Slow"]
    assert order[0] == "Page"
    assert order[-1] == "Raw"
