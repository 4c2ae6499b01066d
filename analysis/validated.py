"""Settings as frozen, validated dataclasses, and changing them by name.

Studies hold such objects, so this module imports nothing heavy.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from analysis.errors import StudyError

__all__ = ["check_types", "override", "require"]

SettingsT = TypeVar("SettingsT")


def override(settings: SettingsT, changes: Mapping[str, Any]) -> SettingsT:
    """A copy of the settings with some values changed.

    Args:
        settings: any frozen dataclass of numbers, strings, truth values and tuples of them.
        changes: new values by field name; a string is read by the field's type, a tuple's members are separated by
            commas. Where a field is a choice of dataclasses, the string is the ``name`` of one; ``field.inner`` is a
            value of the chosen one. A hyphen in a name counts as an underscore.

    Raises:
        StudyError: a name is unknown (the message lists the known ones), or a value does not fit.

    Examples:
        >>> from analysis.learning.networks.dense_settings import DenseSettings
        >>> from analysis.learning.settings import TrainingSettings
        >>> override(TrainingSettings(), {"epochs": "3", "learning-rate": "1e-3"}).learning_rate
        0.001
        >>> override(DenseSettings(), {"hidden": "64,32"}).hidden
        (64, 32)
        >>> override(TrainingSettings(), {"optimizer": "sgd", "optimizer.momentum": "0.8"}).optimizer
        SGD(momentum=0.8, nesterov=False)
        >>> override(DenseSettings(), {"width": "64"})
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: DenseSettings has no setting 'width'
          cure: use one of: hidden, ...
    """
    kind = type(settings).__name__
    hints = get_type_hints(type(settings))
    known = [field.name for field in dataclasses.fields(settings)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    inner: dict[str, dict[str, Any]] = {}
    for given, value in changes.items():
        name, _, below = given.replace("-", "_").partition(".")
        if name not in known:
            raise StudyError(f"{kind} has no setting {given!r}", cure="use one of: " + ", ".join(known))
        if below:
            inner.setdefault(name, {})[below] = value
            continue
        if name in values:
            raise StudyError(f"{kind}: {name} is given twice")
        values[name] = _parse(kind, name, value, hints[name]) if isinstance(value, str) else value
    for name, some in inner.items():
        chosen = values.get(name, getattr(settings, name))
        if not dataclasses.is_dataclass(chosen):
            raise StudyError(f"{kind}: {name} is {chosen!r}, which has no settings of its own")
        values[name] = override(chosen, some)
    return dataclasses.replace(settings, **values)  # type: ignore[type-var]


def _parse(kind: str, name: str, text: str, hint: Any) -> Any:
    """The value that a text stands for."""
    text = text.strip()
    origin, arguments = get_origin(hint), get_args(hint)
    if kinds := _kinds(hint):
        chosen = next((choice for choice in kinds if choice.name == text), None)
        if chosen is None:
            raise StudyError(f"{kind}: {name} is {text!r}", cure=f"it must be {_describe(hint)}")
        return chosen()
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


def check_types(settings: Any) -> None:
    """Check the types of a dataclass's values, in its ``__post_init__``.

    Whole numbers are taken for floats, lists for tuples; anything else of the wrong type is an error.

    Raises:
        StudyError: a value has the wrong type.
    """
    kind = type(settings).__name__
    hints = get_type_hints(type(settings))
    for name in (field.name for field in dataclasses.fields(settings)):
        hint = hints[name]
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
    if origin in (Union, types.UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if hint is float:
        return isinstance(value, float) and math.isfinite(value)
    return isinstance(value, origin or hint) and (hint is bool or not isinstance(value, bool))


def _kinds(hint: Any) -> list[Any]:
    """The dataclasses that a value is chosen from by name."""
    choices = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return [choice for choice in choices if dataclasses.is_dataclass(choice) and hasattr(choice, "name")]


def _describe(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if kinds := _kinds(hint):
        return "one of: " + ", ".join(choice.name for choice in kinds)
    if origin is Literal:
        return "one of: " + ", ".join(map(str, arguments))
    if origin is tuple:
        return f"values separated by commas, each {_describe(arguments[0])}"
    return {int: "a whole number", float: "a finite number", bool: "true or false"}.get(hint, str(hint))


def require(settings: Any, name: str, fulfilled: bool, what: str) -> None:
    """Check one value of settings, in their ``__post_init__``.

    Args:
        settings: a dataclass.
        name: of the field.
        fulfilled: whether its value is allowed.
        what: it must be.

    Raises:
        StudyError: it is not.
    """
    if not fulfilled:
        raise StudyError(f"{type(settings).__name__}: {name} is {getattr(settings, name)!r}", cure=f"it must be {what}")
