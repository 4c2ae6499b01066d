"""Parameters of tasks that are more than one value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import luigi
from luigi.freezing import FrozenOrderedDict

from analysis.errors import StudyError

__all__ = ["AgeParameter", "ChangesParameter", "DepthParameter", "OutputParameter", "SizeParameter"]

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_557_600.0}
_BYTES = {"": 1.0, "B": 1.0, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


class ChangesParameter(luigi.Parameter[Mapping[str, str]]):
    """Changes of settings: ``name=value,name=value``.

    A value may hold commas (``hidden=64,32``): the next change begins at the next name.
    """

    def parse(self, value: str) -> FrozenOrderedDict:
        """The changes by name.

        Raises:
            StudyError: a part is no ``name=value``.
        """
        changes = {}
        for part in re.split(r"[,\s]+(?=[\w.-]+=)", value.strip()):
            name, sign, text = part.partition("=")
            if part and not sign:
                raise StudyError(f"{part!r} is no change of a setting", cure="write name=value,name=value")
            if part:
                changes[name.strip().replace("-", "_")] = text.strip().rstrip(",")
        return FrozenOrderedDict(sorted(changes.items()))

    def serialize(self, value: Mapping[str, Any]) -> str:
        return ",".join(f"{name}={text}" for name, text in value.items())

    def normalize(self, value: Any) -> FrozenOrderedDict:
        return self.parse(value) if isinstance(value, str) else FrozenOrderedDict(sorted(value.items()))


class _Output(str):
    """A path; the task that has it makes no target of law."""

    def __call__(self) -> list[Any]:
        return []


class OutputParameter(luigi.Parameter[str]):
    """A path on the command line, ``--output``; as luigi asks every task for ``output()``, its value can be called."""

    def normalize(self, value: str) -> _Output:
        return _Output(value)


class DepthParameter(luigi.Parameter[str]):
    """A depth in the tree of tasks; without a value all of it."""

    @classmethod
    def _parser_kwargs(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**super()._parser_kwargs(*args, **kwargs), "nargs": "?", "const": "-1"}


class _QuantityParameter(luigi.Parameter[str]):
    """A number with a unit, as somebody wrote it; an empty text for none."""

    units: ClassVar[Mapping[str, float]]
    what: ClassVar[str]

    def parse(self, value: str) -> str:
        """Check the text.

        Raises:
            StudyError: it is no number with a unit.
        """
        self.number(value)
        return value

    @classmethod
    def number(cls, text: str) -> float | None:
        """Return the number in seconds or bytes; ``None`` for an empty text."""
        if not text:
            return None
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", text.strip())
        if found is None or found[2] not in cls.units:
            raise StudyError(f"{text!r} is no {cls.what}", cure=f"write a number with one of {', '.join(cls.units)}")
        return float(found[1]) * cls.units[found[2]]


class AgeParameter(_QuantityParameter):
    """A time span: ``30d``, ``12h``, ``2w``.

    Examples:
        >>> AgeParameter.number("1.5d")
        129600.0
    """

    units = _SECONDS
    what = "age"


class SizeParameter(_QuantityParameter):
    """A size: ``500MB``, ``2GB``.

    Examples:
        >>> SizeParameter.number("2 GB")
        2000000000.0
    """

    units = _BYTES
    what = "size"
