from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys

import numpy as np
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from analysis.errors import StoreError, StudyError, TrainingError
from analysis.learning.settings import TrainingSettings
from analysis.learning.tuning.search import (
    Trial,
    as_study,
    best,
    check_comparable,
    hopeless,
    importances,
    load,
    save,
    suggest,
    suggest_round,
)
from analysis.learning.tuning_settings import Choice, Real, Tuning, Whole

SPACE = (
    Real("training.learning_rate", 1e-5, 1.0, logarithmic=True),
    Whole("training.batch_size", 16, 1024, logarithmic=True),
    Real("network.dropout", 0.0, 0.9),
    Choice("network.activation", ("relu", "silu", "tanh")),
)
TUNING = Tuning("small", rounds=6, trials=6, space=SPACE, startup=6)


def loss(changes: dict[str, str]) -> float:
    """A valley in the learning rate above all; its bottom is 0."""
    rate, batch = math.log10(float(changes["training.learning_rate"])), math.log2(int(changes["training.batch_size"]))
    dropout = float(changes["network.dropout"])
    activation = {"relu": 0.05, "silu": 0.0, "tanh": 0.1}[changes["network.activation"]]
    return (rate + 2.5) ** 2 + 0.02 * (batch - 7) ** 2 + 0.5 * (dropout - 0.2) ** 2 + activation


def trial(number: int, changes: dict[str, str], **others) -> Trial:
    value = loss(changes)
    return Trial(number, changes, (2 * value + 1, value), **{"value": value, **others})


def search(tuning: Tuning, *, rounds: int | None = None) -> list[Trial]:
    trials: list[Trial] = []
    for number in range(tuning.rounds if rounds is None else rounds):
        suggested = suggest_round(tuning, trials, number)
        trials += [trial(number * tuning.trials + own, changes) for own, changes in enumerate(suggested)]
    return trials


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return search(TUNING)


@pytest.mark.long
def test_it_finds_better_settings_than_as_many_random_trials():
    found: dict[str, list] = {"search": [], "random": []}
    for seed in range(8):
        for name, startup in (("search", 6), ("random", 1000)):
            tuning = dataclasses.replace(TUNING, seed=seed, startup=startup)
            found[name].append(best(tuning, search(tuning)).value)
    assert np.median(found["search"]) < np.median(found["random"]) / 2
    assert sum(one < other for one, other in zip(found["search"], found["random"], strict=True)) >= 6


def test_suggestions_are_within_their_ranges(trials):
    for one in trials:
        assert list(one.changes) == sorted(setting.name for setting in SPACE)
        assert 1e-5 <= float(one.changes["training.learning_rate"]) <= 1
        assert 16 <= int(one.changes["training.batch_size"]) <= 1024
        assert 0 <= float(one.changes["network.dropout"]) <= 0.9
        assert one.changes["network.activation"] in ("relu", "silu", "tanh")
    assert len({str(one.changes) for one in trials}) == len(trials)


def test_suggestions_depend_on_earlier_rounds_only(trials):
    random = np.random.default_rng(1)
    for number in (0, 5, 6, 11, 35):
        shuffled = [trials[place] for place in random.permutation(len(trials))]
        # all at once, one after another, or long after everything has ended
        assert suggest(TUNING, shuffled, number) == trials[number].changes
        assert suggest(TUNING, shuffled[:0] + trials[: number - number % 6], number) == trials[number].changes
        assert suggest(TUNING, trials[:number], number) == trials[number].changes


def test_a_search_goes_on_where_it_was_left(trials, tmp_path):
    begun = search(TUNING, rounds=3)
    save(TUNING, begun, tmp_path / "trials.json", tmp_path / "journal")
    read = load(TUNING, tmp_path / "trials.json")
    assert read == begun == trials[:18]
    assert suggest_round(TUNING, read, 3) == [one.changes for one in trials[18:24]]


def test_suggestions_depend_on_seed_and_results(trials):
    other = dataclasses.replace(TUNING, seed=2)
    assert suggest(other, [], 0) != trials[0].changes
    worse = [dataclasses.replace(one, value=-one.value) for one in trials[:6]]
    assert suggest(TUNING, worse, 6) != trials[6].changes
    rising = dataclasses.replace(TUNING, rising=True)
    assert suggest(rising, worse, 6) == trials[6].changes


def test_the_same_in_another_process(trials, tmp_path):
    code = """
import json, sys
from pathlib import Path
from analysis.learning.tuning.search import Trial, save, suggest_round
from test_search import TUNING, search
trials = search(TUNING, rounds=2)
save(TUNING, trials, Path(sys.argv[1]), Path(sys.argv[2]))
"""
    save(TUNING, trials[:12], tmp_path / "trials.json", tmp_path / "journal")
    for seed in ("3", "4"):
        paths = [tmp_path / f"{name}{seed}" for name in ("trials", "journal")]
        environment = {"PYTHONPATH": ":".join([*sys.path, __file__.rpartition("/")[0]]), "PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-c", code, *map(str, paths)], env={**environment, "TZ": "Asia/Tokyo"}, check=True
        )
        assert paths[0].read_bytes() == (tmp_path / "trials.json").read_bytes()
        assert paths[1].read_bytes() == (tmp_path / "journal").read_bytes()


def test_failed_and_hopeless_trials_are_no_models(trials):
    some = [
        dataclasses.replace(one, value=None) if one.number == 2 else dataclasses.replace(one, pruned=one.number == 3)
        for one in trials[:12]
    ]
    study = as_study(TUNING, some)
    states = [one.state.name for one in study.get_trials()]
    assert states == ["COMPLETE"] * 2 + ["FAIL", "PRUNED"] + ["COMPLETE"] * 8
    assert suggest(TUNING, some, 12).keys() == trials[0].changes.keys()
    cheapest = min(trials[:12], key=lambda one: one.value)
    given_up = [dataclasses.replace(one, pruned=one is cheapest) for one in trials[:12]]
    assert best(TUNING, trials[:12]) == cheapest
    assert best(TUNING, given_up) != cheapest


def curves(*values: tuple[float, ...]) -> list[Trial]:
    return [Trial(number, {}, some, min(some)) for number, some in enumerate(values)]


def test_hopeless_trials_are_worse_than_the_median():
    tuning = dataclasses.replace(TUNING, startup=3, warmup=1)
    finished = curves((9, 5, 4), (8, 6, 5), (7, 7, 8), (7,))
    # medians of the best so far: 6 after the second epoch, 5 after the third
    assert not hopeless(tuning, finished, 2, 6.0)
    assert hopeless(tuning, finished, 2, 6.1)
    assert hopeless(tuning, finished, 3, 5.1)
    assert not hopeless(tuning, finished, 3, 5.0)
    assert hopeless(tuning, finished, 2, math.nan)
    # warm-up, later epochs than any other trial had, too few trials
    assert not hopeless(tuning, finished, 1, 99.0)
    assert not hopeless(tuning, finished, 4, 99.0)
    assert not hopeless(tuning, finished[:2], 2, 99.0)
    # trials that were given up or failed say nothing
    for changes in ({"pruned": True}, {"value": None}):
        others = [*finished[:2], *(dataclasses.replace(one, **changes) for one in finished[2:])]
        assert not hopeless(tuning, others, 2, 99.0)
    rising = dataclasses.replace(tuning, rising=True)
    assert hopeless(rising, finished, 2, 7.9)  # the best so far are 9, 8 and 7
    assert not hopeless(rising, finished, 2, 8.0)


def test_the_best_trial():
    finished = curves((3,), (1,), (1,), (2,))
    assert best(TUNING, finished[::-1]).number == 1
    assert best(dataclasses.replace(TUNING, rising=True), finished).number == 0
    with pytest.raises(TrainingError, match="none of 1 trials of the search 'small' came to an end"):
        best(TUNING, [dataclasses.replace(finished[0], value=None)])


def test_what_matters_is_found_to_matter(trials):
    shares = importances(TUNING, trials)
    assert next(iter(shares)) == "training.learning_rate"
    assert shares["training.learning_rate"] > 0.5
    assert sum(shares.values()) == pytest.approx(1)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert importances(TUNING, trials[::-1]) == shares
    with pytest.raises(TrainingError, match="1 trials of the search 'small' say nothing"):
        importances(TUNING, trials[:1])


def test_optuna_reads_the_journal(trials, tmp_path):
    save(TUNING, trials[::-1], tmp_path / "trials.json", tmp_path / "journal")
    study = optuna.load_study(study_name="small", storage=JournalStorage(JournalFileBackend(str(tmp_path / "journal"))))
    assert study.best_trial.number == best(TUNING, trials).number
    for found, one in zip(study.get_trials(), trials, strict=True):
        assert found.value == one.value
        assert found.intermediate_values == {1: one.values[0], 2: one.values[1]}
        assert {name: str(value) for name, value in found.params.items()} == one.changes
    assert study.direction.name == "MINIMIZE"
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["journal", "trials.json"]


def test_trials_of_something_else(trials, tmp_path):
    with pytest.raises(StudyError, match=r"no trial 36\n  cure: use 0 ... 35"):
        suggest(TUNING, trials, 36)
    with pytest.raises(TrainingError, match="trial 3 of the search 'small' is missing"):
        suggest(TUNING, [*trials[:3], *trials[4:6]], 7)
    with pytest.raises(TrainingError, match="trial 5 of the search 'small' is missing"):
        suggest(TUNING, trials[:5], 7)
    with pytest.raises(TrainingError, match="trial 2 of the search 'small' is there twice"):
        as_study(TUNING, [*trials[:3], trials[2]])
    for name, value in (
        ("training.learning_rate", "17"),
        ("training.learning_rate", "fast"),
        ("training.batch_size", "1.5"),
        ("network.activation", "gelu"),
        ("network.other", "1"),
    ):
        wrong = dataclasses.replace(trials[0], changes={**trials[0].changes, name: value})
        with pytest.raises(TrainingError, match="trial 0 is of another search than 'small'"):
            as_study(TUNING, [wrong])
    with pytest.raises(TrainingError, match="trial 0 is of another search than 'small'"):
        as_study(TUNING, [dataclasses.replace(trials[0], changes={})])
    for changes in ({"value": math.nan}, {"values": (1.0, math.inf)}):
        with pytest.raises(TrainingError, match="a value of trial 0 is "):
            dataclasses.replace(trials[0], **changes)
    with pytest.raises(TrainingError, match="given up before its first epoch"):
        Trial(4, {}, (), None, pruned=True)


def test_files_of_something_else(trials, tmp_path):
    path = tmp_path / "trials.json"
    with pytest.raises(TrainingError, match=r"trials\.json cannot be read"):
        load(TUNING, path)
    save(TUNING, trials, path, tmp_path / "journal")
    with pytest.raises(TrainingError, match="is of the search"):
        load(dataclasses.replace(TUNING, seed=2), path)
    described = json.loads(path.read_text())
    del described["trials"][0]["value"]
    path.write_text(json.dumps(described))
    with pytest.raises(TrainingError, match=r"trials\.json cannot be read"):
        load(TUNING, path)
    path.write_text("{")
    with pytest.raises(TrainingError, match=r"trials\.json cannot be read"):
        load(TUNING, path)
    with pytest.raises(StoreError, match="cannot be written"):
        save(TUNING, trials, tmp_path / "missing" / "trials.json", tmp_path / "journal")


def test_trainings_that_keep_the_last_epoch_cannot_be_compared():
    check_comparable(TrainingSettings())
    with pytest.raises(StudyError, match="no value to compare"):
        check_comparable(TrainingSettings(validation="last"))
