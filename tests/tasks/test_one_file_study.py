"""A study in one file: an edited function makes what uses it anew, and nothing before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tasks.keys import changed, keys
from tests.tasks.project import Project, new_project

PARTS = ("settings", "events", "steps", "study")
WEIGH = '''
def weigh(events, weight_per_fb):
    """Weigh events."""
    return {"nominal": np.full(len(events), 1.0 * weight_per_fb)}


FACTOR = 1.0
UNCERTAINTIES'''


@pytest.fixture(scope="module")
def peak(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the study that ``law run NewStudy`` writes, all of it in one file, and weights of its own."""
    base = tmp_path_factory.mktemp("one_file")
    parts = [(repository / f"analysis/new_study/template/{name}.py.template").read_text() for name in PARTS]
    text = "\n\n".join(part for part in parts)
    text = text.replace("from STUDY_NAME.settings import Detector, Selection, Toy\n", "")
    for part in PARTS:
        text = text.replace(f"STUDY_NAME.{part}:", "peak.study:")
    text = text.replace("STUDY_NAME", "peak").replace("UNCERTAINTIES", WEIGH, 1)
    text = text.replace("Weights(UNCERTAINTIES)", 's.Step("peak.study:weigh")')
    (base / "studies" / "peak").mkdir(parents=True)
    (base / "studies" / "peak" / "study.py").write_text(text)
    project = new_project(repository, base, "peak", None)
    (project.folder / "law_user.cfg").write_text("[studies]\ndefault: peak\npath: ../studies\n")
    return project


EDITS = {
    "weigh": ("1.0 * weight_per_fb", "2.0 * weight_per_fb", "histograms"),
    "select": ("events.mass > settings.low", "events.mass >= settings.low", "selected"),
    "a comment": ('"""Weigh events."""', '"""Weigh events by nothing."""  # yet', ""),
    "what nothing uses": ("FACTOR = 1.0", "FACTOR = 2.0", ""),
    "an import": ("import awkward as ak\n", "import awkward as ak\nfrom json import loads\n", ""),
}
# what comes after a stage, beside itself
ORDER = ["GenerateEvents", "SimulateData", "selected", "FillHistograms", "MergeHistograms"]


@pytest.fixture(scope="module")
def before(peak: Project) -> dict[str, str]:
    return keys(peak, "peak")


@pytest.mark.long
@pytest.mark.parametrize(("old", "new", "first"), EDITS.values(), ids=EDITS)
def test_an_edit_of_one_function(peak: Project, before: dict[str, str], old: str, new: str, first: str):
    undo = peak.replace("../studies/peak/study.py", old, new)
    try:
        different = {name.partition("/")[0] for name in changed(before, keys(peak, "peak"))}
    finally:
        undo()
    families = {name.partition("/")[0] for name in before}
    earlier = {"histograms": set(ORDER[:3]), "selected": set(ORDER[:2]), "": families}[first]
    assert different == families - earlier, json.dumps(sorted(families))
