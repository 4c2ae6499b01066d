"""Mistakes that one makes in a study: each ends in one clear error, none in a wrong number."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import uproot

from tests.tasks.conftest import made_once
from tests.tasks.project import Project, made, new_project

STUDIES = Path(__file__).parent / "mistakes"
WITH_STEP = """
from analysis.study import Dataset, Events, Step, Study

GENERATE = Step("mistakes_physics:generate")
DATA = Dataset("run", "run", "measured", generate=GENERATE, simulate=GENERATE, generated=10)
STAGES = (Events("candidates", Step("mistakes_physics:{step}")),)
study = Study("{name}", datasets=(DATA,), stages=STAGES)
"""


@pytest.fixture(scope="session")
def project(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with studies that make mistakes; each test runs another one of them."""

    def make(folder: Path) -> None:
        project = new_project(repository, folder, "airshower", None)
        for file in STUDIES.glob("*.py"):
            shutil.copy(file, project.folder)
        modules = "mistakes_study, mistakes_study:faulty, twice_study, twice_study:strict, twice_study:few"
        (project.folder / "law_user.cfg").write_text(
            f"[studies]\ndefault: mistakes\nmodules: {modules}\npath: studies\n"
        )
        for name, (text, _) in LOADING.items():
            (project.folder / "studies" / name).mkdir(parents=True)
            (project.folder / "studies" / name / "study.py").write_text(text)
        write_files(folder / "files")
        project.store.mkdir(exist_ok=True)

    folder = made_once("mistakes", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", folder / "files")


def write_files(folder: Path) -> None:
    """Files of events; some come again in another file, or in another trigger's."""
    folder.mkdir(exist_ok=True)
    events = {"signal": range(10), "muons_a": range(10), "muons_b": range(8, 18), "electrons": range(15, 25)}
    for name, numbers in events.items():
        number = np.array(numbers, np.int64)
        with uproot.recreate(folder / f"{name}.root") as file:
            file["Events"] = {"run": np.full(10, 7), "event": number, "mass": 10.0 + number}


def errors(output: str) -> list[str]:
    """The errors that a command tells, each with its cure."""
    return re.findall(r"^error: .*(?:\n  .*)*", output, flags=re.MULTILINE)


# what is wrong before anything runs

LOADING = {
    "misspelt": (
        'from analysis.study import Region, Study\n\nALL = Region("all", "all", cutz=())\nstudy = Study("misspelt")\n',
        (
            "Region.__init__() got an unexpected keyword argument 'cutz'",
            "misspelt/study.py, line 3)",
            "Region has name, title, cuts",
            "did you mean 'cuts'?",
        ),
    ),
    "keywords": (
        "import analysis.study as s\n\nSTEP = s.Step('a:b')\nEVENTS = s.Events('cleaned', STEP, slects=True)\n"
        'study = s.Study("keywords", stages=(EVENTS,))\n',
        (
            "Events.__init__() got an unexpected keyword argument 'slects'",
            "keywords/study.py, line 4)",
            "did you mean 'selects'?",
        ),
    ),
    "nostep": (
        'import analysis.study as s\n\n\ndef select(raw):\n    return raw\n\n\nRESULT = s.Result("res", select)\n'
        'study = s.Study("nostep", stages=(RESULT,))\n',
        (
            "the stage 'res': its step is the function select, not a Step",
            "nostep/study.py, line 8)",
            'write Step("nostep.study:select")',
        ),
    ),
    "badnames": (
        'from analysis.study import Process, Study\n\nstudy = Study("names", processes=(Process("a/b", "A", ()),))\n',
        (
            "the process 'a/b' of the study 'names' has a name with '/'",
            "badnames/study.py, line 3)",
            "use 1 to 80 of the letters",
        ),
    ),
    "htautau": (
        'from analysis.study import Study\n\nstudy = Study("htautau")\n',
        ("two studies are called 'htautau'", "analysis/studies/htautau/study.py and ", "studies/htautau/study.py\n"),
    ),
    "missing": (
        WITH_STEP.format(name="missing", step="loses_all"),
        ("'mistakes_physics' has no function 'loses_all'", "mistakes_physics.py)", "did you mean 'loses'?"),
    ),
    "arguments": (
        WITH_STEP.format(name="arguments", step="weigh"),
        ("the stage 'candidates': mistakes_physics:weigh has an argument 'events', which is no stage", "of={'events':"),
    ),
}
RUN = """
import contextlib, io, json
from law.cli.cli import run
found = {}
for name in NAMES:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            status = run(["run", "Report", "--study", name])
        except SystemExit as error:
            status = error.code
    found[name] = status, said.getvalue()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def loaded(project: Project) -> dict[str, tuple[int, str]]:
    """Status and output of ``law run Report`` of each study that does not load."""
    return json.loads(project.python(RUN.replace("NAMES", repr(list(LOADING)))))


@pytest.mark.parametrize("name", LOADING)
def test_a_study_that_does_not_load_is_one_error(loaded: dict[str, tuple[int, str]], name: str):
    status, output = loaded[name]
    assert status not in (0, None)
    assert "Traceback" not in output
    (told,) = errors(output)
    for text in (*LOADING[name][1], "\n  cure: "):
        assert text in told


# what is wrong when it runs

RUNNING = {
    # of the data set's own step, not of the stage that needs it
    "generate": ("it loses 1 of 20 events", "def forgets", "return a record for each event"),
    "boom": ("RuntimeError: boom", "'raise RuntimeError", "--debug shows the traceback"),
    "nothing": ("it returns None, not events", "def nothing", "end the function with 'return events'"),
    "array": ("it returns a NumPy array of float64, shape (20,), not events", "def array", "with_columns(events"),
    "mapping": ("it returns a dict with the keys 'pulse', not events", "def mapping", "return an awkward array"),
    "loses": ("it loses 1 of 20 events", "def loses", "selects=True"),
    "doubles": ("1 of its 20 events come more than once", "def doubles", "return each event once"),
    "reorders": ("its events are in another order", "def reorders", "in the order in which they came"),
    "not_finite": ("the field 'pulse' is nan in the event of the identity ", "def not_finite", "ak.mask"),
    "overwrites": ("changes its input 'raw' in place with 'pulse /= 200.0'", "    pulse /= 200.0", "work on a copy"),
    "misspells": ("no field named 'puls'", "raw.puls}", "'raw' has identity, pulse; did you mean 'pulse'?"),
    "another_field": ("'pulses' is made and not declared", "def another_field", "return the fields 'pulse'"),
    "no_result": ("it returns the float ", "def no_result", "return {'numbers': [Number(...)]"),
    "bad_result": ("mean is nan", "def bad_result", "None says that there is no such number"),
    "other_figures": (
        "'spectra' is declared and not made and 'spectrum' is made and not declared; did you mean 'spectra'?",
        "def other_figures",
        "correct the stage's names",
    ),
    "other_workspaces": (
        "'one' is declared and not made and 'another' is made and not declared",
        "def other_workspaces",
        "correct the stage's names",
    ),
    "weigh_too_few": ("the weights 'nominal' ", "def weigh_too_few", ""),
    "weigh_without_nominal": ("the weights lack 'nominal'", "def weigh_without_nominal", "returned are: weight"),
    "weigh_one_way": ("the weights lack 'scale_down'", "def weigh_one_way", "take the shift out of the study"),
}


@pytest.fixture(scope="module")
def tried(project: Project) -> str:
    """What a command says that meets all mistakes of the study, each in a stage of its own."""
    return project.law("run", "MakeResult", "--stage", "everything", fails=True)


def test_each_mistake_is_told_and_nothing_else(tried: str):
    assert "Traceback" not in tried
    assert {re.findall(r"the stage '(\w+)' failed: ", told)[0] for told in errors(tried)} == set(RUNNING)
    assert set(made(tried)) <= {"GenerateEvents", "SimulateData", "keeps", "FillHistograms", "MergeHistograms"}


@pytest.mark.parametrize("stage", RUNNING)
def test_a_mistake_is_one_error_with_step_line_events_and_cure(tried: str, stage: str):
    problem, line, cure = RUNNING[stage]
    (told,) = {told for told in errors(tried) if f"the stage {stage!r} failed: " in told}
    first, _, advice = told.partition("\n  cure: ")
    assert problem in first
    assert advice
    assert cure in advice
    if line:
        text = (STUDIES / "mistakes_physics.py").read_text().splitlines()
        number = next(n for n, one in enumerate(text, 1) if line.strip("'") in one)
        assert f"(mistakes_physics.py, line {number})" in first
    per_chunk = not stage.startswith(("no_", "bad_", "other_")) or stage == "not_finite"
    dataset = {"weigh": "signal", "gener": "broken"}.get(stage[:5], "run")
    assert not per_chunk or first.endswith(f" for data set {dataset}, chunk events_0-20")


@pytest.mark.long
def test_the_traceback_is_there_for_those_who_ask(project: Project):
    words = ("run", "MakeEvents", "--stage", "boom", "--datasets", "run", "--debug")
    output = project.law(*words, fails=True)
    assert "Traceback" in output
    assert 'raise RuntimeError("boom")' in output


# events that come twice, and a prediction that cannot be right


def test_events_count_once_and_a_factor_of_ten_is_a_warning(project: Project):
    output = project.law("run", "Report", "--study", "twice")
    warning = "in the region 'all' 25 events are observed and 1 expected"
    again = "2 of 20 events of the data set 'muons' (10 %) have the same run and event as an earlier one of it"
    told = [line for line in output.splitlines() if line.startswith("WARNING")]
    assert [text in line for text, line in zip((warning, again), told, strict=True)] == [True, True]
    (page,) = project.store.glob("twice/Report/*/report.html")
    text = html.unescape(page.read_text())
    assert warning in text
    assert again in text
    output = project.law("run", "FindDuplicates", "--study", "twice")
    assert [again in line for line in output.splitlines() if line.startswith("WARNING")] == [True]
    (results,) = project.store.glob("twice/CollectResults/*/results.json")
    numbers = {one["name"]: one["value"] for one in json.loads(results.read_text())["numbers"]}
    # 2 of 20 in two files of one data set, 3 of 10 in both triggers
    measured = {"muons": 18.0, "electrons": 7.0}
    expected = {"events_signal": 10.0, **{f"events_{name}": count for name, count in measured.items()}}
    assert numbers == expected | {f"raw_events_{name}": count for name, count in measured.items()}


@pytest.mark.long
def test_events_that_come_twice_are_an_error_if_the_study_says_so(project: Project):
    output = project.law("run", "MakeEvents", "--stage", "candidates", "--study", "strict", fails=True)
    assert "Traceback" not in output
    assert "5 events come twice (2 of muons, 3 of electrons): row 10 of muons is row 8 of muons" in output
    assert "EventIdentity(duplicates='first')" in output


@pytest.mark.long
def test_columns_that_do_not_tell_simulated_events_apart_are_an_error(project: Project):
    output = project.law("run", "Report", "--study", "few", fails=True)
    assert "Traceback" not in output
    assert "9 of 10 events of the simulated data set 'signal' have the same run as an earlier one of it" in output
    assert "name columns that tell events apart" in output
