from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from analysis.errors import StudyError
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.optimizer_settings import AdamW
from analysis.learning.settings import TrainingSettings
from analysis.learning.tuning_settings import Choice, Real, Tuning, Whole, changes_by_settings
from analysis.validated import override

RATE = Real("training.learning_rate", 1e-4, 1e-1, logarithmic=True)
# what types would forbid
HALF: Any = 1.5
NAMES: Any = ("training.learning_rate",)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Real("training.learning_rate", 1, 1), "Real: high is 1.0 cure: it must be greater than low, 1.0"),
        (lambda: Real("training.learning_rate", 0, 1, True), "Real: low is 0.0 cure: it must be greater than 0"),
        (
            lambda: Real("training.learning_rate", 0.0, float("inf")),
            "Real: high is inf cure: it must be a finite number",
        ),
        (lambda: Whole("training.batch_size", HALF, 3), "Whole: low is 1.5 cure: it must be a whole number"),
        (
            lambda: Real("learning_rate", 0, 1),
            "Real: name is 'learning_rate' cure: it must be a name such as training.",
        ),
        (lambda: Whole("training.", 0, 1), "Whole: name is 'training.'"),
        (lambda: Choice("model.hidden", ("1", "2")), "Choice: name is 'model.hidden'"),
        (lambda: Choice("network.hidden", ("1", "1")), r"Choice: values is \('1', '1'\) cure: it must be at least two"),
        (lambda: Choice("network.hidden", ("1",)), "at least two different values"),
        (lambda: Tuning("t", 0, 1, (RATE,)), "Tuning: rounds is 0"),
        (lambda: Tuning("t", 1, 1, ()), "Tuning: space is .* at least one setting, none of them twice"),
        (lambda: Tuning("t", 1, 1, (RATE, RATE)), "none of them twice"),
        (lambda: Tuning("t", 1, 1, NAMES), "Tuning: space is"),
        (lambda: Tuning("t", 1, 1, (RATE,), seed=-1), "Tuning: seed is -1"),
        (lambda: Tuning("t", 1, 1, (RATE,), startup=0), "Tuning: startup is 0"),
        (lambda: Tuning("t", 1, 1, (RATE,), warmup=-1), "Tuning: warmup is -1"),
    ],
)
def test_wrong_values_are_named(build, message):
    with pytest.raises(StudyError) as error:
        build()
    assert re.search(message, " ".join(str(error.value).split()))


def test_rounds():
    tuning = Tuning("t", rounds=3, trials=4, space=(RATE,))
    assert tuning.number_of_trials == 12
    assert [tuning.round_of(number) for number in range(12)] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]


def test_changes_fit_the_settings():
    changes = changes_by_settings(
        {"training.learning_rate": "0.003", "training.optimizer.weight_decay": "0.1", "network.hidden": "8,8"}
    )
    training = override(TrainingSettings(), changes["training"])
    assert training.learning_rate == 0.003
    assert isinstance(training.optimizer, AdamW)
    assert training.optimizer.weight_decay == 0.1
    assert override(DenseSettings(), changes["network"]).hidden == (8, 8)
    for name in ("hidden", "network", "network.", "study.name"):
        with pytest.raises(StudyError, match=f"there is no setting '{name}'"):
            changes_by_settings({name: "1"})


def test_nothing_heavy_is_imported():
    code = (
        "import sys, analysis.learning.tuning_settings as t;"
        "t.Tuning('t', 1, 1, (t.Choice('network.hidden', ('1', '2')),));"
        "print([name for name in ('numpy', 'jax', 'optuna') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
