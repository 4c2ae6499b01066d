"""Settings of the seeding; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.step import PRESENTATION
from analysis.validated import check_types, require

__all__ = ["SeedingSettings"]


@dataclass(frozen=True)
class SeedingSettings:
    """Batches of events that the automaton goes through.

    Args:
        together: number of events in one call of a program; changes no result.
    """

    together: int = field(default=1, metadata=PRESENTATION)

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "together", self.together > 0, "greater than 0")
