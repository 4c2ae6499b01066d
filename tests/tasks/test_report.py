"""The whole graph up to the page, looked at in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.report import Report
from tests.analysis.report.browser import check_page, open_browser
from tests.tasks.project import QUICK, Project, complete_records_are_whole, made, newest

STYLE = "analysis/plotting/style.py"


def page_of(project: Project, study: str) -> Path:
    """The newest page of a study."""
    return newest(project, f"{study}/Report/*/report.html")


@pytest.mark.long
@pytest.mark.services
def test_the_page_of_real_collisions(finished: Project):
    output = finished.law("run", "Report", *QUICK)
    complete_records_are_whole(finished)
    page = page_of(finished, "htautau")
    assert str(page) in output

    # what the results rest on comes before them, on the page and on the terminal
    text = page.read_text(encoding="utf-8")
    assert text.index('id="validation"') < text.index('class="headline"')
    assert output.index("distributions are ") < output.index("strength of")

    # nothing to do, and the same page
    before = page.read_bytes()
    assert made(finished.law("run", "Report", *QUICK)) == []
    assert page.read_bytes() == before

    (stored,) = finished.store.glob("htautau/CollectResults/*/results.json")
    results = json.loads(stored.read_text())
    numbers = {number["name"]: number for number in results["numbers"]}
    strength = numbers["mu_ztt_m_vis"]
    assert strength["key"] in strength["record"]
    assert strength["unit"] == ""
    assert strength["method"]
    # networks of two epochs say little, the visible mass needs none
    assert abs(strength["value"] - 0.98) < 0.1
    assert 0.02 < max(strength["stat"]) < 0.06
    # two seeds here: their spread is an uncertainty of its own where networks have a say
    assert 0.0 < numbers["mu_ztt_scores_training"]["value"] < 0.1
    assert "of 2 seeds" in numbers["mu_ztt_scores"]["note"]
    assert "mu_ztt_m_vis_training" not in numbers
    assert numbers["overtraining_higgs"]["stat"][0] > 0.0
    # Higgs bosons are few: an honest, unspectacular number
    assert min(numbers["mu_higgs_scores"]["stat"]) > 1.0
    assert abs(numbers["mass_z_after"]["value"] - 91.188) < 0.2

    with open_browser() as browser:
        check_page(browser, page_of(finished, "htautau"))


@pytest.mark.long
def test_a_changed_style_draws_figures_and_the_page_again_and_nothing_else(pulse: Project):
    pulse.replace(STYLE, '"#3f90da"', '"#3f90db"')
    assert made(pulse.law("run", "Report")) == ["shapes", "Report"]


@pytest.mark.long
def test_asimov_data_are_another_record(finished: Project):
    for data in ("asimov", "observed"):
        finished.law("run", "FitMeasurement", *QUICK, "--data", data)
    fits = [json.loads(path.read_text()) for path in finished.store.glob("htautau/FitMeasurement/2012BC-*/fit.json")]
    found = {fit["data"]: fit["workspaces"]["m_vis"]["intervals"]["mu_ztt"]["value"] for fit in fits}
    assert found["asimov"] == pytest.approx(1.0, abs=1e-4)
    assert abs(found["observed"] - 1.0) > 1e-3


def test_a_highlight_that_names_no_number_is_a_warning(tmp_path: Path):
    # a number may be missing for too few events, so that the page is made all the same
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"numbers": [{"name": "mu"}, {"name": "mass"}]}))
    definition = SimpleNamespace(highlights=("mass", "muu"))
    report: Any = SimpleNamespace(input_path=lambda role, name: results, definition=definition)
    (told,) = Report._lost_highlights(report)
    assert "no number is called 'muu'" in told
    assert "did you mean 'mu'? (there are mu, mass)" in told
