"""Parameters that are numbers of a stated range."""

from __future__ import annotations

import math
from typing import Any

import luigi

__all__ = ["Number", "WholeNumber"]


class _Bounded:
    """A number with a smallest value: others, and those that are not finite, are refused.

    luigi's NumericalParameter has a range too, but no open one, and writes Python's types into every help text.

    Args:
        least: smallest value.
        options: of luigi's parameter.
    """

    numbers = ""

    def __init__(self, *, least: float, **options: Any) -> None:
        super().__init__(**options)
        self.least = least
        #: in words
        self.takes = f"it takes {self.numbers}, {least:g} or more"

    def parse(self, text: str) -> Any:
        return self.normalize(super().parse(text))  # type: ignore[misc]

    def normalize(self, value: Any) -> Any:
        """Refuse what is not in the range, from Python too.

        Raises:
            ValueError: it is not.
        """
        if not self.least <= value < math.inf:
            raise ValueError(self.takes)
        return value


class WholeNumber(_Bounded, luigi.IntParameter):
    """A whole number that is not too small."""

    numbers = "whole numbers"


class Number(_Bounded, luigi.FloatParameter):
    """A finite number that is not too small."""

    numbers = "numbers"
