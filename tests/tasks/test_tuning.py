"""Networks, settings and searches in the graph: chosen on the command line, found by trials, used by name."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.tasks.project import Project, complete_records_are_whole, made, new_project

pytestmark = pytest.mark.long

MODULE = '''
"""A small search for better settings."""

from dataclasses import replace

from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.tuning_settings import Choice, Real, Tuning
from analysis.studies.htautau.study import study as htautau

TRAINING = TrainingSettings(folds=3, epochs=3, batch_size=512, shuffled_events=4096)
TRAINED = htautau.stage("training")
DENSE, LORENTZ, *_ = TRAINED.networks
BUILD = replace(DENSE.build, settings=DenseSettings(hidden=(8,), blocks=("event",)))
NETWORKS = (replace(DENSE, build=BUILD, training=TRAINING), replace(LORENTZ, training=TRAINING))
SMALL = Tuning(
    "small",
    rounds=2,
    trials=2,
    startup=2,
    warmup=1,
    space=(
        Real("training.learning_rate", 1e-4, 1e-1, logarithmic=True),
        Choice("network.hidden", ("8", "12")),
    ),
)

TRAINED = replace(TRAINED, networks=NETWORKS, tunings=(SMALL,))
STAGES = tuple(TRAINED if stage.name == "training" else stage for stage in htautau.stages)

study = replace(htautau, name="zsearch", stages=STAGES)
'''


@pytest.fixture(scope="module")
def prepared(repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The events of the study are ready for trainings; not to be changed."""
    copy = new_project(repository, tmp_path_factory.mktemp("tuning"), "htautau", mirror)
    (copy.folder / "zsearch.py").write_text(MODULE)
    (copy.folder / "law_user.cfg").write_text("[studies]\ndefault: zsearch\nmodules: zsearch\n")
    copy.law("run", "PrepareTraining", "--datasets", "simulated")
    return copy


@pytest.fixture(scope="module")
def searched(prepared: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """The same after ``law run TuneModel``, and what that said; not to be changed."""
    copy = copied(prepared, tmp_path_factory.mktemp("searched"))
    return copy, copy.law("run", "TuneModel")


def copied(project: Project, folder: Path) -> Project:
    """A copy of code and store, to be changed and run again."""
    shutil.copytree(project.folder, folder / "project", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(project.store, folder / "store")
    return Project(folder / "project", folder / "store", project.mirror)


def one(project: Project, pattern: str) -> Path:
    """The only file of the study's records with such a name."""
    (found,) = (project.store / "zsearch").glob(pattern)
    return found


def trials_of(project: Project) -> list[dict[str, Any]]:
    return json.loads(one(project, "TuneModel/*/trials.json").read_text())["trials"]


def best_of(trials: list[dict[str, Any]]) -> dict[str, Any]:
    complete = [trial for trial in trials if trial["value"] is not None and not trial["pruned"]]
    return min(complete, key=lambda trial: trial["value"])


def test_trials_are_branches_and_their_results_a_record(searched: tuple[Project, str]):
    project, output = searched
    assert made(output) == ["RunTrials"] * 4 + ["TuneModel"]
    for number in range(2):
        labels = sorted(
            path.name for path in (project.store / "zsearch/RunTrials").glob(f"dense_small_round_{number}-*/*")
        )
        assert [label for label in labels if "manifest" in label] == [
            f"trial_{own}.manifest.json" for own in (2 * number, 2 * number + 1)
        ]
    trials = trials_of(project)
    assert [trial["number"] for trial in trials] == [0, 1, 2, 3]
    assert len({trial["changes"]["training.learning_rate"] for trial in trials}) == 4
    for trial in trials:
        assert 1e-4 <= float(trial["changes"]["training.learning_rate"]) <= 1e-1
        assert trial["changes"]["network.hidden"] in ("8", "12")
        assert len(trial["values"]) == 3 or trial["pruned"]
        assert trial["value"] == min(trial["values"])
    best = best_of(trials)
    assert f"{best['value']:.5g} (number {best['number']})" in output
    assert "--tuning small" in output
    complete_records_are_whole(project)
    assert made(project.law("run", "TuneModel")) == []


def test_optuna_reads_the_search(searched: tuple[Project, str]):
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    project, _ = searched
    journal = one(project, "TuneModel/*/journal.log")
    study = optuna.load_study(study_name="small", storage=JournalStorage(JournalFileBackend(str(journal))))
    assert study.best_value == pytest.approx(best_of(trials_of(project))["value"])


def test_the_best_settings_are_used_by_name(searched: tuple[Project, str], tmp_path: Path):
    project = copied(searched[0], tmp_path)
    best = best_of(trials_of(project))["changes"]
    output = project.law("run", "ScoreEvents", "--tuning", "small", "--datasets", "TTbar")
    # the search is there
    assert made(output) == ["TrainModel", "ScoreEvents"]
    own = json.loads(one(project, "TrainModel/*/network.json").read_text())
    assert own["training"]["values"]["learning_rate"] == float(best["training.learning_rate"])
    assert own["network"]["settings"]["values"]["hidden"] == [int(best["network.hidden"])]
    assert own["training"]["values"]["epochs"] == 3


def test_a_killed_search_comes_to_the_same_trials(prepared: Project, searched: tuple[Project, str], tmp_path: Path):
    project = copied(prepared, tmp_path)
    seen = 0
    for wanted in (1, 3):
        process = project.start("run", "TuneModel", "--workers", "2")
        deadline = time.monotonic() + 300
        while process.poll() is None and seen < wanted:
            assert time.monotonic() < deadline
            seen = len(list((project.store / "zsearch/RunTrials").glob("*/*manifest.json")))
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        complete_records_are_whole(project)
    project.law("run", "TuneModel")
    for name in ("trials.json", "journal.log"):
        mine, other = (one(copy, f"TuneModel/*/{name}") for copy in (project, searched[0]))
        assert mine.parent.name == other.parent.name
        assert mine.read_bytes() == other.read_bytes()


def test_more_rounds_begin_with_those_that_are_there(searched: tuple[Project, str], tmp_path: Path):
    project = copied(searched[0], tmp_path)
    before = trials_of(project)
    project.replace("zsearch.py", "rounds=2", "rounds=3")
    assert made(project.law("run", "TuneModel")) == ["RunTrials", "RunTrials", "TuneModel"]
    every = [
        json.loads(path.read_text())["trials"] for path in (project.store / "zsearch/TuneModel").glob("*/trials.json")
    ]
    assert sorted(map(len, every)) == [4, 6]
    longer = max(every, key=len)
    assert longer[:4] == before


def test_a_network_and_an_optimizer_by_name(prepared: Project, tmp_path: Path):
    project = copied(prepared, tmp_path)
    settings = (
        "--training",
        "optimizer=lion,optimizer.b1=0.8,epochs=1,folds=5,seeds=1",
        "--network-settings",
        "hidden=8",
    )
    output = project.law("run", "TrainModel", "--network", "lorentz", *settings)
    assert made(output) == ["TrainModel"]
    described = json.loads(one(project, "TrainModel/lorentz-*/network.json").read_text())
    assert described["network"]["function"] == "analysis.learning.networks.lorentz:build"
    assert described["network"]["settings"]["values"]["hidden"] == [8]
    assert described["training"]["values"]["optimizer"]["b1"] == 0.8
    manifest = json.loads(one(project, "TrainModel/lorentz-*/manifest.json").read_text())
    assert "Lion" in json.dumps(manifest["parts"]["configuration"]["training"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--network", "grpah"), ("network of the stage 'training'", "'grpah'", "dense, lorentz")),
        (("--tuning", "larg"), ("tuning of the stage 'training'", "'larg'", "small")),
        (("--training", "optimiser=lion"), ("TrainingSettings has no setting 'optimiser'", "optimizer")),
        (("--training", "optimizer=leon"), ("optimizer is 'leon'", "adamw", "lion", "sgd")),
        (("--training", "optimizer.b3=0.8"), ("AdamW has no setting 'b3'", "b1, b2")),
        (("--training", "epochs=many"), ("epochs is 'many'", "a whole number")),
        (("--network-settings", "width=8"), ("DenseSettings has no setting 'width'", "hidden")),
    ],
)
def test_an_unknown_name_is_one_clear_error(prepared: Project, arguments: tuple[str, str], said: tuple[str, ...]):
    output = prepared.law("run", "TrainModel", *arguments, fails=True)
    for text in said:
        assert text in output
    assert "Traceback" not in output
    assert len(output.strip().splitlines()) <= 3


def test_a_study_without_a_search_says_so(prepared: Project):
    undo = prepared.replace("zsearch.py", "tunings=(SMALL,)", "tunings=()")
    try:
        output = prepared.law("run", "TuneModel", fails=True)
    finally:
        undo()
    assert "the study 'zsearch' has no tuning" in output
    assert "Traceback" not in output


def test_little_memory_is_a_stream_with_the_same_key_and_the_same_numbers(prepared: Project, tmp_path: Path):
    project = copied(prepared, tmp_path)
    project.law("run", "TrainModel")
    place = one(project, "TrainModel/*/network.json").parent
    kept = tmp_path / "kept"
    shutil.move(place, kept)
    with (project.folder / "law_user.cfg").open("a") as file:
        file.write("[resources]\ntraining_memory: 1\n")
    assert made(project.law("run", "TrainModel")) == ["TrainModel"]
    histories = [
        [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()] for folder in (kept, place)
    ]
    assert [entry["data"] for entry in histories[0]] == ["resident"] * 3
    assert [(entry["data"], entry["groups"]) for entry in histories[1]] == [("stream", 3)] * 3
    for entry, like in zip(*histories, strict=True):
        for network, other in zip(entry["networks"], like["networks"], strict=True):
            assert network["validation_loss"] == pytest.approx(other["validation_loss"], rel=1e-4)
    parameters = [load_file(folder / "parameters.safetensors") for folder in (kept, place)]
    for name, array in parameters[0].items():
        largest = max(np.abs(array).max(initial=0), 1e-2)
        assert np.abs(array - parameters[1][name]).max(initial=0) <= 1e-3 * largest, name
    # files of events do not stay behind
    assert not list(place.rglob("*.npy"))
