"""The journal of this command, which the page of ``law run Serve`` reads: see :mod:`analysis.provenance.journal`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.errors import ErumflowError
from analysis.provenance.journal import Journal
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.records import Record
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.store import Store

__all__ = ["begin", "begun", "end", "failed", "folder_of", "made", "note", "note_error", "open_file", "plan"]

# labels of a place that a plan names: times are estimated from their numbers of events
_NAMED = 2000
_MOST_TEXT = 4000

# of the command; its processes have it from the moment at which they were forked
_journal: Journal | None = None


def folder_of(store: Store) -> Path:
    """The folder of this machine in which a store's journals lie: of one on a server, the folder of its locks."""
    kept = _kept_in(store)
    return kept.scratch.root if isinstance(kept, RemoteStore) else kept.root


def _kept_in(store: Store) -> LocalStore | RemoteStore:
    kept = store.local if isinstance(store, MirroredStore) else store
    assert isinstance(kept, LocalStore | RemoteStore)
    return kept


def begin(root: Any) -> None:
    """Begin a command; its journal is made when it makes something."""
    global _journal
    from tasks.framework.settings import store

    _journal = None
    try:
        kept = _kept_in(store())
    except ErumflowError:
        # told where it is used
        return
    facts = {"line": _command_line(), "task": root.get_task_family(), "study": str(getattr(root, "study", ""))}
    make = kept.make_scratch if isinstance(kept, RemoteStore) else kept.make_root
    _journal = Journal(folder_of(kept), facts, make)


def plan(works: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Note which records are missing: places, and labels of each."""
    if _journal is None:
        return
    lines = [
        {"place": place, "records": len(missing), "labels": missing[:_NAMED]}
        for place, labels in works
        if (missing := list(labels))
    ]
    if _journal.is_begun:
        _journal.add(plan=lines)
    else:
        # with the first line, which is written when it makes something
        _journal.facts["plan"] = lines


def open_file(workers: int = 0) -> None:
    """See that the journal is there, before other processes write to it."""
    if _journal is not None:
        if workers and not _journal.is_begun:
            _journal.facts["workers"] = workers
        _journal.begin()


def note(**entry: Any) -> None:
    """Note what happens, if this is a command with a journal."""
    if _journal is not None:
        _journal.add(**{name: one[:_MOST_TEXT] if isinstance(one, str) else one for name, one in entry.items()})


def begun(record: Record) -> None:
    """Note that a record is being made now, by this process."""
    note(begun=record.place, label=record.label)


def made(record: Record, seconds: float, reason: str) -> None:
    """Note that a record is complete."""
    note(made=record.place, label=record.label, seconds=round(seconds, 3), reason=reason)


def failed(place: str, label: str, reason: str) -> None:
    """Note that a record was not made, and why."""
    note(failed=place, label=label, reason=reason)


def note_error(message: str) -> None:
    """Note what went wrong, if the journal is there: a command that makes nothing leaves none."""
    if _journal is not None and (_journal.is_begun or not _journal.is_own):
        note(error=message)


def end(outcome: str) -> None:
    """Note how the command ended: ``complete``, ``failed`` or ``interrupted``."""
    if _journal is not None:
        _journal.end(outcome)


def _command_line() -> str:
    words = sys.orig_argv[1:]
    at = next((number for number, word in enumerate(words) if Path(word).name == "law"), None)
    return "" if at is None else shlex.join(["law", *words[at + 1 :]])
