"""Settings of a circuit; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["CircuitSettings"]


@dataclass(frozen=True)
class CircuitSettings:
    """Clock and depth of a circuit.

    Args:
        clock: its frequency, in MHz.
        additions: that follow one another within a cycle, at most.
        depth: additions by which a layer may be deeper than its least depth, where that shares more of them between
            outputs; -1 for any number.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    clock: float = 200.0
    additions: int = 5
    depth: int = 2

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "clock", self.clock > 0, "greater than 0")
        require(self, "additions", self.additions >= 1, "at least 1")
        require(self, "depth", self.depth >= -1, "at least -1")
