"""The study ``arrivals`` through the graph, with few skies: page, numbers, figures, and jobs of a real pool."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.report.browser import check_page, open_browser
from tests.services.servers import Condor
from tests.tasks.batch.clusters import Cluster, condor_copy
from tests.tasks.conftest import small_report
from tests.tasks.project import Project, complete_records_are_whole, made, only_results

pytest.importorskip("healpy")
pytestmark = pytest.mark.long

FEW = ("--statistics", "small")


@pytest.fixture(scope="session")
def skies(repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After ``law run Report`` with few skies; not to be changed."""
    return small_report("arrivals", repository, mirror, tmp_path_factory)


@pytest.fixture(scope="session")
def results(skies: Project) -> dict[str, Any]:
    return only_results(skies, "arrivals")


def test_records_are_whole_and_not_made_again(skies: Project):
    complete_records_are_whole(skies)
    assert made(skies.law("run", "Report", *FEW)) == []


def test_the_published_numbers_stand_beside_ours(results: dict[str, Any]):
    numbers = {one["name"]: one for one in results["numbers"]}
    assert numbers["centaurus_a_observed"]["value"] == pytest.approx(215, abs=1)
    assert numbers["centaurus_a_expected"]["value"] == pytest.approx(152.0, abs=0.6)
    assert numbers["blind_observed"]["value"] == pytest.approx(153, abs=1)
    assert numbers["blind_expected"]["value"] == pytest.approx(97.7, abs=0.6)
    assert "published" in numbers["blind_observed"]["note"]
    assert numbers["ts_starburst"]["value"] == pytest.approx(21.1, abs=0.5)
    assert "44 galaxies" in numbers["ts_starburst"]["note"]


def test_what_was_found_with_few_skies(results: dict[str, Any]):
    numbers = {one["name"]: one for one in results["numbers"]}
    for name, one in numbers.items():
        if name.startswith("p_"):
            assert 0 < one["value"] <= 1, name
    # of few skies, and a network that saw few
    for name in ("no_field", "half_field", "whole_field", "reversed_field"):
        for method in ("network", "likelihood"):
            needed = numbers[f"needed_{method}_{name}"]
            assert 1.0 < needed["value"] <= 13.0
            assert needed["note"] == "simulation"
    assert abs(numbers["closure_mean"]["value"]) < 0.5
    assert "had scored the measured sky" in numbers["p_network"]["note"]


@pytest.mark.services
def test_the_page(skies: Project):
    (page,) = skies.store.glob("arrivals/Report/*/report.html")
    with open_browser() as browser:
        check_page(browser, page)
    text = page.read_text()
    assert "chosen on simulated skies alone" in text
    assert "CC-BY-4.0" in text
    assert "10.5281/zenodo.6504276" in text
    # a larger catalogue is told
    assert "44 starburst galaxies" in text
    for name in ("sky", "sensitivity", "attribution", "network_ts", "deflections"):
        assert name in text


def test_tables_for_hepdata_have_names_of_their_own(skies: Project):
    (path,) = skies.store.glob("arrivals/CollectResults/*/hepdata.zip")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    # in per cent and without a unit, and those of stages
    assert {"results_stat.yaml", "results_percent_stat.yaml", "circles.yaml"} < set(names)
    assert len(names) == len(set(names))


@pytest.fixture
def pool(condor: Condor, pool_project: str, repository: Path, skies: Project) -> Iterator[Cluster]:
    """The study inside the pool, with all records but those that jobs are to make."""
    with condor_copy(condor, pool_project, repository, "arrivals", None, records=skies.store, cpus=1) as cluster:
        yield cluster


@pytest.mark.services("condor")
def test_jobs_of_a_pool_make_the_same(pool: Cluster, skies: Project):
    """Judged skies are made anew by jobs, bit for bit."""
    place = next(skies.store.glob("arrivals/judged/no_field-*"))
    inside = pool.project.store / place.relative_to(skies.store)
    before = {path.name: path.read_bytes() for path in inside.glob("*.parquet")}
    assert before
    for path in inside.iterdir():
        path.unlink()
    output = pool.project.law("run", "arrivals.judged", "--datasets", "no_field", *FEW, "--workflow", "htcondor")
    assert "submitted to htcondor" in output
    assert {path.name: path.read_bytes() for path in inside.glob("*.parquet")} == before
