"""Keys: what decides a result, and its short name.

A key is the digest of its parts. The parts are kept in the manifest, so that a difference between two keys can be
told in words.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
import math
import reprlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from analysis.errors import StudyError
from analysis.provenance.auxiliary import digests
from analysis.provenance.fingerprint import digest, fingerprint
from analysis.provenance.members import class_fingerprint
from analysis.study import Step

__all__ = ["KEY_LENGTH", "KeyParts", "canonical_json", "describe"]

# 48 bits: one accidental collision is expected among 2e7 records of one task
KEY_LENGTH = 12


@dataclass(frozen=True)
class KeyParts:
    """Everything that decides a result.

    Args:
        family: name of the task.
        parameters: its significant parameters.
        code: fingerprint of the task's own code.
        configuration: the configuration objects it uses, as made by :func:`describe`.
        inputs: key of each record it requires, by role.
    """

    family: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    def key(self) -> str:
        """The short key: the first hexadecimal digits of the SHA-256 of all parts."""
        return hashlib.sha256(canonical_json(self.as_dict()).encode()).hexdigest()[:KEY_LENGTH]

    def as_dict(self) -> dict[str, Any]:
        """The parts as a JSON object."""
        return {
            "family": self.family,
            "parameters": dict(self.parameters),
            "code": dict(self.code),
            "configuration": dict(self.configuration),
            "inputs": dict(self.inputs),
        }

    def modules(self) -> set[str]:
        """Names of the modules whose code decides the result."""
        # a distribution's label has a space in it
        return {label.partition(":")[0] for label in self.all_code() if " " not in label}

    def all_code(self) -> dict[str, str]:
        """Digests of the task's own code and of all that its configuration brings along, by label."""
        return {**_code_in(self.configuration), **self.code}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> KeyParts:
        """The inverse of :meth:`as_dict`."""
        return cls(**values)


def _code_in(configuration: Any) -> dict[str, str]:
    """Return the fingerprints in a configuration, as one."""
    if isinstance(configuration, list):
        return {label: value for one in configuration for label, value in _code_in(one).items()}
    if not isinstance(configuration, Mapping):
        return {}
    own = configuration.get("code")
    found = {label: value for one in configuration.values() for label, value in _code_in(one).items()}
    return {**found, **own} if isinstance(own, Mapping) else found


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal objects give equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def describe(value: Any) -> Any:
    """A configuration object as JSON.

    Dataclasses become objects of their fields and of ``class``: its name, and the fingerprint of its methods if it has
    any. A field whose metadata has ``presentation=True`` (a title, a citation) changes no result and is left out; one
    with ``digest=True`` (files, of which there may be thousands) is a digest of what its objects call ``decisive``. A
    :class:`~analysis.study.Step` brings the fingerprint of its code along, and the SHA-256 of its files by name.

    Args:
        value: dataclass, mapping, sequence, enumeration member, string, number or ``None``.

    Raises:
        StudyError: a value has no canonical form (a function, an array, not-a-number); the message says where it is.

    Examples:
        >>> describe({"range": (80.0, 100.0), "bins": 40})
        {'bins': 40, 'range': [80.0, 100.0]}
        >>> describe({"range": (80.0, float("inf"))})
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: the configuration's range[1] holds inf, which has no canonical form
          cure: use dataclasses, names, finite numbers and Step('module:function')
    """
    return _describe(value, "")


def _describe(value: Any, where: str) -> Any:
    if not isinstance(value, tuple) and not _is_frozen(value.__class__):
        return _describe_anew(value, where)
    # a study's objects are described for every data set anew; a study is never copied, so the object itself tells
    known = _described.get(id(value))
    if known is None or known[0] is not value:
        known = _described[id(value)] = (value, _describe_anew(value, where))
    return known[1]


# with the objects, so that no other one ever gets the same id
_described: dict[int, tuple[Any, Any]] = {}


@cache
def _is_frozen(kind: Hashable) -> bool:
    return dataclasses.is_dataclass(kind) and bool(getattr(kind, "__dataclass_params__").frozen)  # noqa: B009


def _describe_anew(value: Any, where: str) -> Any:
    if isinstance(value, Step):
        described = {
            "function": value.function,
            "settings": _describe(value.settings, f"{where}.settings"),
            "code": fingerprint(value.function),
        }
        return described | ({"files": digests(value)} if value.files else {})
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _describe_dataclass(value, where)
    if isinstance(value, Mapping):
        return _describe_mapping(value, where)
    if isinstance(value, list | tuple):
        return [_describe(v, f"{where}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, set | frozenset):
        return sorted((_describe(v, f"{where} (a set)") for v in value), key=canonical_json)
    if isinstance(value, enum.Enum):
        return _describe(value.value, where)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise StudyError(
        f"the configuration{_of(where)} holds {reprlib.repr(value)}, which has no canonical form",
        cure="use dataclasses, names, finite numbers and Step('module:function')",
    )


def _describe_dataclass(value: Any, where: str) -> dict[str, Any]:
    # two classes may have the same fields, and a property's code decides as much as a field's value
    kind: dict[str, Any] = {"name": type(value).__name__}
    if code := class_fingerprint(value.__class__):
        kind["code"] = code
    fields = {
        f.name: _describe_field(f, getattr(value, f.name), f"{where or kind['name']}.{f.name}")
        for f in dataclasses.fields(value)
        if not f.metadata.get("presentation")
    }
    return {"class": kind, **fields}


def _describe_field(field: dataclasses.Field[Any], value: Any, where: str) -> Any:
    if field.metadata.get("digest"):
        return _summarise(value)
    if field.metadata.get("nan") and isinstance(value, float) and math.isnan(value):
        return "nan"
    return _describe(value, where)


def _summarise(objects: tuple[Any, ...]) -> dict[str, Any]:
    """Digest of many objects, such as files, of which each says what is decisive."""
    known = _summarised.get(id(objects))
    if known is None or known[0] is not objects:
        text = canonical_json([one.decisive for one in objects])
        known = _summarised[id(objects)] = (objects, {"number": len(objects), "digest": digest(text)})
    return known[1]


# apart from what is described in full: there is but one empty tuple, and it is in both
_summarised: dict[int, tuple[Any, dict[str, Any]]] = {}


def _describe_mapping(value: Mapping[Any, Any], where: str) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for key, member in value.items():
        inner = _describe(key, f"{where} (a key)")
        name = inner if isinstance(inner, str) else canonical_json(inner)
        if name in described:
            raise StudyError(f"the configuration{_of(where)} has two keys that are written {name!r}")
        described[name] = _describe(member, f"{where}.{name}")
    return dict(sorted(described.items()))


def _of(where: str) -> str:
    return f"'s {where.lstrip('.')}" if where else ""
