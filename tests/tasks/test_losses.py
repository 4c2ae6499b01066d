"""Events that a study loses or counts twice: an error or a warning each, on the terminal and on the page."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.histograms.weight_settings import Weights
from analysis.inference.histfactory_settings import Channel, Model, Models
from analysis.new_study.writing import write_study
from analysis.studies.htautau.study import study as htautau
from analysis.study import Events, Histograms, Region, Step, Study, Variable, Workspaces
from tasks.losses import fitted_channels
from tests.tasks.project import Project, new_project

BINS = "tuple(range(60, 145, 5))"


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    return new_project(repository, tmp_path, "airshower", None)


def change(project: Project, name: str, *changes: tuple[str, str]) -> None:
    """Write the template's study with changes of its study.py."""
    studies = project.folder / "studies"
    (project.folder / "law_user.cfg").write_text(f"[studies]\npath: {studies}\n")
    write_study(name, studies)
    file = studies / name / "study.py"
    text = file.read_text()
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_text(text)


def warnings(output: str) -> list[str]:
    return [line.removeprefix("WARNING").strip() for line in output.splitlines() if line.startswith("WARNING")]


@pytest.mark.long
def test_channels_with_common_events_and_edges_in_another_unit_are_errors(project: Project):
    change(
        project,
        "overlap",
        ("regions=(ALL,), weights", 'regions=(ALL, s.Region("again", "A", ())), weights'),
        ('(Channel("all", "mass"),)', '(Channel("all", "mass"), Channel("again", "mass"))'),
    )
    output = project.law("run", "Report", "--study", "overlap", fails=True)
    assert "the channels 'all' and 'again' are fitted together and have events in common (655 measured" in output
    assert "Traceback" not in output
    change(project, "units", (BINS, "tuple(range(60_000, 145_000, 5_000))"))
    for command in ("Report", "CheckStudy"):
        output = project.law("run", command, "--study", "units", fails=True)
        assert "lie outside of the bins of the variable 'mass'" in output
        assert "give its edges in the unit of its field" in output
        assert "Traceback" not in output


@pytest.mark.long
def test_events_of_no_process_and_outside_of_fitted_bins_are_warnings(project: Project):
    change(
        project,
        "lost",
        ('"Peak", ("signal",))', '"Peak", ("signal",), (s.Cut("mass", "<", 100.0),))'),
        (BINS, "tuple(range(80, 125, 5)), overflow=False"),
    )
    found = warnings(project.law("run", "Report", "--study", "lost"))
    assert len(found) == 2
    assert "888 of 1824 selected events of the simulated data set 'signal' (49 % of the weights)" in found[0]
    assert "in the region 'all' the fitted variable 'mass' leaves out 315 of 655 measured events (48 %)" in found[1]
    (page,) = project.store.glob("lost/Report/*/report.html")
    text = html.unescape(page.read_text())
    assert all(one in text for one in found)
    assert warnings(project.law("run", "MergeHistograms", "--study", "lost")) == found


def test_the_channels_of_standard_models_are_found():
    model = Model("m", (Channel("signal", "m_vis"), Channel("high_mt", "m_vis", counted=True)))
    other = Model("n", (Channel("same_sign", "m_vis"),))
    build = "analysis.inference.histfactory:build"
    mass = Variable("m_vis", "mass", "GeV", (0.0, 100.0))
    regions = tuple(Region(name, name, ()) for name in ("signal", "high_mt", "same_sign"))
    study = Study(
        "two",
        datasets=htautau.datasets,
        processes=htautau.processes,
        stages=(
            Events("events", Step("tests.tasks.mistakes.twice_physics:candidates")),
            Histograms("histograms", weights=Weights(), variables=(mass,), regions=regions),
            Histograms("others", weights=Weights(), variables=(mass,), regions=regions),
            Workspaces("first", Step(build, Models((model, other)))),
            Workspaces("second", Step(build, replace(model, name="again", channels=other.channels))),
        ),
    )
    found = [("signal", "m_vis"), ("high_mt", "m_vis"), ("same_sign", "m_vis"), ("same_sign", "m_vis")]
    assert fitted_channels(study, "histograms") == found
    # nothing is built of the others, and a study's own models are not known
    assert fitted_channels(study, "others") == []
    assert fitted_channels(htautau, "histograms") == []
