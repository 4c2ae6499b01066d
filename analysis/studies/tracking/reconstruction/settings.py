"""Settings of the seeding; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["SeedingSettings"]


@dataclass(frozen=True)
class SeedingSettings:
    """How the automaton goes through events.

    Args:
        together: number of events in one call of a program; changes no result.
    """

    together: int = 1

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "together", self.together > 0, "greater than 0")
