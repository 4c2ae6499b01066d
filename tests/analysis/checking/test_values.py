from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.checking.values import (
    check_arrays,
    check_figures,
    check_histograms,
    check_result,
    check_workspaces,
)
from analysis.errors import DataError
from analysis.results import Axis, Column, Number, Table

MU = Number("mu", "µ", 1.2, (0.4, 0.5), None, "", "fit")
TABLE = Table("yields", "Yields", (Axis("mass", "GeV", ((1.0, 2.0),)),), (Column("events", "", (3.0,), {}, {}),))
WORKSPACE: dict[str, Any] = {"channels": [], "observations": [], "measurements": [], "version": "1.0.0"}


def test_a_result_is_written_as_json() -> None:
    given = {"numbers": [MU], "tables": (TABLE,), "headline": {"mu": "1.2"}, "more": {"list": [1, None, True, (2.5,)]}}
    made = check_result(given)
    assert made["numbers"] == [MU.as_json()]
    assert made["tables"] == [TABLE.as_json()]
    assert made["more"] == {"list": [1, None, True, [2.5]]}
    assert check_result(made) == made
    assert check_result({}) == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "it returns None, not a dict"),
        ([MU], "it returns a list of 1, not a dict"),
        ({"a": {"b": [1.0, float("nan")]}}, r"a\.b\[1\] is nan"),
        ({"a": np.float64("inf")}, "a is inf"),
        ({"a": np.zeros(2)}, "a is a NumPy array of float64, shape .*, which JSON cannot hold"),
        ({"a": np.float32(1)}, "a is a float32, which JSON cannot hold"),
        ({"a": {1: 2}}, "a has the key 1, which is no text"),
        ({"numbers": MU}, "'numbers' is a Number, not a list"),
        ({"numbers": [MU, MU]}, "'mu' in 'numbers' comes more than once"),
        ({"tables": [TABLE, TABLE]}, "'yields' in 'tables' comes more than once"),
        ({"numbers": [1.0]}, r"numbers\[0\] is the float 1.0, not a Number"),
        ({"numbers": [{"name": "x"}]}, r"numbers\[0\] is a dict with the keys 'name', not a Number"),
        ({"numbers": [{**MU.as_json(), "stat": [-1.0, 1.0]}]}, r"numbers\[0\]: the number 'mu' is 1.2"),
        ({"numbers": [replace(MU, name="")]}, "a number has the str '' as its name"),
        ({"numbers": [replace(MU, name="mu ztt")]}, "the number 'mu ztt' has a name with a blank"),
        ({"numbers": [replace(MU, name="m(J/psi)")]}, r"the number 'm\(J/psi\)' has a name with '/'"),
        ({"tables": [replace(TABLE, name="a\tb")]}, r"the table 'a\\tb' has a name with '\\t'"),
        ({"headline": {"mu": 1.0}}, "the headline is a dict with the keys 'mu', not texts"),
        ({"headline": "good"}, "the headline is the str 'good', not texts"),
    ],
)
def test_what_is_no_result(value: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        check_result(value)
    assert caught.value.cure


def test_figures() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    assert check_figures({"mass": figure}, ["mass"]) == {"mass": figure}
    for value, message in (
        (None, "it returns None, not figures by name"),
        (figure, "it returns a Figure, not figures by name"),
        ({"mass": figure}, "'pt' is declared and not made"),
        ({"mass": figure, "pt": figure, "eta": figure}, "'eta' is made and not declared"),
        ({"mass": figure, "pt": figure.add_subplot()}, "the figure 'pt' is an Axes, not one of matplotlib"),
    ):
        with pytest.raises(DataError, match=message):
            check_figures(value, ["mass", "pt"])


def test_workspaces() -> None:
    assert check_workspaces({"mu": WORKSPACE}, ["mu"]) == {"mu": WORKSPACE}
    of_seeds = {"mu": WORKSPACE, "mu~1": WORKSPACE, "mu~2": WORKSPACE}
    assert check_workspaces(of_seeds, ["mu"]) == of_seeds
    with pytest.raises(DataError, match="the workspace 'mu~2' is an empty dict without 'channels'"):
        check_workspaces({**of_seeds, "mu~2": {}}, ["mu"])
    for value, message in (
        ([], "it returns a list of 0, not workspaces"),
        ({}, "'mu' is declared and not made"),
        ({"mu": {}}, "the workspace 'mu' is an empty dict without 'channels', 'obs"),
        ({"mu": None}, "the workspace 'mu' is None"),
        ({"mu": {**WORKSPACE, "channels": [float("nan")]}}, r"mu\.channels\[0\] is nan"),
    ):
        with pytest.raises(DataError, match=message):
            check_workspaces(value, ["mu"])


def test_histograms() -> None:
    from analysis.histograms.histograms import Histograms, new_histogram

    names = (["zz"], ["all"], ["nominal"])
    good = Histograms({"mass": new_histogram("mass", (0.0, 1.0), True, names, sums=np.zeros((2, 1, 1, 1, 3)))}, {})
    assert check_histograms(good) is good
    with pytest.raises(DataError, match="it returns an empty dict, not Histograms"):
        check_histograms({})
    with pytest.raises(DataError, match="no histogram at all"):
        check_histograms(Histograms({}, {}))
    view: Any = good.hists["mass"].view(flow=True)
    view["value"][0, 0, 0, 0] = np.nan
    with pytest.raises(DataError, match="a sum in the histogram 'mass' is not finite"):
        check_histograms(good)


def test_arrays() -> None:
    given = {"x": np.zeros(3), "y": np.zeros((3, 2), int)}
    assert check_arrays(given, 3) == given
    for value, message in (
        (np.zeros(3), "it returns a NumPy array of float64"),
        ({"x": [1, 2, 3]}, "'x' is a list of 3, not a NumPy array"),
        ({"x": np.array([None])}, "'x' is a NumPy array of object"),
        ({"x": np.zeros(2)}, r"'x' has the shape \(2,\) for 3 events"),
        ({"x": np.array([0.0, np.inf, 0.0])}, "'x' is inf at 1, and not finite in 1 places"),
    ):
        with pytest.raises(DataError, match=message):
            check_arrays(value, 3)
