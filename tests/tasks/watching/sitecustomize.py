"""Note which functions of the project and of studies run while each record is made.

Tests put the folder of this module on PYTHONPATH of a command; Python imports it as it starts. For each record, one
JSON file in the folder ``$WATCHED`` names its place and label, and all code
objects that ran between the begin of its making and its completion, as file, qualified name and first line.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

__all__ = ["Watch"]


class Watch:
    """Notes code that runs in any thread of this process, of files below some folders.

    Args:
        roots: folders of the code that matters.
    """

    def __init__(self, roots: tuple[str, ...]) -> None:
        self._roots = roots
        self._ran: set[CodeType] | None = None
        if sys.version_info >= (3, 12):
            sys.monitoring.use_tool_id(sys.monitoring.PROFILER_ID, "watching")
            sys.monitoring.register_callback(sys.monitoring.PROFILER_ID, sys.monitoring.events.PY_START, self._started)

    @contextlib.contextmanager
    def noting(self) -> Iterator[set[CodeType]]:
        """Collect the code objects that run meanwhile; one such block at a time."""
        around, self._ran = self._ran, set()
        try:
            self._switch(True)
            yield self._ran
        finally:
            self._switch(around is not None)
            self._ran = around

    def _switch(self, on: bool) -> None:
        if sys.version_info >= (3, 12):
            events = sys.monitoring.events
            sys.monitoring.set_events(sys.monitoring.PROFILER_ID, events.PY_START if on else events.NO_EVENTS)
            # what ran for an earlier record was switched off one by one
            sys.monitoring.restart_events()
        else:
            threading.setprofile(self._called if on else None)
            sys.setprofile(self._called if on else None)

    def _started(self, code: CodeType, _offset: int) -> Any:
        self._note(code)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]

    def _called(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            self._note(frame.f_code)

    def _note(self, code: CodeType) -> None:
        if self._ran is not None and code not in self._ran and code.co_filename.startswith(self._roots):
            self._ran.add(code)


def watch_records(folder: Path, watch: Watch) -> None:
    """Let every record that this process makes leave a note in the folder."""
    from analysis.provenance.records import Record

    writing = Record.writing

    @contextlib.contextmanager
    def watched(self: Record, *arguments: Any) -> Iterator[Any]:
        with writing(self, *arguments) as draft:
            if draft is None:
                yield draft
                return
            with watch.noting() as ran:
                yield draft
            codes = sorted((code.co_filename, code.co_qualname, code.co_firstlineno) for code in ran)
            note = {"place": self.place, "label": self.label, "ran": codes}
            (folder / f"{uuid.uuid4().hex}.json").write_text(json.dumps(note))

    Record.writing = watched  # type: ignore[method-assign,assignment]


if "WATCHED" in os.environ:
    roots = tuple(os.environ["WATCHED_CODE"].split(os.pathsep))
    watch_records(Path(os.environ["WATCHED"]), Watch(roots))
