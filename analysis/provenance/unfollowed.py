"""Tell of code that cannot be followed, so that a change of it would not be noticed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

__all__ = ["UnfollowedCodeWarning", "warn_of"]

_CURE = (
    "import what it may be by its name, or give the step what it reads with Step(files=...); as it is, old records "
    "stay when that code changes"
)
_told: set[tuple[str, int]] = set()


class UnfollowedCodeWarning(UserWarning):
    """Code of a study runs other code that no key knows.

    Args:
        problem: where that is, and why it cannot be followed.
        cure: what can be done.
    """

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem, cure)
        self.problem, self.cure = problem, cure

    def __str__(self) -> str:
        return f"{self.problem}\n  cure: {self.cure}"


def warn_of(doubts: Mapping[tuple[str, int], str]) -> None:
    """Warn of each place once.

    Args:
        doubts: what cannot be followed, by file and line.
    """
    for (file, line), what in sorted(doubts.items()):
        if (file, line) not in _told:
            _told.add((file, line))
            warnings.warn(UnfollowedCodeWarning(f"{file}:{line}: {what}, which no key knows", _CURE), stacklevel=2)
