"""How a task makes its record: whole or not at all, with all that its manifest says."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from analysis.errors import ErumflowError, StudyError
from analysis.provenance.drafts import Draft
from analysis.provenance.fingerprint import edited_modules
from analysis.provenance.keys import KeyParts
from tasks.framework import journaling, reporting
from tasks.framework.due import is_due, settle
from tasks.framework.inputs import describe_inputs, forget_listings
from tasks.framework.lack_of_memory import naming_the_cure
from tasks.framework.making import made_elsewhere
from tasks.framework.settings import stores

if TYPE_CHECKING:
    from tasks.framework.record_task import RecordTask

__all__ = ["recorded", "refuse_edited_code"]


def recorded(make: Callable[[Any, Draft], None]) -> Callable[[Any], None]:
    """Turn ``run(self, draft)``, which writes the payload, into a ``run`` that leaves a complete record or nothing.

    Where a job or a process of the command is to make the record, ``run`` returns when it is complete.
    """

    @functools.wraps(make)
    def run(self: RecordTask) -> None:
        forget_listings()
        if self.sends_jobs:
            journaling.note(jobs=f"{self.study}/{self.family}")
            self.run_jobs()
            return
        due = is_due(self)
        settle(self)
        # what was before it is as it was
        if due and self.complete():
            return
        if made_elsewhere(self):
            return
        record = self.own_record
        begin = time.perf_counter()
        changed: list[str] = []

        def is_outdated() -> str:
            changed[:] = self.outdated(self.own_series, [self.own_label]).values()
            return "".join(changed)

        with record.writing(lambda: reporting.waiting(record), is_outdated) as draft:
            if draft is None:
                # by another process, or by another task that makes the same record
                reporting.already_there(record)
                return
            reporting.begun(record)
            parts = self.key_parts(self.own_series)
            refuse_edited_code(parts)
            reason = reporting.changed(record, changed[0]) if changed else reporting.reason(record, parts)
            draft.parts = parts
            draft.inputs = describe_inputs(self)
            draft.pinned = self.pins_behind(self.own_series)
            draft.parameters = self.stored_parameters()
            draft.varying = self.varying
            reporting.warned()
            try:
                with naming_the_cure(self):
                    make(self, draft)
                if self.read_in_place:
                    usage = dataclasses.asdict(self.read_in_place)
                    draft.sources = sorted(content for content in usage.pop("contents") if content)
                    draft.read_in_place = usage
                draft.warnings = reporting.warned()
            except BaseException as error:
                interrupted = isinstance(error, KeyboardInterrupt)
                journaling.failed(record.place, record.label, "interrupted" if interrupted else _in_words(error))
                raise
            finally:
                for one in stores():
                    one.release()
        reporting.made(record, time.perf_counter() - begin, reason, str(self.read_in_place or ""))

    return run


def _in_words(error: BaseException) -> str:
    return str(error) if isinstance(error, ErumflowError) else f"{type(error).__name__}: {error}"


def refuse_edited_code(parts: KeyParts) -> None:
    """Stop before code runs that is not what the key was decided with.

    Raises:
        StudyError: a file was edited since the command began and would be imported only now.
    """
    edited = edited_modules(parts.all_code())
    if edited:
        raise StudyError(
            f"{', '.join(edited)} was edited while the command was running, so its keys do not hold any more",
            cure="run the same command again",
        )
