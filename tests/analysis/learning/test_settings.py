from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass

import pytest

from analysis.errors import StudyError
from analysis.learning.loss_settings import Focal, Gaussian
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.optimizer_settings import SGD, AdamW, Cosine
from analysis.learning.settings import TrainingSettings
from analysis.validated import override


@dataclass(frozen=True)
class Mixed:
    limit: int | None = None
    fast: bool = False
    names: tuple[str, ...] = ()


def test_settings_cannot_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        setattr(TrainingSettings(), "epochs", 3)  # noqa: B010, hidden from the type checker


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"epochs": "3"}, "epochs", 3),
        ({"learning_rate": "1e-3"}, "learning_rate", 1e-3),
        ({"learning-rate": " 0.5 "}, "learning_rate", 0.5),
        ({"validation": "auc"}, "validation", "auc"),
        ({"loss": "gaussian"}, "loss", Gaussian()),
        ({"patience": 7}, "patience", 7),
        ({"gradient_clip": 1}, "gradient_clip", 1.0),
        ({"metrics": "auc, accuracy"}, "metrics", ("auc", "accuracy")),
        ({"optimizer": "sgd", "optimizer.momentum": "0.5"}, "optimizer", SGD(0.5)),
        ({"optimizer.weight-decay": "0.5"}, "optimizer", AdamW(weight_decay=0.5)),
        ({"schedule.final": 1}, "schedule", Cosine(final=1.0)),
        ({"loss": "focal", "loss.gamma": "1"}, "loss", Focal(gamma=1.0)),
    ],
)
def test_override_reads_by_type(changes, name, value):
    changed = override(TrainingSettings(), changes)
    assert getattr(changed, name) == value
    assert type(getattr(changed, name)) is type(value)
    assert override(changed, {name: getattr(TrainingSettings(), name)}) == TrainingSettings()


@pytest.mark.parametrize(("text", "widths"), [("64", (64,)), ("64,32", (64, 32)), ("(8, 4,)", (8, 4)), ("", ())])
def test_override_reads_tuples(text, widths):
    assert override(DenseSettings(), {"hidden": text}).hidden == widths


def test_override_reads_none_and_truth_values():
    changed = override(Mixed(limit=3), {"limit": "none", "fast": "True", "names": "a, b"})
    assert changed == Mixed(None, True, ("a", "b"))
    assert override(Mixed(), {"limit": "4"}).limit == 4


def test_lists_become_tuples():
    assert override(DenseSettings(), {"hidden": [8, 8]}) == DenseSettings(hidden=(8, 8))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epoch": "3"}, "no setting 'epoch'.*use one of: folds, seeds, epochs, batch_size"),
        ({"epochs": "three"}, "epochs is 'three'.*a whole number"),
        ({"epochs": "3.5"}, "epochs is '3.5'"),
        ({"epochs": "0"}, "epochs is 0.*at least 1"),
        ({"epochs": True}, "epochs is True"),
        ({"folds": "2"}, "folds is 2.*at least 3"),
        ({"learning_rate": "nan"}, "learning_rate is nan"),
        ({"learning_rate": "-1"}, "learning_rate is -1.0.*greater than 0"),
        ({"validation": "merit"}, "validation is 'merit'.*one of: loss, auc"),
        ({"schedule.warmup": "1"}, r"Cosine: warmup is 1.0.*in \[0, 1\)"),
        ({"schedule.steps": "1"}, "Cosine has no setting 'steps'.*use one of: warmup, final"),
        ({"optimizer": "adamx"}, "optimizer is 'adamx'.*one of: adamw, adam, nadamw, sgd, rmsprop, lion, lamb"),
        ({"optimizer": "sgd", "optimizer.b1": "0.5"}, "SGD has no setting 'b1'"),
        ({"optimizer.b1": "1"}, r"b1 is 1.0.*in \[0, 1\)"),
        (
            {"loss": "entropy"},
            "one of: cross_entropy, focal, variational, gaussian, variational_gaussian, squared_error",
        ),
        ({"metrics": "auc,loss"}, "each one of: auc, accuracy, rmse, mae"),
        ({"epochs.most": "3"}, "epochs is 40, which has no settings of its own"),
        ({"precision": "float64"}, "one of: float32, bfloat16"),
        ({"averaging": "1"}, "averaging is 1.0"),
        ({"shuffled_events": "10"}, "shuffled_events is 10.*at least the batch size"),
        ({"learning-rate": "1", "learning_rate": "2"}, "given twice"),
    ],
)
def test_wrong_changes(changes, message):
    with pytest.raises(StudyError, match=f"(?s){message}"):
        override(TrainingSettings(), changes)


@pytest.mark.parametrize("changes", [{"hidden": "a"}, {"hidden": "0"}, {"dropout": 1.0}, {"segments": -1}])
def test_wrong_network_changes(changes):
    with pytest.raises(StudyError, match=next(iter(changes))):
        override(DenseSettings(), changes)


def test_a_wrong_truth_value():
    with pytest.raises(StudyError, match="true or false"):
        override(Mixed(), {"fast": "perhaps"})


def test_settings_import_nothing_heavy():
    code = "import analysis.learning.settings, sys; print([m for m in ('numpy', 'jax', 'flax') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
