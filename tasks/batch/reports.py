"""Reports of workers to the command that submitted their jobs, beside the records themselves."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from analysis.errors import BatchError
from tasks.batch.bundles import read_json, write_json

__all__ = ["FailedBranch", "Report", "last_words"]

# a line of the job's log, which comes back even where worker and submitter share no folder
MARK = "erumflow-report: "
TAIL_BYTES = 1 << 20
# what is told of a log, at most
WORDS_LINES, WORDS_LENGTH = 2, 200


@dataclass(frozen=True)
class FailedBranch:
    """A branch that came to an end without a record.

    Args:
        message: why.
        again: whether another attempt may help.
        seconds: it took.
        memory: whether it may have been for a lack of memory.
    """

    message: str
    again: bool = True
    seconds: float = 0.0
    memory: bool = False


@dataclass
class Report:
    """Report of a worker's work.

    Args:
        host: where.
        refused: why it ran nothing at all; empty if it did.
        done: seconds of each completed branch, by number.
        failed: by number.
    """

    host: str = field(default_factory=socket.gethostname)
    refused: str = ""
    done: dict[int, float] = field(default_factory=dict)
    failed: dict[int, FailedBranch] = field(default_factory=dict)

    def save(self, file: Path) -> None:
        """Write it to a file, if its folder is seen from here."""
        with contextlib.suppress(OSError):
            write_json(file, asdict(self))

    def print(self) -> None:
        """Write it to the job's log."""
        print(f"\n{MARK}{json.dumps(asdict(self), separators=(',', ':'))}", file=sys.stdout, flush=True)

    @classmethod
    def of(cls, file: Path, log: str | os.PathLike[str]) -> Report:
        """Read a worker's report, in its file or else in the job's log; an empty report if it did not come so far."""
        try:
            values = read_json(file) or _last_in(Path(log))
            return cls._from(values) if values else cls(host="")
        except (BatchError, OSError, KeyError, TypeError, ValueError):
            # it tells, it decides nothing
            return cls(host="")

    @classmethod
    def _from(cls, values: Mapping) -> Report:
        return cls(
            host=values["host"],
            refused=values["refused"],
            done={int(number): seconds for number, seconds in values["done"].items()},
            failed={int(number): FailedBranch(**failed) for number, failed in values["failed"].items()},
        )


def last_words(log: Path) -> str:
    """The last lines of a log in one, of bounded length; empty if it is empty or not here."""
    try:
        lines = [" ".join(line.split()) for line in _tail(log, 16 * WORDS_LENGTH)]
    except OSError:
        return ""
    lines = ["".join(c for c in line if c.isprintable())[:WORDS_LENGTH] for line in lines if not line.startswith(MARK)]
    return " / ".join([line for line in lines if line][-WORDS_LINES:])


def _last_in(log: Path) -> Mapping | None:
    try:
        lines = _tail(log, TAIL_BYTES)
    except FileNotFoundError:
        return None
    marked = [line for line in lines if line.startswith(MARK)]
    return json.loads(marked[-1].removeprefix(MARK)) if marked else None


def _tail(file: Path, size: int) -> list[str]:
    with file.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - size))
        return stream.read().decode(errors="replace").splitlines()
