"""Luigi's log: expected failures in words, and nothing that commands a terminal."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

from analysis.errors import ErumflowError
from analysis.printable import printable

__all__ = ["ErrorsInWords"]

# what luigi says where records are gone that a task needs, or has made
_GONE = re.compile(
    r"Unfulfilled dependenc(?:y|ies) at run time: (?P<needed>[^_(]+)"
    r"|failed +(?P<made>\w+)\(.*\nTask finished running, but complete\(\) is still returning false"
)


class ErrorsInWords(logging.Filter):
    """Shows expected failures by their message alone, once; everything else keeps its traceback.

    Args:
        tell: is told the message of an expected failure.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def filter(self, record: logging.LogRecord) -> bool:
        if not self._is_expected(record):
            # whatever else is said holds names of others, too
            text = record.getMessage()
            if record.exc_info:
                # law would write the traceback as it is
                text = f"{text}\n{logging.Formatter().formatException(record.exc_info)}"
                record.exc_info = None
            record.msg, record.args = printable(text), ()
            return True
        return False

    def _is_expected(self, record: logging.LogRecord) -> bool:
        """Whether the message is of an expected failure, and then tell it."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ErumflowError):
            if not getattr(error, "told", False):
                self._tell(str(error))
            return True
        # luigi formats failures of complete() and requires() itself, so only their text is left
        text = record.getMessage() if record.levelno >= logging.WARNING else ""
        for kind in _kinds(ErumflowError):
            _, marker, message = text.rpartition(f"\n{kind.__module__}.{kind.__qualname__}: ")
            if marker:
                self._tell(message.strip())
                return True
        gone = _GONE.search(f"{text}\n{error}")
        if gone:
            task = gone["needed"] or gone["made"]
            self._tell(
                f"records of {task} were there, and are not any more: another task found them damaged, or somebody "
                "deletes them\n  cure: run the same command again"
            )
        return bool(gone)


def _kinds(kind: type[Exception]) -> Iterator[type[Exception]]:
    """A class of errors and all that are made of it."""
    yield kind
    for one in kind.__subclasses__():
        yield from _kinds(one)
