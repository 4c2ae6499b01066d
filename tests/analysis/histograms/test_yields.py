from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.histograms.filling import fill
from analysis.histograms.histograms import Histograms, merge
from analysis.histograms.yield_settings import EVENTS, Yields, cut_flow
from analysis.histograms.yields import disagreements, tabulate
from analysis.measurement import Cut, Process, Region
from analysis.plotting.style import FigureLabel, figure_style
from analysis.plotting.yields import draw_yields
from analysis.results import Table

SIGNAL = Region("signal", "signal", (Cut("charge", "==", True), Cut("mt", "<", 30.0)))
FLOW = cut_flow(SIGNAL)
PROCESSES = (Process("higgs", "$H$", ("h",)), Process("w", "W", ("w",)))
SETTINGS = Yields(FLOW, PROCESSES, name="cut_flow")


def filled(process: str, weight: float, number: int, seed: int) -> tuple[Histograms, list[int]]:
    """Histograms, and how many events pass by plain counting."""
    random = np.random.default_rng(seed)
    charge, mt = random.random(number) < 0.5, random.uniform(0.0, 100.0, number)
    identity = random.integers(0, 2**63, number).astype(np.uint64)
    events = ak.Array({"identity": identity, "charge": charge, "mt": mt})
    names = np.full(number, process)
    passing = [number, int(charge.sum()), int((charge & (mt < 30.0)).sum())]
    return fill(events, {"nominal": np.full(number, weight)}, names, (EVENTS,), FLOW), passing


@pytest.fixture
def parts() -> dict[str, tuple[Histograms, list[int]]]:
    made = {"higgs": (0.1, 500), "w": (2.0, 1000), "data": (1.0, 2100)}
    return {name: filled(name, *given, seed) for seed, (name, given) in enumerate(made.items())}


def test_a_cut_flow_is_what_one_counts(parts: dict[str, Any]) -> None:
    found = tabulate(merge([part for part, _ in parts.values()]), SETTINGS)
    (stored,) = found["tables"]
    table = Table.from_json(stored)
    assert table.axes[0].values == ("all events", "charge", "mt < 30")
    columns = {column.title: column for column in table.columns}
    assert list(columns) == ["$H$", "W", "Prediction", "Data"]
    assert columns["Data"].values == tuple(parts["data"][1])
    assert columns["W"].values == pytest.approx([2.0 * n for n in parts["w"][1]])
    assert [up for _, up in columns["W"].errors["stat"]] == pytest.approx([2.0 * np.sqrt(n) for n in parts["w"][1]])
    total = [2.0 * w + 0.1 * h for w, h in zip(parts["w"][1], parts["higgs"][1], strict=True)]
    assert columns["Prediction"].values == pytest.approx(total)
    assert found["headline"] == {}


def test_it_is_drawn(parts: dict[str, Any]) -> None:
    with figure_style():
        drawn = draw_yields(merge([part for part, _ in parts.values()]), FigureLabel("CMS"), SETTINGS)
        axes: Any = drawn["cut_flow"].axes
        assert axes[0].containers[0].lines[0].get_ydata().tolist() == parts["data"][1]
        assert [text.get_text() for text in axes[1].get_xticklabels()] == ["all events", "charge", "mt < 30"]
    assert SETTINGS.caption[0] == "cut_flow"


@pytest.mark.parametrize(("factor", "regions"), [(1.0, 0), (8.0, 0), (200.0, 3), (1.0 / 200.0, 3)])
def test_a_factor_of_ten_between_prediction_and_data_is_a_warning(
    parts: dict[str, Any], factor: float, regions: int
) -> None:
    merged = merge([part for part, _ in parts.values()]).scaled({"w": factor, "higgs": factor})
    found = disagreements(merged)
    assert len(found) == regions
    assert all("luminosity" in one for one in found)
    if regions:
        assert "'signal_cut_0' 2100 events are observed and" in found[0]
        assert "warning" in tabulate(merged, SETTINGS)["headline"]


def test_fluctuations_are_no_warning() -> None:
    # no event where one half is expected, and one where 0.05 are
    few = merge([filled("w", 0.001, 500, 1)[0], filled("data", 1.0, 0, 2)[0], filled("data", 1.0, 1, 3)[0]])
    assert disagreements(few.scaled({"w": 0.1})) == []
    assert disagreements(filled("w", 1.0, 10, 1)[0]) == []


def test_what_was_never_filled_is_an_error(parts: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="process 'zz'"):
        tabulate(parts["w"][0], Yields(FLOW, (Process("zz", "ZZ", ()),)))
    with pytest.raises(StudyError, match="no regions or no processes"):
        Yields((), PROCESSES)
