"""The study ``faraday`` through the graph, with coarse maps: page, numbers, figures, and jobs of a real pool."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.report.browser import check_page, open_browser
from tests.services.servers import Condor
from tests.tasks.batch.clusters import Cluster, condor_copy
from tests.tasks.conftest import small_report
from tests.tasks.project import Project, complete_records_are_whole, made, only_results

pytest.importorskip("healpy")
# importing it would begin JAX's threads in all of pytest's workers
pytestmark = [pytest.mark.long, pytest.mark.skipif(find_spec("nifty") is None, reason="needs the extra faraday")]

FEW = ("--statistics", "small")
CLASSES = ("all", "beyond_1_deg", "beyond_2_deg")


@pytest.fixture(scope="session")
def sky(repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After ``law run Report`` with coarse maps; not to be changed."""
    return small_report("faraday", repository, mirror, tmp_path_factory)


@pytest.fixture(scope="session")
def results(sky: Project) -> dict[str, Any]:
    return only_results(sky, "faraday")


def test_records_are_whole_and_not_made_again(sky: Project):
    complete_records_are_whole(sky)
    assert made(sky.law("run", "Report", *FEW)) == []
    # the choice of statistics says how many folds there are
    assert len(list(sky.store.glob("faraday/InferFolds/*/*.manifest.json"))) == 2


def test_left_out_sources_are_predicted_better_than_by_interpolation(results: dict[str, Any]):
    numbers = {one["name"]: one for one in results["numbers"]}
    for name in CLASSES:
        assert 5.0 < numbers[f"error_{name}"]["value"] < 40.0
        assert numbers[f"error_{name}"]["unit"] == "rad/m2"
        assert 55.0 < numbers[f"coverage_68_{name}"]["value"] < 80.0
        assert 85.0 < numbers[f"coverage_95_{name}"]["value"] < 99.0
    table = next(one for one in results["tables"] if one["name"] == "held_out_errors")
    errors = {column["title"]: column["values"][0] for column in table["columns"]}
    assert errors["field"] < errors["nearest source"]
    assert errors["number"] == 12502


def test_the_slope_of_the_power_spectrum_is_beside_the_published_one(results: dict[str, Any]):
    numbers = {one["name"]: one for one in results["numbers"]}
    assert numbers["slope"]["value"] == pytest.approx(-2.14, abs=0.6)
    assert "Oppermann et al. 2012" in numbers["slope"]["note"]
    assert 3.0 < numbers["scatter"]["value"] < 40.0
    names = {one["name"] for one in results["tables"]}
    assert names >= {"held_out_gains", "held_out_coverage", "posterior_predictive", "catalogues"}


@pytest.mark.services
def test_the_page(sky: Project):
    (page,) = sky.store.glob("faraday/Report/*/report.html")
    with open_browser() as browser:
        check_page(browser, page)
    text = page.read_text()
    for said in ("MIT", "10.5281/zenodo.10963566", "ApJS 267 (2023) 28", "ApJS 253 (2021) 48"):
        assert said in text
    for name in ("faraday_sky", "faraday_uncertainty", "power_spectrum", "held_out_coverage"):
        assert name in text


@pytest.fixture
def pool(condor: Condor, pool_project: str, repository: Path, sky: Project) -> Iterator[Cluster]:
    """The study inside the pool, with all records but those that jobs are to make."""
    with condor_copy(condor, pool_project, repository, "faraday", None, records=sky.store, cpus=1) as cluster:
        yield cluster


@pytest.mark.services("condor")
def test_jobs_of_a_pool_make_the_same(pool: Cluster, sky: Project):
    """The inference of a fold is made anew by a job, bit for bit."""
    (place,) = sky.store.glob("faraday/InferFolds/folds-*")
    inside = pool.project.store / place.relative_to(sky.store)
    before = {path.name: path.read_bytes() for path in inside.glob("fold_0*.safetensors")}
    assert before
    for path in inside.glob("fold_0*"):
        path.unlink()
    output = pool.project.law("run", "faraday.folds", *FEW, "--workflow", "htcondor")
    assert "submitted to htcondor" in output
    assert {path.name: path.read_bytes() for path in inside.glob("fold_0*.safetensors")} == before
