"""What a training can be told: settings as frozen, validated dataclasses, and changing them by name.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from analysis.errors import StudyError

__all__ = ["DenseSettings", "HexagonalSettings", "TrainingSettings", "override"]

SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained, whatever its architecture.

    Args:
        folds: number of folds; as many networks are trained, each tested on a fold of its own.
        epochs: passes over the training events, at most.
        batch_size: events in one optimisation step.
        learning_rate: the highest one, reached after the warm-up.
        warmup: share of all steps in which the learning rate rises linearly from zero, in [0, 1).
        final_learning_rate: where the cosine decay ends after ``epochs``, as a share of ``learning_rate``.
        weight_decay: of AdamW, on matrices only (no biases or scales).
        gradient_clip: gradients of a greater global norm are scaled down to it; 0 for no limit.
        patience: a fold's training stops after so many epochs without a better validation value.
        loss: what the networks learn: ``"cross_entropy"`` for the classes of events, ``"gaussian"`` for their targets
            and how well these are known; see :mod:`analysis.learning.losses`.
        validation: the value on the validation fold that picks the best epoch: the mean ``"loss"``, or the loss's
            ``"merit"`` (the mean AUC of classes, the RMS error of targets).
        seed: of the initial parameters, the order of the events and the dropout.

    Raises:
        StudyError: a value is of the wrong type or out of its range.

    Examples:
        >>> TrainingSettings(epochs=0)
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: TrainingSettings: epochs is 0
          cure: it must be at least 1
    """

    folds: int = 5
    epochs: int = 40
    batch_size: int = 512
    learning_rate: float = 2e-3
    warmup: float = 0.1
    final_learning_rate: float = 0.01
    weight_decay: float = 0.5
    gradient_clip: float = 1.0
    patience: int = 12
    loss: Literal["cross_entropy", "gaussian"] = "cross_entropy"
    validation: Literal["loss", "merit"] = "loss"
    seed: int = 1

    def __post_init__(self) -> None:
        _check_types(self)
        _require(self, "folds", self.folds >= 3, "at least 3: one to test, one to stop early, one to train")
        _require(self, "epochs", self.epochs >= 1, "at least 1")
        _require(self, "batch_size", self.batch_size >= 1, "at least 1")
        _require(self, "learning_rate", self.learning_rate > 0, "greater than 0")
        _require(self, "warmup", 0 <= self.warmup < 1, "in [0, 1)")
        _require(self, "final_learning_rate", 0 <= self.final_learning_rate <= 1, "in [0, 1]")
        _require(self, "weight_decay", self.weight_decay >= 0, "at least 0")
        _require(self, "gradient_clip", self.gradient_clip >= 0, "at least 0")
        _require(self, "patience", self.patience >= 1, "at least 1")
        _require(self, "seed", 0 <= self.seed < 2**32, "in [0, 2^32)")


@dataclass(frozen=True)
class DenseSettings:
    """Shape of the fully connected network ``analysis.learning.networks.dense:build``.

    Args:
        hidden: width of each hidden layer.
        activation: after each hidden layer.
        dropout: share of hidden values set to zero in training, in [0, 1).
        segments: of the piecewise linear encoding of each feature; 0 for none.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["relu", "gelu", "silu", "elu", "tanh"] = "silu"
    dropout: float = 0.3
    segments: int = 4

    def __post_init__(self) -> None:
        _check_types(self)
        _require(self, "hidden", all(width >= 1 for width in self.hidden), "widths of at least 1")
        _require(self, "dropout", 0 <= self.dropout < 1, "in [0, 1)")
        _require(self, "segments", self.segments >= 0, "at least 0")


@dataclass(frozen=True)
class HexagonalSettings:
    """Shape of the recurrent network on a hexagonal grid ``analysis.learning.networks.hexagonal:build``.

    Args:
        scale: of the traces, in their unit: where their compression goes over from linear to logarithmic.
        reach: largest size of a standardised feature, in standard deviations; what lies beyond counts as this.
        patch: samples in one step of the recurrent encoder.
        hidden: size of the encoder's state.
        width: of the layers of the stations.
        exchanges: how often neighbouring stations exchange what they know.
        head: width of the head's layer.
        dropout: share of the head's values set to zero in training, in [0, 1).

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    scale: float = 0.1
    reach: float = 2.0
    patch: int = 12
    hidden: int = 16
    width: int = 48
    exchanges: int = 1
    head: int = 64
    dropout: float = 0.0

    def __post_init__(self) -> None:
        _check_types(self)
        _require(self, "scale", self.scale > 0, "greater than 0")
        _require(self, "reach", self.reach > 0, "greater than 0")
        for name in ("patch", "hidden", "width", "head"):
            _require(self, name, getattr(self, name) >= 1, "at least 1")
        _require(self, "exchanges", self.exchanges >= 0, "at least 0")
        _require(self, "dropout", 0 <= self.dropout < 1, "in [0, 1)")


def override(settings: SettingsT, changes: Mapping[str, Any]) -> SettingsT:
    """A copy of the settings with some values changed.

    Args:
        settings: any frozen dataclass of numbers, strings, truth values and tuples of them.
        changes: new values by field name; a string is read by the field's type, a tuple's members are separated by
            commas. A hyphen in a name counts as an underscore.

    Raises:
        StudyError: a name is unknown (the message lists the known ones), or a value does not fit.

    Examples:
        >>> override(TrainingSettings(), {"epochs": "3", "learning-rate": "1e-3"}).learning_rate
        0.001
        >>> override(DenseSettings(), {"hidden": "64,32"}).hidden
        (64, 32)
        >>> override(DenseSettings(), {"width": "64"})
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: DenseSettings has no setting 'width'
          cure: use one of: hidden, activation, dropout, segments
    """
    kind = type(settings).__name__
    hints = get_type_hints(type(settings))
    known = [field.name for field in dataclasses.fields(settings)]  # type: ignore[arg-type]
    values = {}
    for given, value in changes.items():
        name = given.replace("-", "_")
        if name not in known:
            raise StudyError(f"{kind} has no setting {given!r}", cure="use one of: " + ", ".join(known))
        if name in values:
            raise StudyError(f"{kind}: {name} is given twice")
        values[name] = _parse(kind, name, value, hints[name]) if isinstance(value, str) else value
    return dataclasses.replace(settings, **values)  # type: ignore[type-var]


def _parse(kind: str, name: str, text: str, hint: Any) -> Any:
    """The value that a text stands for."""
    text = text.strip()
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if text.lower() == "none" and type(None) in arguments:
            return None
        hint = next(argument for argument in arguments if argument is not type(None))
        return _parse(kind, name, text, hint)
    if origin is tuple:
        parts = [part for part in text.strip("()[]").split(",") if part.strip()]
        return tuple(_parse(kind, name, part, arguments[0]) for part in parts)
    if origin is Literal or hint is str:
        return text
    try:
        if hint is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        return hint(text)
    except (ValueError, KeyError) as error:
        raise StudyError(f"{kind}: {name} is {text!r}", cure=f"it must be {_describe(hint)}") from error


def _check_types(settings: Any) -> None:
    """Whole numbers are taken for floats, lists for tuples; anything else of the wrong type is an error."""
    kind = type(settings).__name__
    for name, hint in get_type_hints(type(settings)).items():
        value = getattr(settings, name)
        if hint is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        elif get_origin(hint) is tuple and isinstance(value, list):
            value = tuple(value)
        if not _fits(value, hint):
            raise StudyError(f"{kind}: {name} is {value!r}", cure=f"it must be {_describe(hint)}")
        object.__setattr__(settings, name, value)


def _fits(value: Any, hint: Any) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(member, arguments[0]) for member in value)
    if hint is float:
        return isinstance(value, float) and math.isfinite(value)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def _describe(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "one of: " + ", ".join(map(str, arguments))
    if origin is tuple:
        return f"values separated by commas, each {_describe(arguments[0])}"
    return {int: "a whole number", float: "a finite number", bool: "true or false"}.get(hint, str(hint))


def _require(settings: Any, name: str, fulfilled: bool, what: str) -> None:
    if not fulfilled:
        raise StudyError(f"{type(settings).__name__}: {name} is {getattr(settings, name)!r}", cure=f"it must be {what}")
