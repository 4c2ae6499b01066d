"""The study ``calorimeter`` through the graph, with few showers: page, numbers, figures, checks, and a capsule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.analysis.report.browser import check_page, open_browser
from tests.tasks.conftest import small_report
from tests.tasks.project import Project, complete_records_are_whole, made, only_results

pytestmark = pytest.mark.long

FEW = ("--statistics", "small")


@pytest.fixture(scope="session")
def crystals(repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After ``law run Report`` with few showers; not to be changed."""
    return small_report("calorimeter", repository, mirror, tmp_path_factory)


@pytest.fixture(scope="session")
def results(crystals: Project) -> dict[str, Any]:
    return only_results(crystals, "calorimeter")


def test_records_are_whole_and_not_made_again(crystals: Project) -> None:
    complete_records_are_whole(crystals)
    assert made(crystals.law("run", "Report", *FEW)) == []


def test_showers_and_their_calibration_are_as_they_should_be(results: dict[str, Any]) -> None:
    numbers = {one["name"]: one["value"] for one in results["numbers"]}
    assert numbers["gain_closure"] < 1.2
    assert numbers["gain_pulls"] == pytest.approx(1.0, abs=0.2)
    assert numbers["shapes_width_simulated"] == pytest.approx(2.0, abs=0.5)
    assert numbers["shapes_response_simulated"] == pytest.approx(0.976, abs=0.01)
    assert numbers["shapes_elongation_simulated"] == pytest.approx(1.0, abs=0.2)
    assert numbers["shapes_later_simulated"] == pytest.approx(0.9, abs=0.4)


def test_generated_showers_are_like_them(results: dict[str, Any]) -> None:
    numbers = {one["name"]: one["value"] for one in results["numbers"]}
    assert numbers["shapes_response_generated"] == pytest.approx(numbers["shapes_response_simulated"], abs=0.02)
    assert 0.4 < numbers["auc_cells"] < 0.9
    assert 0.4 < numbers["auc_shapes"] < 0.95
    assert numbers["shapes_sliced_wasserstein"] < 0.5
    tables = {one["name"] for one in results["tables"]}
    assert tables >= {"shapes_distances", "shapes_resolution", "beyond_distances", "beyond_resolution"}


@pytest.mark.services
def test_the_page(crystals: Project) -> None:
    (page,) = crystals.store.glob("calorimeter/Report/*/report.html")
    with open_browser() as browser:
        check_page(browser, page)
    text = page.read_text()
    for name in ("displays", "profiles", "shapes", "resolution", "correlations", "gains"):
        assert name in text
    assert "no Geant4" in text
