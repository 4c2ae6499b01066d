"""Parameters of tasks that are more than one value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import luigi
from luigi.freezing import FrozenOrderedDict

from analysis.errors import StudyError

__all__ = ["ChangesParameter", "OutputParameter"]


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
