"""What a manifest has to have: names and kinds of its fields, the forms of names, places, times and digests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from analysis.provenance.keys import KEY_LENGTH
from analysis.provenance.names import is_plain

__all__ = ["PARTS", "check_fields", "is_name"]

_FOLDER = re.compile(rf".+-[0-9a-f]{{{KEY_LENGTH}}}")
_SHA256 = re.compile("[0-9a-f]{64}")
_TIME = re.compile(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\S*", re.ASCII)
_MOST = 1 << 63


class _Name(str): ...


class _Label(str): ...


class _Place(str): ...


class _Digest(str): ...


class _Size(int): ...


class _Time(str): ...


class _TextOrNone(str): ...


class _Scalar(str): ...


_INPUT = {"role": str, "place": _Place, "key": str, "labels": [_Label], "contents?": [_Digest]}
PARTS = {"family": str, "parameters": dict, "code": {"*": str}, "configuration": dict, "inputs": {"*": str}}
_SOURCE = {"commit": _TextOrNone, "dirty": _Scalar}
_ADOPTED: dict[str, Any] = {
    "adoption": str,
    "from": {"place": _Place, "key": str},
    "reason": str,
    "of": [str],
    "time": _Time,
    "source": _SOURCE,
    "verified": [str],
    "before": {"inputs": [_INPUT], "parts": PARTS},
}
# of a record that was adopted before
_ADOPTED["before"]["adopted?"] = _ADOPTED
# names of fields that may be absent end with ?; a list has values of one kind, "*" stands for all other names
_SHAPE: dict[str, Any] = {
    "record": {"study": _Name, "family": _Name, "place": _Place, "label": _Label, "key": str},
    "payload": {"*": {"size": _Size, "sha256": _Digest, "varying?": bool}},
    "inputs": [_INPUT],
    "parts": PARTS,
    "parameters": {"*": str},
    "seeds": {"*": int},
    "made": {
        "start": _Time,
        "end": _Time,
        "seconds": float,
        "cpu_seconds?": float,
        "peak_memory_bytes": _Size,
        "device": str,
    },
    "source": _SOURCE,
    "host": {"processor": str, "name?": str, "system?": str, "libc?": str, "features?": str, "*": _Scalar},
    "software": {
        "python": str,
        "packages": {"*": str},
        "implementation": str,
        "lock": str,
        "lock_sha256": _TextOrNone,
        "*": object,
    },
    "read_in_place?": {"*": _Size},
    "sources?": [str],
    "warnings?": [str],
    "pinned?": [{"place": _Place, "option": str, "made": _Time, "since?": str, "*": _Scalar}],
    "adopted?": _ADOPTED,
}


def check_fields(manifest: Mapping[str, Any]) -> None:
    """Check that fields are there and of the right kind.

    Raises:
        ValueError: one is not; the message says which.
    """
    _check(manifest, _SHAPE, "")


def is_name(text: str) -> bool:
    """Whether a text is the name of a file that is not hidden."""
    return is_plain(text) and not text.startswith(".")


def _check(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise ValueError(f"{where} is no list")
        _check_all(enumerate(value), shape[0], where)
    elif not isinstance(shape, dict):
        if not _FORMS[shape](value):
            raise ValueError(f"{where} is {str(value)[:80]!r}, which it cannot be")
    elif not isinstance(value, dict):
        raise ValueError(f"{where or 'it'} is no object")
    else:
        named = {field.removesuffix("?"): field for field in shape if field != "*"}
        for name, field in named.items():
            if name in value:
                _check(value[name], shape[field], f"{where} {name}".strip())
            elif name == field:
                raise ValueError(f"{f'{where} {name}'.strip()} is missing")
        if (rest := shape.get("*", object)) is not object:
            _check_all(((name, one) for name, one in value.items() if name not in named), rest, where)


def _check_all(values: Iterable[tuple[Any, Any]], shape: Any, where: str) -> None:
    # there may be many thousands
    form = None if isinstance(shape, dict | list) else _FORMS[shape]
    for name, one in values:
        if form is None or not form(one):
            _check(one, shape, f"{where} {name}")


def _is_place(text: str) -> bool:
    names = text.split("/")
    return len(names) == 3 and all(map(is_name, names)) and bool(_FOLDER.fullmatch(names[2]))


def _is_time(text: str) -> bool:
    try:
        return bool(_TIME.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False


_FORMS: dict[type, Any] = {
    object: lambda value: True,
    dict: lambda value: isinstance(value, dict),
    str: lambda value: isinstance(value, str),
    bool: lambda value: isinstance(value, bool),
    int: lambda value: type(value) is int and -_MOST < value < _MOST,
    # of seconds
    float: lambda value: type(value) in (int, float) and 0 <= value < _MOST,
    _Size: lambda value: type(value) is int and 0 <= value < _MOST,
    _Time: lambda value: isinstance(value, str) and _is_time(value),
    _TextOrNone: lambda value: value is None or isinstance(value, str),
    _Scalar: lambda value: value is None or isinstance(value, bool | int | float | str),
    _Name: lambda value: isinstance(value, str) and is_name(value),
    _Label: lambda value: isinstance(value, str) and (not value or is_name(value)),
    _Place: lambda value: isinstance(value, str) and _is_place(value),
    _Digest: lambda value: isinstance(value, str) and bool(_SHA256.fullmatch(value)),
}
