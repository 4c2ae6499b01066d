"""Call a function of a study: inputs read-only, failures told as one clear error."""

from __future__ import annotations

import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from analysis.checking.importing import load
from analysis.checking.names import did_you_mean
from analysis.checking.places import Place, defined_at, place_of
from analysis.checking.protection import has_arrays, protect
from analysis.checking.reading import telling
from analysis.checking.words import DEBUG
from analysis.errors import ErumflowError, StudyError
from analysis.provenance.auxiliary import lent, refuse_changed
from analysis.step import Step

__all__ = ["DEBUG", "call", "told"]

_READ_ONLY = re.compile(r"read-only|WRITEABLE flag|not writeable")


def call(function: Step | Callable[..., Any], arguments: Mapping[str, Any], *, stage: str, where: str = "") -> Any:
    """Call a function of a study with read-only inputs.

    Args:
        function: a step, which is loaded and gets its files as the argument ``files``, or a function.
        arguments: by name; arrays among them, and in what they hold, cannot be written to by the function.
        stage: name of the stage that is made.
        where: what it is made of, such as ``"data set DoubleMu, chunk events_0-1000"``.

    Returns:
        What the function returns, unchecked; see :mod:`analysis.checking.events` and :mod:`analysis.checking.values`.

    Raises:
        StudyError: the function does not exist, does not take these arguments, changes an input or a file in place or
            fails; the message names stage, file and line in the study, and ``where``. The function's own error is the
            cause. Or a file was edited since the key was decided.
        ErumflowError: the function raised one; it keeps its class and its message and gains stage, line and ``where``.
    """
    with told(stage, where):
        files = lent(function) if isinstance(function, Step) else {}
    given = {**arguments, "files": files} if files else arguments
    # a module may read files when it is imported
    with telling(function, given, stage) as watched:
        with told(stage, where):
            loaded = load(function) if isinstance(function, Step) else function
        value = _called(loaded, given, stage, where)
    if isinstance(function, Step):
        with told(stage, where):
            refuse_changed(watched, function.function)
    return value


def _called(function: Callable[..., Any], arguments: Mapping[str, Any], stage: str, where: str) -> Any:
    _check_arguments(function, arguments, stage, where)
    try:
        return function(**{name: protect(value) for name, value in arguments.items()})
    except (Exception, SystemExit) as error:
        raise _failure(error, function, arguments, stage, where) from error


@contextmanager
def told(stage: str, where: str = "", function: Step | Callable[..., Any] | None = None) -> Iterator[None]:
    """Add stage, line and data set to what goes wrong within the block, for checks of what a function returned.

    Args:
        stage: name of the stage.
        where: what it is made of; see :func:`call`.
        function: whose line is told, the first one of its definition; ``None`` for none.

    Raises:
        ErumflowError: of the same class as the one raised within.

    Examples:
        >>> with told("candidates", "data set DoubleMu"):
        ...     raise StudyError("it returns None, not events", cure="end the function with 'return events'")
        Traceback (most recent call last):
        analysis.errors.StudyError: the stage 'candidates' failed: it returns None, not events for data set DoubleMu
          cure: end the function with 'return events'
    """
    try:
        yield
    except ErumflowError as error:
        _show(error)
        place = defined_at(load(function) if isinstance(function, Step) else function)
        problem = f"the stage {stage!r} failed: {error.problem}{f' ({place})' if place else ''}{_for(where)}"
        raise type(error)(problem, cure=error.cure) from error


def _for(where: str) -> str:
    return f" for {where}" if where else ""


def _check_arguments(function: Callable[..., Any], arguments: Mapping[str, Any], stage: str, where: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of a class without one, or of compiled code
        return
    try:
        signature.bind(**arguments)
    except TypeError as error:
        # the stage's names are given, the function's are the author's to choose
        passed = [name for name in arguments if name not in signature.parameters]
        near = {name: get_close_matches(name, passed, 1) for name in signature.parameters if name not in arguments}
        hint = "".join(f"; rename its parameter {name!r} to {found[0]!r}" for name, found in near.items() if found)
        code = getattr(inspect.unwrap(function), "__code__", None)
        line = f" ({code.co_filename}, line {code.co_firstlineno})" if code else ""
        raise StudyError(
            f"the stage {stage!r} failed: {_name(function)}{signature} cannot be called with "
            f"{', '.join(arguments) or 'nothing'}: {error}{line}{_for(where)}",
            cure=f"give the function the arguments that the stage passes{hint}",
        ) from error


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _failure(
    error: BaseException, function: Callable[..., Any], arguments: Mapping[str, Any], stage: str, where: str
) -> ErumflowError:
    _show(error)
    place = place_of(error, {str(getattr(function, "__module__", "")).partition(".")[0]})
    line = f" ({place})" if place and (place.own or not isinstance(error, ErumflowError)) else ""
    if isinstance(error, ErumflowError):
        problem = f"the stage {stage!r} failed: {error.problem}{line}{_for(where)}"
        return type(error)(problem, cure=error.cure)
    what, cure = _what_came(error, arguments, place)
    return StudyError(f"the stage {stage!r} failed: {what}{line}{_for(where)}", cure=cure)


def _show(error: BaseException) -> None:
    """Show the traceback, if ``--debug`` asks for it."""
    if os.environ.get(DEBUG, "") not in ("", "0"):
        traceback.print_exception(error, file=sys.stderr)


def _what_came(error: BaseException, arguments: Mapping[str, Any], place: Place | None) -> tuple[str, str]:
    reason = next((line for line in str(error).strip().splitlines() if line.strip()), "")
    what = f"{type(error).__name__}: {reason}".rstrip(": ")
    if isinstance(error, SystemExit):
        return f"the step ends the program ({what})", "raise an error that says what is wrong"
    if isinstance(error, MemoryError):
        return what, "read fewer events at once (the study's chunk_events), or ask for more memory"
    if isinstance(error, ValueError | TypeError) and _READ_ONLY.search(reason):
        inputs = [repr(name) for name, value in arguments.items() if has_arrays(value)]
        whose = f"its input {inputs[0]}" if len(inputs) == 1 else f"one of its inputs {', '.join(inputs)}"
        statement = f" with {place.text!r}" if place and place.own and place.text else ""
        return f"the step changes {whose} in place{statement}", (
            "work on a copy: x = np.array(events.x), or make a new one: x = 2 * events.x (results would depend on who "
            "used the same input before)"
        )
    return what, f"correct the step; --debug shows the traceback{_known_fields(error, reason, arguments)}"


def _known_fields(error: BaseException, reason: str, arguments: Mapping[str, Any]) -> str:
    """The fields and keys that inputs have, if a name was looked for that is none of them."""
    quoted = re.search(r"'([^']*)'", reason)
    if not isinstance(error, LookupError | AttributeError) or not quoted:
        return ""
    known = {name: _fields(value) for name, value in arguments.items()}
    told = [f"{name!r} has {', '.join(fields)}" for name, fields in known.items() if fields]
    every = {field for fields in known.values() for field in fields}
    return f"; {'; '.join(told)}{did_you_mean(quoted[1], every)}" if told and quoted[1] not in every else ""


def _fields(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [str(key) for key in value]
    fields = getattr(value, "fields", None)
    return list(fields) if isinstance(fields, list) else []
