"""The engine, with a small study from outside: stages of all kinds, two fits, two trainings, and what goes wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from analysis.events.identity import fold_of, identify
from analysis.learning.application.scores import Scores
from analysis.learning.application.scores import concatenate as all_scores
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.inputs import concatenate as all_inputs
from tests.tasks.conftest import copied, made_once
from tests.tasks.project import Project, complete_records_are_whole, made, new_project

TOY = Path(__file__).parent / "toy"
DATASETS = ("signal", "background", "run", "rerun")
EVENTS, CHUNKS = 300, 3


pytestmark = pytest.mark.long


@pytest.fixture(scope="session")
def empty(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with the small studies, nothing run; not to be changed."""

    def make(folder: Path) -> None:
        project = new_project(repository, folder, "airshower", None)
        for file in TOY.glob("*.py"):
            shutil.copy(file, project.folder)
        modules = "toy_study, toy_study:measured, toy_networks"
        (project.folder / "law_user.cfg").write_text(f"[studies]\ndefault: toy\nmodules: {modules}\n")
        project.law("index", "-q")
        project.store.mkdir(exist_ok=True)

    folder = made_once("toys", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


@pytest.fixture(scope="session")
def reported(empty: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After ``law run Report`` of the study without networks; not to be changed."""
    folder = made_once("toy_report", lambda folder: _ran(empty, folder, "Report"), tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


@pytest.fixture
def toy(empty: Project, tmp_path: Path) -> Project:
    """The project with the small studies and an empty store, to be changed."""
    return copied(empty, tmp_path)


@pytest.fixture
def again(reported: Project, tmp_path: Path) -> Project:
    """A copy of code and store of :func:`reported`, to be changed and run again."""
    return copied(reported, tmp_path)


def _ran(project: Project, folder: Path, *words: str) -> None:
    copied(project, folder).law("run", *words)


def result(project: Project, stage: str, study: str = "toy") -> dict[str, Any]:
    """What the one record of a stage of results holds."""
    (file,) = project.store.glob(f"{study}/*/*/{stage}.json")
    return json.loads(file.read_text())


def refused(project: Project, *words: str) -> str:
    """What a command says that fails as it should."""
    output = project.law("run", *words, fails=True)
    assert "Traceback" not in output, output
    assert "error: " in output or "ERROR: " in output, output
    return output


# stages of all kinds


def test_every_stage_has_its_records(reported: Project):
    complete_records_are_whole(reported)
    records = {family.name: len(list(family.glob("*/*manifest.json"))) for family in (reported.store / "toy").iterdir()}
    touched = len(DATASETS[:2]) * 2  # by the shift
    assert records["cleaned"] == (len(DATASETS) + touched) * CHUNKS
    assert records["selected"] == (len(DATASETS) + touched) * CHUNKS
    # not asked for under shifts
    assert records["ranked"] == len(DATASETS)
    assert records["thirds"] == 3
    assert [records[name] for name in ("summary", "yields", "shapes", "signals")] == [1, 1, 1, 1]
    assert {path.name.rpartition("-")[0] for path in (reported.store / "toy" / "yields").iterdir()} == {"both"}
    assert {path.name.rpartition("-")[0] for path in (reported.store / "toy" / "summary").iterdir()} == {"summary"}
    assert made(reported.law("run", "Report")) == []


def test_arguments_hold_what_they_are_called(reported: Project):
    # what the functions themselves saw, they check by assertions: toy_physics.py
    summary = result(reported, "summary")
    assert summary["events"] == dict.fromkeys(DATASETS, EVENTS)
    # the truth is that of the same events, in their order
    assert all(0.25 < noise < 0.35 for noise in summary["noise"].values())
    yields = result(reported, "yields")
    assert yields["luminosity"] == 1.0
    # 0.15 pb and 300 events: 0.5 an event and 1/fb
    assert yields["events"]["signal"] == pytest.approx(0.5 * EVENTS, rel=0.05)
    assert 0.9 * EVENTS < yields["events"]["run"] <= EVENTS


def test_a_campaign_decides_over_its_own_stages_and_no_others(again: Project):
    assert made(again.law("run", "MakeResult", "--stage", "yields", "--campaign", "one")) == ["yields"]
    (file,) = again.store.glob("toy/yields/one-*/yields.json")
    assert list(json.loads(file.read_text())["events"]) == ["signal", "background", "run"]
    assert made(again.law("run", "MakeResult", "--stage", "summary", "--campaign", "one")) == []


def test_events_are_kept_by_chunk_and_by_data_set(reported: Project):
    (place,) = (reported.store / "toy" / "cleaned").glob("run-*")
    files = sorted(place.glob("*.parquet"))
    assert [pyarrow.parquet.read_metadata(file).num_rows for file in files] == [EVENTS // CHUNKS] * CHUNKS
    (place,) = (reported.store / "toy" / "ranked").glob("run-*")
    (file,) = place.glob("*parquet")
    table = pyarrow.parquet.read_table(file)
    assert table["identity"].to_pylist() == identify("run", 0, EVENTS).tolist()
    assert sorted(table["rank"].to_pylist()) == list(range(EVENTS))


@pytest.mark.parametrize("words", [("--branch", "1"), ()])
def test_a_chunk_may_take_what_folds_have(again: Project, words: tuple[str, ...]):
    # a branch alone asks for the folds as well
    shutil.rmtree(again.store / "toy" / "thirds")
    stage = ("run", "MakeEvents", "--stage", "weighted", "--datasets", "run")
    count = 1 if words else CHUNKS
    assert sorted(made(again.law(*stage, *words))) == ["thirds"] * 3 + ["weighted"] * count
    files = list(again.store.glob("toy/weighted/run-*/*.parquet"))
    assert len(files) == count
    weights = np.concatenate([pyarrow.parquet.read_table(file)["weight"].to_numpy() for file in files])
    assert words or weights.sum() == pytest.approx(3.0)


def test_two_fits_have_their_own_regions_and_data(reported: Project):
    low, high = result(reported, "low_fit"), result(reported, "high_fit")
    assert (low["data"], high["data"]) == ("observed", "asimov")
    assert (list(low["workspaces"]), list(high["workspaces"])) == (["low"], ["high"])
    assert high["workspaces"]["high"]["intervals"]["mu"]["value"] == pytest.approx(1.0, abs=1e-4)
    models = {}
    for name, observed in (("low", "run"), ("high", "rerun")):
        (file,) = reported.store.glob(f"toy/*/*/{name}.json")
        models[name] = json.loads(file.read_text())
        assert [channel["name"] for channel in models[name]["channels"]] == [name]
        pulses = np.concatenate(
            [
                pyarrow.parquet.read_table(one)["pulse"].to_numpy()
                for one in reported.store.glob(f"toy/selected/{observed}-*/*.parquet")
            ]
        )
        inside = np.sum(pulses < 1.0) if name == "low" else np.sum(pulses >= 1.0)
        assert sum(models[name]["observations"][0]["data"]) == inside
    (stored,) = reported.store.glob("toy/CollectResults/*/results.json")
    numbers = {one["name"]: one for one in json.loads(stored.read_text())["numbers"]}
    assert set(numbers) == {"mean_pulse", "mu_low", "mu_high"}
    assert {one["source"] for one in numbers.values()} == {"summary", "low_fit", "high_fit"}
    # the second of a kind has a folder of its own
    assert (reported.store / "toy" / "FitMeasurement").is_dir()
    assert (reported.store / "toy" / "FitMeasurement.high_fit").is_dir()


def test_the_page_shows_everything(reported: Project):
    (page,) = reported.store.glob("toy/Report/*/report.html")
    text = page.read_text()
    for shown in ("mean pulse", "Shapes", "signal, low pulses", "signal, high pulses", "data:image/png"):
        assert shown in text


def test_a_study_without_simulated_events(toy: Project):
    output = toy.law("run", "Report", "--study", "toymeasured")
    stages = {"cleaned", "ranked", "thirds", "summary", "shapes", "signals"}
    assert set(made(output)) == stages | {"GenerateEvents", "SimulateData", "CollectResults", "Report"}
    assert result(toy, "summary", "toymeasured")["events"] == dict.fromkeys(DATASETS[2:], EVENTS)
    complete_records_are_whole(toy)


# --set


PLACES = """
import json
from luigi.freezing import FrozenOrderedDict
from tasks.report import Report
found = []
for changes in CHANGES:
    places, waiting = {}, [Report(study=STUDY, set=FrozenOrderedDict(changes))]
    while waiting:
        task = waiting.pop()
        for series in task.series_names():
            name, _, key = task.place(series).partition("/")[2].rpartition("-")
            if name not in places:
                places[name] = key
                waiting += [need.task for need in task.needs(series).values()]
    found.append(places)
print(json.dumps(found))
"""


def places(project: Project, *changes: dict[str, str], study: str = "toy") -> list[dict[str, str]]:
    """The keys of a page and of all that it is made of, by name, with changed settings."""
    return json.loads(project.python(PLACES.replace("CHANGES", repr(changes)).replace("STUDY", repr(study))))


def test_a_default_that_is_set_enters_no_key_and_another_value_does(empty: Project):
    usual, same, other, blind = places(
        empty, {}, {"cleaned.scale": "1.0"}, {"cleaned.scale": "1.5"}, {"low_fit.data": "asimov"}
    )
    same.pop("Report/both"), usual.pop("Report/both")
    assert same == usual
    changed = {name for name in usual if usual[name] != other[name]}
    # a shift sets it by itself; raw events come before it
    kept = {name for name in usual if name.partition("/")[0] in ("GenerateEvents", "SimulateData")}
    assert changed == {name for name in usual if "gain" not in name} - kept - {"signals/both"}
    assert {name for name in usual if usual[name] != blind[name]} == {"FitMeasurement/both", "CollectResults/both"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("cleand.scale=2", ("no stage of the study 'toy' is called 'cleand'", "cleaned, selected, ranked")),
        ("cleaned.scal=2", ("Cleaning has no setting 'scal'", "scale")),
        ("cleaned.scale=much", ("scale is 'much'", "a finite number")),
        ("selected.scale=2", ("the stage 'selected' has no settings",)),
        ("low_fit.data=mine", ("low_fit.data is 'mine'", "asimov, observed")),
        ("cleaned", ("'cleaned' is no change of a setting", "name=value")),
    ],
)
def test_unknown_settings_are_told_with_those_that_there_are(empty: Project, change: str, said: tuple[str, ...]):
    output = refused(empty, "MakeEvents", "--stage", "cleaned", "--set", change)
    for text in said:
        assert text in output


# what goes wrong


SCALED = 'return with_columns(raw, {"pulse": settings.scale * values(raw, "pulse")})'


@dataclass(frozen=True)
class Failure:
    """A change of the toy's functions, and what is said of it."""

    old: str
    new: str
    said: tuple[str, ...]
    words: tuple[str, ...] = ("MakeEvents", "--stage", "cleaned", "--datasets", "run")


FAILURES = {
    "an error of its own": Failure(
        SCALED,
        "assert len(raw) == 0\n    return raw",
        ("the stage 'cleaned' failed: AssertionError", "toy_physics.py, line ", "data set run, chunk events_0-100"),
    ),
    "a field that is not there": Failure(
        'values(raw, "pulse")}',
        "raw.puls}",
        ("the stage 'cleaned' failed", "puls", "'pulse'", "toy_physics.py, line ", "data set run, chunk events_0-100"),
    ),
    "an input changed in place": Failure(
        SCALED,
        "np.asarray(raw.pulse)[:] = 0.0\n    return raw",
        ("changes its input 'raw' in place", "toy_physics.py, line ", "data set run, chunk events_0-100", "copy"),
    ),
    "lost events": Failure(
        SCALED,
        "return raw[1:]",
        ("the stage 'cleaned' failed", "loses 1 of 100 events", "data set run, chunk events_0-100", "selects=True"),
    ),
    "a number that is none": Failure(
        "settings.scale *", "np.nan *", ("the field 'pulse' is nan", "data set run, chunk events_0-100")
    ),
    "undeclared fields": Failure(
        '{"pulse": settings', '{"pulses": settings', ("the stage 'cleaned' failed", "'pulses'", "data set run")
    ),
    "no result": Failure(
        '"headline": {"mean pulse": f"{mean:.2f}"},',
        '"bad": np.inf,',
        ("the stage 'summary' failed", "bad"),
        ("MakeResult", "--stage", "summary"),
    ),
    "another figure": Failure(
        'return {"pulses": figure}',
        'return {"pulse": figure}',
        ("the stage 'shapes' failed", "'pulse", "pulses"),
        ("MakeFigures", "--stage", "shapes"),
    ),
}


#: the others do the same with other words
USUAL = ("an error of its own", "an input changed in place")


@pytest.mark.parametrize(
    "name", [name if name in USUAL else pytest.param(name, marks=pytest.mark.long) for name in FAILURES]
)
def test_failures_of_steps_are_told_in_a_few_lines(again: Project, name: str):
    failure = FAILURES[name]
    again.replace("toy_physics.py", failure.old, failure.new)
    output = refused(again, *failure.words)
    for text in failure.said:
        assert text in output
    complete_records_are_whole(again)
    assert not list(again.store.rglob("*.part"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def clean(raw: ak.Array,", "def clean(raw: ak.Array, truth,", ("'cleaned' takes the truth", "Inputs")),
        ("def rank(cleaned: ak.Array)", "def rank(cleand: ak.Array)", ("'cleand'", "did you mean 'cleaned'?", "of={")),
        ("def count(selected: dict[str, ak.Array],", "def count(selected, label,", ("'yields' takes a label",)),
    ],
)
def test_what_a_stage_must_not_take_is_refused_before_anything_runs(
    toy: Project, old: str, new: str, said: tuple[str, ...]
):
    toy.replace("toy_physics.py", old, new)
    output = refused(toy, "Report")
    for text in said:
        assert text in output
    assert made(output) == []


# networks


@dataclass(frozen=True)
class Chain:
    """What two trainings, the second fed by the first, said of all simulated events."""

    inputs: TrainingInputs
    scores: Scores
    next_inputs: TrainingInputs
    next_scores: Scores


def chain(project: Project) -> Chain:
    """The records of the study's newest run."""

    def loaded(family: str, kind: Any, join: Callable[..., Any]) -> Any:
        parts = []
        for dataset in ("signal", "background"):
            place = max(
                (project.store / "toynetworks" / family).glob(f"{dataset}-*"), key=lambda path: path.stat().st_mtime
            )
            files = sorted(place.glob("*.safetensors"), key=lambda path: int(path.name.split("_")[1].split("-")[0]))
            parts += [kind.load(file) for file in files]
        return join(parts)

    return Chain(
        loaded("PrepareTraining", TrainingInputs, all_inputs),
        loaded("ScoreEvents", Scores, all_scores),
        loaded("PrepareTraining.next_inputs", TrainingInputs, all_inputs),
        loaded("ScoreEvents.next_scores", Scores, all_scores),
    )


@pytest.fixture(scope="module")
def networks(empty: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After the page of the study with two trainings; not to be changed."""
    project = copied(empty, tmp_path_factory.mktemp("networks"))
    project.law("run", "Report", "--study", "toynetworks")
    project.law("run", "MergeHistograms", "--study", "toynetworks")
    return project


@pytest.mark.long
def test_scores_of_one_training_feed_the_next(networks: Project):
    complete_records_are_whole(networks)
    found = chain(networks)
    assert len(found.scores) == 2 * EVENTS
    assert np.array_equal(found.scores.identity, found.next_inputs.identity)
    # the feature is what the first networks say out of fold
    assert np.array_equal(found.next_inputs.features["event"].values[:, 1], found.scores["signal"])
    assert result(networks, "performance", "toynetworks")["numbers"]
    # measured events are judged by both
    for family in ("ScoreEvents", "ScoreEvents.next_scores"):
        assert len(list((networks.store / "toynetworks" / family).glob("run-*/*.safetensors"))) == CHUNKS
    # and both are in histograms
    assert list((networks.store / "toynetworks" / "MergeHistograms").glob("both-*"))


SCORED = """
import json
import numpy as np
from tasks.evaluation import ScoreEvents
from tasks.training import TrainModel
found = {}
for scores, training in (("scores", "training"), ("next_scores", "next_training")):
    task = TrainModel(study="toynetworks", stage=training)
    (networks,) = task.load([task.record(task.own_series, "")])
    judged = ScoreEvents(study="toynetworks", stage=scores, datasets=("signal", "background", "run"))
    judge = []
    for series in judged.series_names():
        for label in judged.labels(series):
            branch = next(b for b, d in judged.branch_map.items() if (d.series, d.label) == (series, label))
            inputs = judged.req_branch(branch).arguments()["inputs"]
            (stored,) = judged.load([judged.record(series, label)])
            each = np.stack([networks.predictions_of(one, inputs) for one in range(3)])
            same = (each == stored.predictions).all(axis=2).T
            judge += zip(stored.identity.tolist(), [np.flatnonzero(row).tolist() for row in same])
    found[scores] = judge
print(json.dumps(found))
"""


@pytest.mark.long
def test_every_event_is_judged_by_the_network_of_its_own_fold(networks: Project):
    found = json.loads(networks.python(SCORED))
    for judged in found.values():
        assert len(judged) == 3 * EVENTS
        identity = np.array([one for one, _ in judged], np.uint64)
        for fold, (_, by) in zip(fold_of(identity, 3).tolist(), judged, strict=True):
            # with float32 two networks may happen to agree
            assert fold in by
        assert sum(len(by) == 1 for _, by in judged) > 0.95 * len(judged)


@pytest.mark.long
@pytest.mark.parametrize("number", [0, 2])
def test_no_network_judges_an_event_that_it_was_trained_or_stopped_by(networks: Project, tmp_path: Path, number: int):
    """A lie about one event changes what is said of others, and not a bit of what is said of that event."""
    before = chain(networks)
    # one of each fold
    identities = identify("background", 0, EVENTS)
    row = int(np.flatnonzero(fold_of(identities, 3) == number)[0])
    project = copied(networks, tmp_path)

    def says(changes: str) -> Chain:
        project.law("run", "ScoreEvents", "--stage", "next_scores", "--study", "toynetworks", "--set", changes)
        return chain(project)

    def moved(one: Scores, other: Scores) -> set[int]:
        assert np.array_equal(one.identity, other.identity)
        return set(fold_of(one.identity[(one.predictions != other.predictions).any(axis=1)], 3).tolist())

    # networks that learn from the event; the third one may go through as many epochs as before
    learning = (number + 1) % 3
    # the second networks are lied to: that of the event's own fold is the same
    second = says(f"next_inputs.flipped={row}")
    assert np.count_nonzero(second.next_inputs.label != before.next_inputs.label) == 1
    assert moved(before.scores, second.scores) == set()
    assert learning in moved(before.next_scores, second.next_scores) <= {0, 1, 2} - {number}
    # the first ones are: so is what the second ones see of the event's whole fold
    first = says(f"inputs.flipped={row}")
    assert learning in moved(before.scores, first.scores) <= {0, 1, 2} - {number}
    own = fold_of(before.scores.identity, 3) == number
    same = before.next_inputs.features["event"].values[own] == first.next_inputs.features["event"].values[own]
    assert same.all()


def test_events_do_not_learn_the_truth_from_a_training(toy: Project):
    toy.replace(
        "toy_networks.py",
        's.Training("training"',
        's.Events("leaky", s.Step("toy_physics:leak")), s.Training("training"',
    )
    output = refused(toy, "MakeEvents", "--stage", "leaky", "--study", "toynetworks")
    assert "the stage 'leaky' takes 'inputs', which knows the truth of each event" in output


@pytest.mark.parametrize("words", [("Report",), ("TrainModel", "--stage", "next_training")])
def test_trainings_that_feed_each_other_have_the_same_folds(empty: Project, words: tuple[str, ...]):
    output = refused(empty, *words, "--study", "toynetworks", "--set", "next_training.training.folds=4")
    assert "training 3, next_training 4" in output
    assert "no event may be judged by a network that saw it" in output


def test_short_forms_do_not_say_which_of_two_trainings_they_mean(empty: Project):
    output = refused(empty, "Report", "--study", "toynetworks", "--training", "epochs=2")
    assert "training, next_training" in output
    assert "--set STAGE.network=NAME" in output


def test_a_capsule_knows_the_times_in_every_training(empty: Project):
    code = "from tasks.preservation import PreserveStudy; print(PreserveStudy(study='toynetworks')._varying())"
    times = ("history.jsonl", "events.tfevents")
    assert empty.python(code).strip() == str(
        {"TrainModel": times, "TrainModel.next_training": times, "Report": ("report.html",)}
    )


def test_a_capsule_may_begin_after_a_task_or_a_stage_and_names_them(empty: Project):
    output = refused(empty, "PreserveStudy", "--from-task", "cleand")
    assert "there is no task 'cleand'" in output
    assert all(f"{name}, " in output for name in ("SimulateData", "FillHistograms", "cleaned", "low_fit"))
