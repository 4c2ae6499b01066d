"""Limits above which a command asks before it begins: law.cfg's section ``[limits]``."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import luigi

from tasks.framework.asking import agrees
from tasks.framework.reporting import tell
from tasks.framework.sections import read_section

__all__ = ["SECTION", "Limits", "install", "limits", "may_begin"]

SECTION = "limits"


@dataclass(frozen=True)
class Limits:
    """Above these a command asks on a terminal before it begins; 0 for never.

    Args:
        ask_above_hours: of computing, all records one after the other.
        ask_above_gigabytes: of new records.
    """

    ask_above_hours: float = 0.0
    ask_above_gigabytes: float = 0.0


@cache
def limits() -> Limits:
    """Limits as law.cfg has them.

    Raises:
        StudyError: an option is unknown or wrong.
    """
    return read_section(SECTION, Limits())


def may_begin(root: Any) -> bool:
    """Whether a command may begin: it may if it is short, in a script, or if somebody at the terminal says so."""
    chosen = limits()
    watched = sys.stdin.isatty() and sys.stdout.isatty()
    if not watched or not (chosen.ask_above_hours or chosen.ask_above_gigabytes) or root.complete():
        return True
    from analysis.report.formatting import duration, file_size
    from tasks.framework.forecast import forecast

    found = forecast(root, samples=1)
    long = 0.0 < chosen.ask_above_hours * 3600.0 < found.seconds
    large = 0.0 < chosen.ask_above_gigabytes * 1e9 < found.size
    if not long and not large:
        return True
    records = sum(work.records for work in found.works)
    more = "" if all(work.is_known for work in found.works) else "more than "
    tell(f"{records} records are to be made, which takes {more}{duration(found.seconds)} and {file_size(found.size)}")
    tell("(--dry-run shows of what; law.cfg's section [limits] says from where on this is asked)")
    return agrees("begin?")


@functools.cache
def install() -> None:
    """Let commands ask before luigi begins."""
    original = luigi.interface._schedule_and_run

    @functools.wraps(original)
    def schedule_and_run(tasks: list[Any], *args: Any, **kwargs: Any) -> Any:
        if not all(map(may_begin, tasks)):
            tell("nothing was run")
            sys.exit(1)
        return original(tasks, *args, **kwargs)

    luigi.interface._schedule_and_run = schedule_and_run
