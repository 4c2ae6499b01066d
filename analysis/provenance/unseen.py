"""Warnings of what decides results and stands in no key."""

from __future__ import annotations

__all__ = ["UnseenWarning"]


class UnseenWarning(UserWarning):
    """A study uses what no key knows, so that old records stay when that changes.

    Args:
        problem: what it uses.
        cure: what can be done.
    """

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem, cure)
        self.problem, self.cure = problem, cure

    def __str__(self) -> str:
        return f"{self.problem}\n  cure: {self.cure}"
