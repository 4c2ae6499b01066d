"""Settings of how a study tells events apart that come in several files or data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.errors import StudyError

__all__ = ["EventIdentity"]


@dataclass(frozen=True)
class EventIdentity:
    """Columns that tell events apart, and what is done with an event that comes twice in a campaign.

    Args:
        columns: fields of the raw events; two events that agree in all of them are one. Without numbers of events,
            measured quantities serve as well, as the same event gives the same numbers to the last bit.
        duplicates: ``"first"`` counts the event once, in the first data set of the campaign that has it; ``"error"``
            stops.

    Raises:
        StudyError: there is no column, one is named twice, or ``duplicates`` is neither.
    """

    columns: tuple[str, ...] = ("run", "luminosityBlock", "event")
    duplicates: Literal["first", "error"] = "first"

    def __post_init__(self) -> None:
        if isinstance(self.columns, str) or not self.columns or len(set(self.columns)) < len(self.columns):
            raise StudyError(
                f"EventIdentity: columns is {self.columns!r}",
                cure="name one field or more, each once: ('run', 'event')",
            )
        if self.duplicates not in ("first", "error"):
            raise StudyError(f"EventIdentity: duplicates is {self.duplicates!r}", cure="it must be 'first' or 'error'")
