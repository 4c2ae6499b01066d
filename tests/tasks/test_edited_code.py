"""Which records an edit makes anew, in commands on a study that is one file and uses a second package."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tasks.project import Project, made, new_project

pytestmark = pytest.mark.long

STUDY = '''
"""Pulses in one file."""

from __future__ import annotations

import numpy as np

import analysis.study as s


def generate(identity, settings):
    import awkward as ak

    return ak.Array({"identity": identity})


def simulate(truth, settings):
    return truth


def pulses(raw):
    import awkward as ak

    return ak.Array({"identity": raw.identity, "pulse": sized(np.asarray(raw.identity))})


def sized(identity):
    return (identity % 10) / 10.0


def weigh(events, dataset, weight_per_fb):
    weight = 1.0 if dataset.kind == "measured" else FACTOR * weight_per_fb
    return {"nominal": np.full(len(events), weight)}


FACTOR = 2.0


def yields(histograms):
    from pulsetools.tables import row

    return {"yields": row(histograms)}


ORIGIN = {"generate": s.Step("pulses:generate"), "simulate": s.Step("pulses:simulate")}
PULSE = s.Variable("pulse", "pulse", "", (0.0, 0.25, 0.5, 0.75, 1.0))

study = s.Study(
    "pulses",
    title="Pulses",
    datasets=(
        s.Dataset("mc", "Simulated", "simulated", generated=40, cross_section=1.0, **ORIGIN),
        s.Dataset("data", "Data", "measured", generated=40, luminosity=40.0, **ORIGIN),
    ),
    campaigns=(s.Campaign("all", ("data",), 40.0),),
    processes=(s.Process("pulses", "Pulses", ("mc",)),),
    stages=(
        s.Events("selected", s.Step("pulses:pulses")),
        s.Histograms(
            "histograms",
            events="selected",
            variables=(PULSE,),
            regions=(s.Region("all", "all", (), from_data=True),),
            weights=s.Step("pulses:weigh"),
        ),
        s.Result("yields", s.Step("pulses:yields"), per="campaign"),
    ),
)
'''
TABLES = """
def row(histograms):
    return float(histograms.content("pulse", "pulses", "all", "nominal")[0].sum())


def other():
    return 1
"""
AFTER_WEIGHTS = {"FillHistograms", "MergeHistograms", "yields", "CollectResults"}


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    folder = tmp_path / "studies"
    (folder / "pulsetools").mkdir(parents=True)
    (folder / "pulses.py").write_text(STUDY.lstrip())
    (folder / "pulsetools" / "__init__.py").write_text("")
    (folder / "pulsetools" / "tables.py").write_text(TABLES.lstrip())
    return folder


@pytest.fixture
def project(repository: Path, tmp_path: Path, studies: Path) -> Project:
    project = new_project(repository, tmp_path, "airshower", None)
    (project.folder / "law_user.cfg").write_text(f"[studies]\npath: {studies}\n")
    project.law("run", "CollectResults", "--study", "pulses")
    return project


def test_what_is_made_anew(project: Project, studies: Path):
    def edit(file: str, old: str, new: str) -> set[str]:
        """Families that a command makes after an edit."""
        text = (studies / file).read_text()
        assert old in text
        (studies / file).write_text(text.replace(old, new))
        return set(made(project.law("run", "CollectResults", "--study", "pulses")))

    assert edit("pulses.py", "FACTOR * weight_per_fb", "FACTOR * 2.0 * weight_per_fb") == AFTER_WEIGHTS
    assert edit("pulses.py", "FACTOR = 2.0", "FACTOR = 3.0") == AFTER_WEIGHTS
    assert edit("pulses.py", "% 10) / 10.0", "% 10) / 20.0") == {"selected", *AFTER_WEIGHTS}
    # the second package: what is reached of it, and nothing else
    assert edit("pulsetools/tables.py", "[0].sum()", "[0][1:].sum()") == {"yields", "CollectResults"}
    assert edit("pulsetools/tables.py", "return 1", "return 2") == set()
    assert edit("pulsetools/tables.py", "def other", "def another():\n    return 3\n\n\ndef other") == set()
    assert edit("pulsetools/__init__.py", "", "import pulsetools.tables as t\n\nt.row = lambda h: 0.0\n") == {
        "yields",
        "CollectResults",
    }
    assert edit("pulses.py", '"""Pulses in one file."""', '"""Pulses."""\n\n# in one file') == set()
