"""Pins of a task: its own records that are frozen, and the frozen ones that they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.framework import pins

if TYPE_CHECKING:
    from tasks.framework.record_task import Need

__all__ = ["PinnedTask"]


class PinnedTask:
    """A task whose series may be pinned."""

    def pinned(self, series: str) -> pins.Pinned | None:
        """Return the records that law.cfg pins a series to, if it does; looked up once.

        Raises:
            StudyError: law.cfg names what does not exist, or the records are not there or not complete.
        """
        if not pins.are_there():
            return None
        known: dict[str, pins.Pinned | None] = self._of_all.__dict__.setdefault("_pinned", {})
        if series not in known:
            known[series] = pins.pinned(self._of_all, series)
        return known[series]

    def pins_behind(self, series: str) -> list[dict[str, Any]]:
        """Describe the pinned records that a series is made of, directly or not, as manifests have them."""
        if not pins.are_there():
            return []
        known: dict[str, list[dict[str, Any]]] = self._of_all.__dict__.setdefault("_pins_behind", {})
        if series not in known:
            known[series] = pins.behind(self._of_all, series)
        return known[series]

    def upstream(self, series: str) -> dict[str, Need]:
        """Return the records that have to be there before those of a series: none if it is pinned."""
        task: Any = self
        found: dict[str, Need] = {} if self.pinned(series) else task.needs(series)
        return found

    @property
    def _of_all(self) -> Any:
        # a branch asks its workflow: one answer for all of them
        task: Any = self
        return task.as_workflow() if getattr(task, "branch", -1) >= 0 else task
