"""Seconds that records are likely to take, by those that a command has made itself and by earlier ones."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from analysis.errors import StoreError
from analysis.provenance.estimates import estimate
from analysis.provenance.store import Store

__all__ = ["Durations"]

_ASK_AGAIN, _OUT_OF_REACH = 10.0, 60.0


class Durations:
    """Seconds of records; what earlier ones took is looked up once for a command and place.

    Args:
        store: of the earlier records.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._estimates: dict[tuple[str, str], tuple[float | None, float]] = {}
        self._own: dict[tuple[str, str], Sequence[float]] = {}
        # a server that hangs takes half a minute to be given up
        self._pause = 0.0

    def note(self, run: str, own: Mapping[str, Sequence[float]]) -> None:
        """Keep the seconds of the records that a command has made itself, by place."""
        self._own |= {(run, place): seconds for place, seconds in own.items()}

    def seconds(self, run: str, place: str, labels: Sequence[str]) -> float | None:
        """Estimate seconds of one record, on the average of some; ``None`` if there is nothing to go by.

        Args:
            run: name of the command's journal.
            place: of the records.
            labels: of the records.
        """
        if own := self._own.get((run, place)):
            return sum(own) / len(own)
        known = f"{run} {labels[0] if len(labels) == 1 else ''}", place
        seconds, asked = self._estimates.get(known, (None, 0.0))
        # where nothing is known, the first record of the kind may be there by now
        if seconds is None and time.monotonic() > max(asked + _ASK_AGAIN, self._pause):
            try:
                found = estimate(self._store, place, list(labels) or [""])
            except StoreError:
                found, self._pause = None, time.monotonic() + _OUT_OF_REACH
            seconds = found.seconds / max(len(labels), 1) if found else None
            self._estimates[known] = seconds, time.monotonic()
        return seconds
