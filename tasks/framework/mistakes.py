"""Parameters that a command gives wrongly: told in words, as ``error`` and ``cure``, not by a traceback of luigi's."""

from __future__ import annotations

import functools
import sys
from typing import Any, NoReturn

import luigi
import luigi.cmdline
import luigi.interface
from luigi.cmdline_parser import CmdlineParser
from luigi.parameter import MissingParameterException
from luigi.task_register import Register, TaskClassNotFoundException

from analysis.checking.names import did_you_mean
from analysis.errors import ErumflowError, StudyError
from tasks.framework.command import MISTAKE
from tasks.framework.reporting import tell_error

__all__ = ["install"]

_TAKES = {luigi.IntParameter: "it takes whole numbers", luigi.FloatParameter: "it takes numbers"}


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _options(task: str) -> list[str]:
    """The parameters that a task's command may have, as they are written."""
    own = Register.get_task_cls(task).get_params()
    return [_flag(name) for name, _ in (*own, *luigi.interface.core.get_params())]


def _refuse(task: str, message: str) -> NoReturn:
    """Say what argparse says in short, and what is nearest."""
    kind, _, rest = message.partition(": ")
    words = rest.split()
    cure = f"law run {task} --help lists all parameters"
    if kind == "unrecognized arguments" and words:
        flags = [word.partition("=")[0] for word in words if word.startswith("-")]
        message = f"{words[0]!r} belongs to no parameter; write --PARAMETER VALUE"
        if not flags and "--files" in _options(task):
            # a pattern that the shell has replaced by files
            cure = "write several files with commas, and a pattern in quotes: --files '/data/*.root,B.root'"
        if flags:
            message = f"{task} has no parameter {flags[0]}{did_you_mean(flags[0], _options(task))}"
    elif kind == "ambiguous option" and words:
        # argparse lists those of all tasks
        near = [option for option in _options(task) if option.startswith(words[0])]
        message = f"{words[0]} is the beginning of several parameters" + (f": {', '.join(near)}" if near else "")
    raise StudyError(message, cure=cure)


def _check_values(parser: CmdlineParser) -> None:
    """Parse what was given, with its name at hand."""
    root = parser.known_args.root_task
    for task, without_section, name, parameter in Register.get_all_params():
        flag = _flag(name if without_section else f"{task}_{name}")
        _check_value(root, flag, getattr(parser.known_args, f"{task}_{name}", None), parameter)
    for name, parameter in Register.get_task_cls(root).get_params():
        _check_value(root, _flag(name), getattr(parser.known_args, name, None), parameter)


def _check_value(root: str, flag: str, text: Any, parameter: Any) -> None:
    if not isinstance(text, str) or not text:
        return
    try:
        parameter.parse(text)
    except ErumflowError:
        raise
    except Exception as error:
        # of a list of values, law has what parses each
        single = getattr(parameter, "_inst", parameter)
        choices = sorted(filter(None, map(str, getattr(single, "_choices", ()))))
        takes = next((words for kind, words in _TAKES.items() if isinstance(single, kind)), str(error))
        why = getattr(single, "takes", takes)
        if choices:
            near = did_you_mean(text, choices)
            raise StudyError(f"{flag} cannot be {text!r}{near}", cure=f"use one of: {', '.join(choices)}") from error
        help_text = f"law run {root} --help says of it: {parameter.description or flag}"
        raise StudyError(f"{flag} cannot be {text!r}: {why}", cure=help_text) from error


def _missing(task: Any) -> StudyError:
    """Say which parameters a command has to give."""
    family = task.get_task_family()
    missing = [name for name, parameter in task.get_params() if not parameter.has_task_value(family, name)]
    flags = " ".join(f"{_flag(name)} {name.upper()}" for name in missing)
    return StudyError(
        f"{family} needs the parameter {', '.join(map(_flag, missing))}",
        cure=f"law run {family} {flags}; --help says what it is",
    )


def _check_branches(task: Any) -> None:
    """See that the branches that a command asks for are there: law drops others, and takes all if none is left."""
    branch = getattr(task, "branch", -1)
    asked = [(branch,)] if branch != -1 else getattr(task, "branches", ())
    if not asked:
        return
    number = len(task.create_branch_map())
    there = {0: "it has none", 1: "it has branch 0 alone"}.get(number, f"it has {number}, 0 to {number - 1}")
    for one in asked:
        begin, end = (one[0] or 0, number if one[-1] is None else one[-1]) if len(one) > 1 else (one[0], one[0] + 1)
        if not 0 <= begin < end <= number:
            text = ":".join("" if bound is None else str(bound) for bound in one)
            raise StudyError(
                f"{task.get_task_family()} has no branch{'es' * (len(one) > 1)} {text}: {there}",
                cure="--branch takes one number; --branches numbers, and ranges without their end, as in 0,2:5",
            )


@functools.cache
def install() -> None:
    """Let luigi tell mistakes this way."""
    parser: Any = CmdlineParser
    build, initialize, make = parser._build_parser, parser.__init__, parser.get_task_obj

    @functools.wraps(initialize)
    def __init__(self: Any, cmdline_args: list[str]) -> None:
        def build_parser(*args: Any, **kwargs: Any) -> Any:
            built = build(*args, **kwargs)
            built.error = functools.partial(_refuse, cmdline_args[0])
            # before the task is known, a short parameter of it would be taken for the beginning of other tasks'
            built.allow_abbrev = bool(args or kwargs.get("root_task"))
            return built

        self._build_parser = build_parser
        try:
            initialize(self, cmdline_args)
        except TaskClassNotFoundException:
            from tasks.framework.unknown import stage_task

            # a study that is gone or broken since law made its index
            stage_task(cmdline_args[0])
            raise
        _check_values(self)

    @functools.wraps(make)
    def get_task_obj(self: Any) -> Any:
        try:
            task = make(self)
        except MissingParameterException as error:
            raise _missing(self._get_task_cls()) from error
        _check_branches(task)
        return task

    parser.__init__, parser.get_task_obj = __init__, get_task_obj

    command: Any = luigi.cmdline
    luigi_run = command.luigi_run

    @functools.wraps(luigi_run)
    def told_in_words(*args: Any) -> None:
        try:
            luigi_run(*args)
        except ErumflowError as error:
            tell_error(str(error))
            sys.exit(MISTAKE)

    command.luigi_run = told_in_words
