"""The study ``trigger`` through the graph, with few events: page, numbers, figures, and a circuit."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.report.browser import check_page, open_browser
from tests.tasks.conftest import small_report
from tests.tasks.project import Project, complete_records_are_whole, made, only_results

pytest.importorskip("da4ml")
# a circuit is simulated with Verilator
pytestmark = [pytest.mark.long, pytest.mark.services]

FEW = ("--statistics", "small")


@pytest.fixture(scope="session")
def stations(verilator: None, repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After ``law run Report`` with few events; not to be changed."""
    return small_report("trigger", repository, mirror, tmp_path_factory)


@pytest.fixture(scope="session")
def results(stations: Project) -> dict[str, Any]:
    return only_results(stations, "trigger")


def test_records_are_whole_and_not_made_again(stations: Project) -> None:
    complete_records_are_whole(stations)
    assert made(stations.law("run", "Report", *FEW)) == []


def test_triggers_have_the_same_rate(results: dict[str, Any]) -> None:
    numbers = {one["name"]: one for one in results["numbers"]}
    for name in ("threshold", "over_threshold", "short_window", "network"):
        rate = numbers[f"rate_{name}"]
        assert rate["value"] == pytest.approx(20.0, abs=5 * rate["stat"][0] + 2.0)
        assert numbers[f"noise_{name}"]["value"] < 1.0
    (table,) = [one for one in results["tables"] if one["name"] == "rates"]
    accepted = [column["values"] for column in table["columns"] if column["title"].startswith("Accepted")]
    assert min(min(column) for column in accepted) > 100


def test_the_circuit_says_what_integers_say(stations: Project, results: dict[str, Any]) -> None:
    numbers = {one["name"]: one["value"] for one in results["numbers"]}
    assert numbers["circuit_exact"] == numbers["circuit_vectors"] > 5000
    assert numbers["circuit_latency"] < 100.0
    assert numbers["circuit_interval"] == 1
    assert numbers["circuit_parameters"] <= 4389
    (path,) = stations.store.glob("trigger/SynthesiseTrigger/*/circuit.zip")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert archive.read("vectors.csv").count(b"\n") == numbers["circuit_vectors"] + 1
    assert "report.json" in names
    assert any(name.startswith("verilog/") and name.endswith(".v") for name in names)


def test_the_page(stations: Project) -> None:
    (page,) = stations.store.glob("trigger/Report/*/report.html")
    with open_browser() as browser:
        check_page(browser, page)
    text = page.read_text()
    for name in ("signal", "distance", "array", "rates", "resources", "traces"):
        assert name in text
