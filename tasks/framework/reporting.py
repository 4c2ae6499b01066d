"""Messages to the user: one line a record, why something runs again, errors in words, and a summary at the end."""

from __future__ import annotations

import functools
import logging
import os
import sys
import warnings
from collections.abc import Iterable
from typing import Any

import luigi
import luigi.setup_logging
import luigi.worker
from law.util import colored

from analysis.checking.words import DEBUG
from analysis.printable import printable
from analysis.provenance.history import nearest_record
from analysis.provenance.keys import KeyParts
from analysis.provenance.records import Record
from analysis.provenance.unseen import UnseenWarning
from tasks.framework import interrupting, journaling, pins
from tasks.framework.alike import kind_of, more
from tasks.framework.changed_files import changed_files
from tasks.framework.damage import note_damage
from tasks.framework.errors_in_words import ErrorsInWords
from tasks.framework.notes import Notes

__all__ = [
    "already_there",
    "begun",
    "changed",
    "install",
    "made",
    "reason",
    "tell",
    "tell_lines",
    "tell_pins",
    "tell_warning",
    "waiting",
    "warned",
    "was_begun",
]

SHOWN_CAUSES = 8

# of the command: what its processes print may come to its terminal another way
_ON_TERMINAL = sys.stdout.isatty()

# of all processes of the command: the records that they begin, why they make some anew, what goes wrong or looks so
_begun, _causes, _errors, _warnings = Notes(), Notes(), Notes(), Notes()
# of this process: why the records of a place are made, and warnings of the one that is being made
_reasons: dict[str, str] = {}
_warned: list[str] = []
_lines = 0


def tell(text: str) -> None:
    """Print a line."""
    global _lines
    _lines += 1
    _write(text, sys.stdout)


def tell_lines(lines: Iterable[str]) -> None:
    """Print lines until nobody reads them any more, as in ``law run TASK --explain | head``."""
    try:
        for line in lines:
            tell(line)
    except BrokenPipeError:
        # Python writes once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(text: str, stream: Any) -> None:
    # names in it may come from anywhere; processes whose lines the command prints have its colours
    text = printable(text, coloured=stream.isatty() or _ON_TERMINAL)
    # at once: between a line and its end, another process of the command might write
    print(f"{text}\n", end="", file=stream, flush=True)


def tell_error(message: str) -> None:
    """Print the message of a failure, once; of several that differ in their data set or file, the first one."""
    note_damage(message)
    journaling.note_error(message)
    kind = kind_of(message)
    at = {"process": os.getpid(), "line": _lines, "begun": len(_begun.read())}
    before = _errors.add_to({"message": message, "kind": kind, **at})
    if all(message != one["message"] and (kind != one["kind"] or _debugs()) for one in before):
        _print_error(message)


def tell_warning(message: str) -> None:
    """Print a warning, once a command, whichever of its processes has it."""
    note = {"message": message}
    if note not in _warnings.add_to(note):
        _print_warning(message)


def _tell_warnings() -> None:
    """Print warnings of files and code that no key knows, each once; everything else is shown as ever."""
    original = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *args: Any, **kwargs: Any) -> None:
        if not isinstance(message, UnseenWarning):
            original(message, category, *args, **kwargs)
            return
        _warned.append(message.problem)
        tell_warning(str(message))

    warnings.showwarning = show
    warnings.simplefilter("always", UnseenWarning)


def warned() -> list[str]:
    """Return what was warned of in this process since this was asked last."""
    found = list(dict.fromkeys(_warned))
    _warned.clear()
    return found


def _print_warning(message: str) -> None:
    prefix = colored("warning: ", "yellow") if sys.stderr.isatty() else "warning: "
    _write(prefix + message, sys.stderr)


def _print_error(message: str) -> None:
    prefix = colored("error: ", "red") if sys.stderr.isatty() else "error: "
    _write(prefix + message, sys.stderr)


def _debugs() -> bool:
    return os.environ.get(DEBUG, "") not in ("", "0")


def _is_long_ago(error: dict[str, Any]) -> bool:
    # other processes' lines are not known
    own = error["process"] == os.getpid()
    return bool(error["line"] < _lines if own else error["begun"] < len(_begun.read()))


def _tell_errors_again() -> None:
    """Tell what was told long ago where it is seen, and how often what is told once went wrong."""
    kinds: dict[str, dict[str, dict[str, Any]]] = {}
    for one in _errors.read():
        kinds.setdefault(one["message"] if _debugs() else one["kind"], {}).setdefault(one["message"], one)
    _errors.clear()
    first = [next(iter(equal.values())) for equal in kinds.values()]
    again = (len(kinds) > 1 and any(len(equal) > 1 for equal in kinds.values())) or any(map(_is_long_ago, first))
    for equal in kinds.values():
        message, *others = equal
        if again:
            _print_error(message)
        if others:
            _write(f"  {more(others)}; --debug shows all", sys.stderr)


def _name(record: Record) -> str:
    family, _, rest = record.title.partition(" ")
    return f"{colored(family, 'green') if _ON_TERMINAL else family} {rest}"


def made(record: Record, seconds: float, reason: str, read: str = "") -> None:
    """A record is complete, of what was perhaps read where it is."""
    journaling.made(record, seconds, reason)
    taken = f"{seconds:.1f} s{f', {read}' if read else ''}"
    tell(f"made  {_name(record)}  ({taken})" + (f"  again: {reason}" if reason else ""))


def begun(record: Record) -> None:
    """This command makes the record."""
    journaling.begun(record)
    _begun.add({"record": record.address})


def was_begun(record: Record) -> bool:
    """Whether this command makes the record, or has made it."""
    return {"record": record.address} in _begun.read()


def already_there(record: Record) -> None:
    """Somebody else completed the record before its turn came; nothing is told if it was this command itself."""
    if not was_begun(record):
        tell(f"there {_name(record)}")


def waiting(record: Record) -> None:
    """Another process is making the record; nothing is told if it is one of this command."""
    if not was_begun(record):
        tell(f"wait  {_name(record)}  (another process is making it)")


def reason(record: Record, parts: KeyParts) -> str:
    """Tell why a record is made although one of the same name exists, in a few words; empty if there is none.

    What changed in the task itself is told at once, in full; changed inputs were told where they were made.
    """
    known = _reasons.get(record.place)
    if known is None:
        known = _reasons[record.place] = _reason(record, parts)
    return known


def changed(record: Record, why: str) -> str:
    """Tell why a record is made although it is there, once for all of its place; in a few words for its line."""
    family = record.title.partition(" ")[0]
    told = {"family": family, "causes": [kind_of(why)]}
    if told not in _causes.add_to(told):
        tell(f"again {family}: {why}")
    return "an input changed"


def _reason(record: Record, parts: KeyParts) -> str:
    nearest = nearest_record(record.store, record.place, parts, record.label)
    if nearest is None:
        return ""
    earlier, found = nearest
    inputs = [str(one) for one in found if one.kind == "input"]
    causes = [str(one) for one in found if one.kind != "input"]
    told = {"family": parts.family, "causes": causes}
    if causes and told not in _causes.add_to(told):
        tell(f"again {parts.family}: since {earlier.time}")
        for line in causes[:SHOWN_CAUSES]:
            tell(f"        {line}")
        if len(causes) > SHOWN_CAUSES:
            tell(f"        and {len(causes) - SHOWN_CAUSES} more")
    roles = (
        [f"input {line.split()[1].rstrip(':')}" for line in inputs] if len(inputs) <= 3 else [f"{len(inputs)} inputs"]
    )
    return ", ".join(dict.fromkeys([*(line.split()[0] for line in causes), *roles]))


def _conclude(root: Any, succeeded: bool) -> None:
    if not succeeded:
        _tell_errors_again()
        return
    if hasattr(root, "check_result"):
        root.check_result()
    lines = [*(root.summary() if hasattr(root, "summary") else ()), *(("pinned", text) for text in pins.told())]
    if lines:
        # here, as --help has no end to tell of
        from tasks.framework.summaries import in_columns

        tell("")
        for line in in_columns(lines):
            tell(line)
    for text in pins.old():
        _print_warning(text)
    if text := changed_files(root.definition) if hasattr(root, "definition") else "":
        _print_warning(text)


def tell_pins() -> None:
    """Tell the pins that what was asked depends on, and those that are older than a month."""
    for text in pins.told():
        tell(f"pinned  {text}")
    for text in pins.old():
        _print_warning(text)


def _keep_one_handler() -> None:
    """Law and luigi both give this logger a handler, so everything would be said twice."""
    logger = logging.getLogger("luigi-interface")
    for handler in logger.handlers[1:]:
        logger.removeHandler(handler)


@functools.cache
def install() -> None:
    """Let luigi report this way."""
    logging.getLogger("luigi-interface").addFilter(ErrorsInWords(tell_error))
    _tell_warnings()
    original = luigi.interface._schedule_and_run

    @functools.wraps(original)
    def schedule_and_run(tasks: list[Any], *args: Any, **kwargs: Any) -> Any:
        try:
            result = original(tasks, *args, **kwargs)
        except KeyboardInterrupt:
            print("\ninterrupted: what is complete stays, the same command goes on from there", file=sys.stderr)
            journaling.end("interrupted")
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
