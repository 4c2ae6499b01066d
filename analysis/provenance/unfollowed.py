"""Tell of code that cannot be followed, so that a change of it would not be noticed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from analysis.provenance.unseen import UnseenWarning

__all__ = ["UnfollowedCodeWarning", "warn_of"]

_CURE = (
    "import what it may be by its name, or give the step what it reads with Step(files=...); as it is, old records "
    "stay when that code changes"
)
_told: set[tuple[str, int]] = set()


class UnfollowedCodeWarning(UnseenWarning):
    """Code of a study runs other code that cannot be followed."""


def warn_of(doubts: Mapping[tuple[str, int], str]) -> None:
    """Warn of each place once.

    Args:
        doubts: what cannot be followed, by file and line.
    """
    for (file, line), what in sorted(doubts.items()):
        if (file, line) not in _told:
            _told.add((file, line))
            warnings.warn(UnfollowedCodeWarning(f"{file}:{line}: {what}, which no key knows", _CURE), stacklevel=2)
