"""The study ``tracking`` through the graph, with few events: page, numbers, figures, and a chunking of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.analysis.report.browser import check_page, open_browser
from tests.tasks.conftest import small_report
from tests.tasks.project import Project, complete_records_are_whole, made, only_results

pytest.importorskip("acts")
pytestmark = pytest.mark.long

FEW = ("--statistics", "small")


@pytest.fixture(scope="session")
def tracks(repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After ``law run Report`` with few events; not to be changed."""
    return small_report("tracking", repository, mirror, tmp_path_factory)


@pytest.fixture(scope="session")
def results(tracks: Project) -> dict[str, Any]:
    return only_results(tracks, "tracking")


def test_records_are_whole_and_not_made_again(tracks: Project) -> None:
    complete_records_are_whole(tracks)
    assert made(tracks.law("run", "Report", *FEW)) == []


def test_the_automaton_finds_what_acts_finds_with_fewer_fakes(results: dict[str, Any]) -> None:
    numbers = {one["name"]: one["value"] for one in results["numbers"]}
    for name in ("vertices_50", "vertices_100", "vertices_200"):
        best = max(numbers[f"efficiency_{seeder}_{name}"] for seeder in ("grid", "orthogonal"))
        assert best > 94.0
        assert numbers[f"efficiency_automaton_{name}"] > best - 3.0
        assert numbers[f"fakes_automaton_{name}"] < numbers[f"fakes_grid_{name}"]
    assert numbers["beam_x"] == pytest.approx(0.35, abs=0.01)


@pytest.mark.services
def test_the_page(tracks: Project) -> None:
    (page,) = tracks.store.glob("tracking/Report/*/report.html")
    with open_browser() as browser:
        check_page(browser, page)
    text = page.read_text()
    for name in ("efficiency", "pileup", "front", "display", "layers", "beam_spot"):
        assert name in text
    assert "simulated vertices" in text
