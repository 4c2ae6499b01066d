"""Note which functions of the project and of studies run while each record is made.

Tests put the folder of this module on PYTHONPATH of a command; Python imports it as it starts. For each record, one
JSON file in the folder ``$WATCHED`` names its place and label, and all code
objects that ran between the begin of its making and its completion, as file, qualified name and first line.
"""

from __future__ import annotations

import contextlib
import cProfile
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
        self._around: Monitored | Profiled | None = None

    @contextlib.contextmanager
    def noting(self) -> Iterator[set[CodeType]]:
        """Collect the code objects that run meanwhile; the set has them at the end, those of inner blocks apart."""
        found: set[CodeType] = set()
        around, own = self._around, Monitored() if sys.version_info >= (3, 12) else Profiled()
        if around:
            around.stop()
        self._around = own
        own.start()
        try:
            yield found
        finally:
            own.stop()
            self._around = around
            if around:
                around.start()
            found |= {code for code in own.ran() if code.co_filename.startswith(self._roots)}


class Monitored:
    """All code that starts between start and stop, by Python's monitoring: each code object costs one call."""

    def __init__(self) -> None:
        self._ran: set[CodeType] = set()

    def start(self) -> None:
        """Begin to note, or go on."""
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        monitoring.use_tool_id(monitoring.PROFILER_ID, "watching")
        monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START, self._started)
        monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)
        # what ran for an earlier record was switched off one by one
        monitoring.restart_events()

    def stop(self) -> None:
        """Note no more."""
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.NO_EVENTS)
        monitoring.free_tool_id(monitoring.PROFILER_ID)

    def ran(self) -> set[CodeType]:
        """The code objects."""
        return self._ran

    def _started(self, code: CodeType, _offset: int) -> Any:
        self._ran.add(code)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]


class Profiled:
    """The same before Python 3.12, by the profiler that is written in C: a hook in Python is many times slower."""

    def __init__(self) -> None:
        self._profiles = [cProfile.Profile(builtins=False)]
        self._begun: set[CodeType] = set()

    def start(self) -> None:
        """Begin to note, or go on."""
        threading.setprofile(self._begin_thread)
        self._profiles[0].enable()

    def stop(self) -> None:
        """Note no more."""
        self._profiles[0].disable()
        threading.setprofile(None)  # type: ignore[arg-type,unused-ignore]

    def ran(self) -> set[CodeType]:
        """The code objects."""
        stats = (entry for profile in self._profiles for entry in profile.getstats())
        return self._begun | {entry.code for entry in stats if isinstance(entry.code, CodeType)}

    def _begin_thread(self, frame: FrameType, _event: str, _argument: object) -> None:
        self._begun.add(frame.f_code)
        self._profiles.append(cProfile.Profile(builtins=False))
        self._profiles[-1].enable()


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
