"""Check what the fields of a study's objects hold against what their classes declare, when the study is made."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import reprlib
import types
import weakref
from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from analysis.checking.names import did_you_mean
from analysis.errors import StudyError

__all__ = ["check_all", "check_fields", "label"]

_KINDS = {
    "Dataset": "data set",
    "Process": "process",
    "Region": "region",
    "Variable": "variable",
    "Shift": "shift",
    "Campaign": "campaign",
    "Study": "study",
    "SourceFile": "file",
    "Network": "network",
    "Publication": "publication",
    "Statistics": "choice of statistics",
}
# what is said otherwise than it is declared: a sum of weights is no whole number
_OTHERWISE = {("Dataset", "generated")}
_WORDS: dict[Any, str] = {str: "a text", int: "a whole number", float: "a finite number", bool: "True or False"}
# what is nothing but itself
_PLAIN_KINDS = frozenset((str, int, float, bool, type(None)))
_OWN = "analysis."
_STUDIES = "analysis.studies."


class _Misfit(NamedTuple):
    """A value that is not what is declared.

    Args:
        path: to it from the field, such as ``[0]``.
        value: itself.
        hint: the type that is declared for it.
    """

    path: str
    value: Any
    hint: Any


def check_fields(one: Any) -> None:
    """Check the values of a dataclass against the types that it declares.

    Lists are taken for tuples, whole numbers for others.

    Raises:
        StudyError: a value does not fit, such as a text or a single object in place of a tuple; the message names the
            object, the field and the cure.

    Examples:
        >>> from analysis.measurement import Process
        >>> Process("higgs", "H", ("signal"))
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: the process 'higgs': its datasets are 'signal', not a tuple
          cure: write datasets=('signal',): the comma makes it a tuple
    """
    hints = _hints(one.__class__)
    for field in dataclasses.fields(one):
        if (type(one).__name__, field.name) in _OTHERWISE:
            continue
        value = getattr(one, field.name)
        if field.metadata.get("nan") and isinstance(value, float) and math.isnan(value):
            continue
        found = _misfit(value, hints.get(field.name, Any))
        if found is not None:
            name = f"{field.name}{found.path}"
            plural = name.endswith("s") and _is_tuple(found.hint)
            raise StudyError(
                f"{label(one)}: its {name} {'are' if plural else 'is'} {_short(found.value)}, not {_words(found.hint)}"
                + _near(found),
                cure=_cure(name, found),
            )


def check_all(study: Any) -> None:
    """Check the fields of a study and of all that it holds, as far as settings and beyond.

    Of settings of a study's own, types are not looked at: they say what they are, and check themselves.

    Raises:
        StudyError: see :func:`check_fields`; settings are a dataclass that can be changed, a class in place of its
            object, or hold an array.
    """
    _visit(study, label(study), "", set())


def label(one: Any) -> str:
    """Name an object of a study for a message, such as ``the region 'signal'``."""
    kind = type(one).__name__
    if kind == "Cut":
        return f"the cut on {one.field!r}"
    if kind == "Schema":
        return f"the schema of the tree {one.tree!r}"
    name = getattr(one, "name", getattr(one, "source", None))
    if any(base.__name__ == "Stage" for base in type(one).__mro__):
        return f"the stage {name!r}"
    words = f"the {_KINDS[kind]}" if kind in _KINDS else kind
    return f"{words} {name!r}" if isinstance(name, str) else words


# studies that are made of another one, as for each shift, hold mostly the same objects
_checked: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def _visit(value: Any, owner: str, path: str, seen: set[int]) -> None:
    if type(value) in _PLAIN_KINDS:
        return
    if isinstance(value, type):
        if dataclasses.is_dataclass(value):
            raise StudyError(
                f"{owner}: its {path} is the class {value.__name__}, not an object of it",
                cure=f"write {value.__name__}(), with what it needs",
            )
    elif dataclasses.is_dataclass(value):
        if id(value) in seen or _checked.get(id(value)) is value:
            return
        seen.add(id(value))
        kind = type(value)
        if not getattr(kind, "__dataclass_params__").frozen:  # noqa: B009
            raise StudyError(
                f"{owner}: its {path} is of the dataclass {kind.__name__}, which can be changed",
                cure=f"declare it @dataclass(frozen=True) in {kind.__module__}: records are named by its values",
            )
        if kind.__module__.startswith(_OWN) and not kind.__module__.startswith(_STUDIES):
            check_fields(value)
            if kind.__name__ in _KINDS or label(value).startswith("the stage"):
                owner, path = label(value), ""
        for field in dataclasses.fields(value):
            if type(member := getattr(value, field.name)) not in _PLAIN_KINDS:
                _visit(member, owner, f"{path}.{field.name}".lstrip("."), seen)
        with contextlib.suppress(TypeError):  # some have no weak references
            _checked[id(value)] = value
    elif isinstance(value, tuple | list):
        if {*map(type, value)} <= _PLAIN_KINDS:
            return
        for number, member in enumerate(value):
            _visit(member, owner, f"{path}[{number}]", seen)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            _visit(member, owner, f"{path}[{key!r}]", seen)
    elif _is_array(value):
        raise StudyError(f"{owner}: its {path} is {_short(value)}, not plain numbers", cure=_PLAIN)


_PLAIN = "write a tuple of numbers, such as tuple(array.tolist()), or float(...) around a single one"


def _is_array(value: Any) -> bool:
    """Whether it is an array, or a number of NumPy that is no number of Python."""
    return hasattr(value, "__array__") and not isinstance(value, int | float | str | type)


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    try:
        return get_type_hints(kind)
    except (NameError, TypeError, AttributeError):  # what only type checkers know
        return {}


def _misfit(value: Any, hint: Any) -> _Misfit | None:
    """Return the part of a value that does not fit its type hint; ``None`` if all of it does."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or isinstance(hint, TypeVar):
        return None
    if origin in (Union, types.UnionType):
        found = [_misfit(value, one) for one in arguments]
        if any(one is None for one in found):
            return None
        told = [one for one, kind in zip(found, arguments, strict=True) if kind is not type(None)]
        return told[0] if len(told) == 1 else _Misfit("", value, hint)
    if origin is Literal:
        return None if value in arguments else _Misfit("", value, hint)
    if origin is tuple:
        if not isinstance(value, tuple | list):
            return _Misfit("", value, hint)
        kinds = arguments[:1] * len(value) if arguments[-1] is ... else arguments
        if len(kinds) != len(value):
            return _Misfit("", value, hint)
        if arguments[0] in (str, int) and {*map(type, value)} <= {arguments[0]} and {*kinds} <= {arguments[0]}:
            return None
        return _first({f"[{n}]": (member, kind) for n, (member, kind) in enumerate(zip(value, kinds, strict=True))})
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            return _Misfit("", value, hint)
        key, kind = arguments
        return _first({f"[{name!r}]": (name, key) for name in value}) or _first(
            {f"[{name!r}]": (member, kind) for name, member in value.items()}
        )
    if not isinstance(hint, type) or origin is not None:
        return None
    return None if _is(value, hint) else _Misfit("", value, hint)


def _first(members: Mapping[str, tuple[Any, Any]]) -> _Misfit | None:
    for path, (member, hint) in members.items():
        found = _misfit(member, hint)
        if found is not None:
            return found._replace(path=path + found.path)
    return None


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, kind) and (kind is not int or not isinstance(value, bool))


def _is_tuple(hint: Any) -> bool:
    return get_origin(hint) is tuple


def _short(value: Any) -> str:
    if callable(value) and hasattr(value, "__name__"):
        return f"the {'class' if isinstance(value, type) else 'function'} {value.__name__}"
    if dataclasses.is_dataclass(value):
        return f"a {type(value).__name__}"
    if _is_array(value):
        return f"a {type(value).__module__.partition('.')[0]} {type(value).__name__}"
    return reprlib.repr(value)


def _words(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_words(one) for one in arguments if one is not type(None))
    if origin is tuple:
        return "a tuple" if arguments[-1] is ... else f"a tuple of {len(arguments)}"
    if origin is Literal:
        return f"one of {', '.join(map(repr, arguments))}"
    if origin is not None:
        return "a dict"
    return _WORDS.get(hint, f"a {getattr(hint, '__name__', hint)}")


def _near(found: _Misfit) -> str:
    return did_you_mean(found.value, get_args(found.hint)) if get_origin(found.hint) is Literal else ""


def _cure(name: str, found: _Misfit) -> str:
    value, hint = found.value, found.hint
    choices = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if isinstance(value, str) and "SourceFile" in str(hint):
        return "describe it (law run DescribeFiles) and take it from the catalogue: s.catalogue('files.yaml').files"
    if name.startswith("captions"):
        return "write captions=((name, title, sentence),), a tuple of such tuples"
    if get_origin(hint) is Literal:
        return "use one of: " + ", ".join(map(str, get_args(hint)))
    if _is_array(value):
        return _PLAIN
    if _is_tuple(hint) and get_args(hint)[-1] is ...:
        if isinstance(value, str) or dataclasses.is_dataclass(value):
            shown = f"{type(value).__name__}(...)" if dataclasses.is_dataclass(value) else repr(value)
            return f"write {name}=({shown},): the comma makes it a tuple"
        if hasattr(value, "__iter__"):
            return f"write {name}=tuple(...) around it"
        return f"write {name}=(...,), a tuple"
    if any(getattr(one, "__name__", "") == "Step" for one in choices):
        if callable(value):
            return f'write Step("{value.__module__}:{getattr(value, "__name__", "function")}")'
        if isinstance(value, str) and ":" in value:
            return f'write Step("{value}")'
        return 'write Step("package.module:function")'
    if float in choices or int in choices:
        return f"write {name}=NUMBER, without quotes" if isinstance(value, str) else "write a number of Python"
    return f"give {_words(hint)}"
