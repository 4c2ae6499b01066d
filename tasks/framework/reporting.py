"""What a user is told: one line a record, why something runs again, errors in words, and a summary at the end."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Iterator
from typing import Any

import luigi
import luigi.setup_logging
import luigi.worker
from law.util import colored

from analysis.errors import ErumflowError
from analysis.provenance.differences import differences
from analysis.provenance.history import previous_parts
from analysis.provenance.keys import KeyParts
from analysis.provenance.records import Record
from tasks.framework import interrupting

__all__ = ["already_there", "install", "made", "reason", "tell", "waiting"]

SHOWN_CAUSES = 8

_told_causes: set[tuple[str, ...]] = set()
_told_errors: dict[str, int] = {}
_lines = 0


def tell(text: str) -> None:
    """Print a line."""
    global _lines
    _lines += 1
    print(text, flush=True)


def tell_error(message: str) -> None:
    """Print the message of a failure, once."""
    if message not in _told_errors:
        prefix = colored("error: ", "red") if sys.stderr.isatty() else "error: "
        print(prefix + message, file=sys.stderr, flush=True)
        _told_errors[message] = _lines


def _name(record: Record) -> str:
    _, family, folder = record.place.split("/", 2)
    series = folder.rpartition("-")[0]
    return f"{colored(family, 'green') if sys.stdout.isatty() else family} {series} {record.label}".rstrip()


def made(record: Record, seconds: float, reason: str) -> None:
    """A record is complete."""
    tell(f"made  {_name(record)}  ({seconds:.1f} s)" + (f"  again: {reason}" if reason else ""))


def already_there(record: Record) -> None:
    """Somebody else completed the record before its turn came."""
    tell(f"there {_name(record)}")


def waiting(record: Record) -> None:
    """Another process is making the record."""
    tell(f"wait  {_name(record)}  (another process is making it)")


def reason(record: Record, parts: KeyParts) -> str:
    """Why a record is made although one of the same name exists, in a few words; empty if there is none.

    What changed in the task itself is told at once, in full; changed inputs were told where they were made.
    """
    previous = previous_parts(record.store, record.place)
    if previous is None:
        return ""
    since, old = previous
    lines = differences(old, parts)
    inputs = [line for line in lines if line.startswith("input ")]
    causes = [line for line in lines if line not in inputs]
    if causes and (told := (parts.family, *causes)) not in _told_causes:
        _told_causes.add(told)
        tell(f"again {parts.family}: since {since[:19].replace('T', ' ')} UTC")
        for line in causes[:SHOWN_CAUSES]:
            tell(f"        {line}")
        if len(causes) > SHOWN_CAUSES:
            tell(f"        and {len(causes) - SHOWN_CAUSES} more")
    roles = (
        [f"input {line.split()[1].rstrip(':')}" for line in inputs] if len(inputs) <= 3 else [f"{len(inputs)} inputs"]
    )
    return ", ".join(dict.fromkeys([*(line.split()[0] for line in causes), *roles]))


class _ErrorsInWords(logging.Filter):
    """Shows expected failures by their message alone, once; everything else keeps its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ErumflowError):
            tell_error(str(error))
            return False
        # luigi formats failures of complete() and requires() itself, so only their text is left
        text = record.getMessage() if record.levelno >= logging.WARNING else ""
        for kind in _kinds(ErumflowError):
            _, marker, message = text.rpartition(f"\n{kind.__module__}.{kind.__qualname__}: ")
            if marker:
                tell_error(message.strip())
                return False
        return True


def _kinds(kind: type[Exception]) -> Iterator[type[Exception]]:
    """A class of errors and all that are made of it."""
    yield kind
    for one in kind.__subclasses__():
        yield from _kinds(one)


def _conclude(root: Any, succeeded: bool) -> None:
    if not succeeded:
        # what was told long ago is told again, where it is seen
        if any(at < _lines for at in _told_errors.values()):
            repeated = list(_told_errors)
            _told_errors.clear()
            for message in repeated:
                tell_error(message)
        return
    lines = list(root.summary()) if hasattr(root, "summary") else []
    if lines:
        width = max(len(name) for name, _ in lines)
        tell("")
        for name, text in lines:
            tell(f"{name:<{width}}  {text}")


def _keep_one_handler() -> None:
    """Law and luigi both give this logger a handler, so everything would be said twice."""
    logger = logging.getLogger("luigi-interface")
    for handler in logger.handlers[1:]:
        logger.removeHandler(handler)


@functools.cache
def install() -> None:
    """Let luigi report this way."""
    logging.getLogger("luigi-interface").addFilter(_ErrorsInWords())
    original = luigi.interface._schedule_and_run

    @functools.wraps(original)
    def schedule_and_run(tasks: list[Any], *args: Any, **kwargs: Any) -> Any:
        try:
            result = original(tasks, *args, **kwargs)
        except KeyboardInterrupt:
            print("\ninterrupted: what is complete stays, the same command goes on from there", file=sys.stderr)
            interrupting.leave()
        _conclude(tasks[0], result.scheduling_succeeded and result.status.name.startswith("SUCCESS"))
        return result

    luigi.interface._schedule_and_run = schedule_and_run

    # luigi sets its logging up at several moments, always through this
    logging_setup: Any = luigi.setup_logging.InterfaceLogging
    setup = logging_setup.setup.__func__

    @functools.wraps(setup)
    def setup_once(cls: type, *args: Any, **kwargs: Any) -> Any:
        done = setup(cls, *args, **kwargs)
        _keep_one_handler()
        return done

    logging_setup.setup = classmethod(setup_once)
