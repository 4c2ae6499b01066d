"""What a user is told: one line a record, why something runs again, errors in words, and a summary at the end."""

from __future__ import annotations

import functools
import logging
import sys
from typing import Any

import luigi
from law.util import colored

from analysis.errors import ErumflowError
from analysis.provenance.differences import differences
from analysis.provenance.history import previous_parts
from analysis.provenance.keys import KeyParts
from analysis.provenance.records import Record

__all__ = ["install", "made", "made_elsewhere", "reasons", "waiting"]

_explained: set[str] = set()
_failures: list[str] = []


def tell(text: str) -> None:
    """Print a line."""
    print(text, flush=True)


def _name(record: Record) -> str:
    _, family, folder = record.place.split("/", 2)
    series = folder.rpartition("-")[0]
    return f"{colored(family, 'green') if sys.stdout.isatty() else family} {series} {record.label}".rstrip()


def made(record: Record, seconds: float) -> None:
    """A record is complete."""
    tell(f"made  {_name(record)}  ({seconds:.1f} s)")


def made_elsewhere(record: Record) -> None:
    """Another process completed the record while this one waited for it."""
    tell(f"there {_name(record)}  (made by another process)")


def waiting(record: Record) -> None:
    """Another process is making the record."""
    tell(f"wait  {_name(record)}  (another process is making it)")


def reasons(record: Record, parts: KeyParts) -> None:
    """Say why a record is made although one of the same name exists; once a place."""
    if record.place in _explained:
        return
    _explained.add(record.place)
    previous = previous_parts(record.store, record.place)
    if previous is None:
        return
    tell(f"again {_name(record)}: since {previous[0][:19].replace('T', ' ')} UTC")
    for line in differences(previous[1], parts):
        tell(f"        {line}")


class _ErrorsInWords(logging.Filter):
    """Shows expected failures by their message alone; everything else keeps its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ErumflowError):
            _failures.append(str(error))
            record.exc_info = None
            record.exc_text = None
            record.msg, record.args = str(error), ()
        elif record.levelno >= logging.ERROR or "error in complete" in str(record.msg):
            _shorten_traceback(record)
        return True


def _shorten_traceback(record: logging.LogRecord) -> None:
    """Luigi formats failures of complete() and requires() itself, so only their text is left."""
    text = record.getMessage()
    marker = "\nanalysis.errors."
    if marker in text:
        message = text.rpartition(marker)[2].partition(": ")[2].strip()
        _failures.append(message)
        record.msg, record.args = message, ()


def _conclude(root: Any, succeeded: bool) -> None:
    if not succeeded:
        for message in dict.fromkeys(_failures):
            print(colored("error: ", "red") if sys.stderr.isatty() else "error: ", message, sep="", file=sys.stderr)
        return
    lines = list(root.summary()) if hasattr(root, "summary") else []
    if lines:
        width = max(len(name) for name, _ in lines)
        tell("")
        for name, text in lines:
            tell(f"{name:<{width}}  {text}")


@functools.cache
def install() -> None:
    """Let luigi report this way; called once by every module of tasks."""
    logging.getLogger("luigi-interface").addFilter(_ErrorsInWords())
    original = luigi.interface._schedule_and_run

    @functools.wraps(original)
    def schedule_and_run(tasks: list[Any], *args: Any, **kwargs: Any) -> Any:
        result = original(tasks, *args, **kwargs)
        succeeded = result.scheduling_succeeded and result.status.name.startswith("SUCCESS")
        _conclude(tasks[0], succeeded)
        return result

    luigi.interface._schedule_and_run = schedule_and_run
