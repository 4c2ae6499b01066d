"""Records that a command makes: in processes of its own side by side, or one after the other where it has none."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from luigi.task_register import Register

from analysis.errors import ErumflowError, StudyError
from analysis.provenance import environment
from analysis.provenance.differences import differences
from analysis.provenance.keys import KeyParts
from tasks.batch.cores import usable_cores
from tasks.batch.output import Output
from tasks.batch.pieces import Outcome, Work
from tasks.batch.processes import Processes
from tasks.batch.table import LiveTable, View
from tasks.batch.turns import wait_for
from tasks.batch.urgency import Urgency, urgencies
from tasks.framework import journaling, progress, reporting

__all__ = [
    "BranchesFailed",
    "decide_keys",
    "fail",
    "interrupt",
    "made_elsewhere",
    "make_branches",
    "processes",
    "set_urgencies",
]

SHOW_SECONDS = 0.3

# of this command; none in the processes themselves, nor where all is made in order
_processes: Processes | None = None
_number = 0
# of tasks, by luigi's names of them
_urgencies: dict[str, Urgency] = {}
# of the processes, if there is a table on the terminal
_output: Output | None = None


class BranchesFailed(ErumflowError):
    """Records of a workflow were not made, and why was told already."""

    told = True


def decide_keys(tasks: Sequence[Any]) -> None:
    """Decide the keys of tasks and of all that they need, so that forked processes know them."""
    # what goes wrong is told when luigi asks whether the task is complete
    with contextlib.suppress(Exception):
        for task in tasks:
            for series in task.series_names():
                task.place(series)


@contextlib.contextmanager
def processes(number: int) -> Iterator[None]:
    """Let records be made by processes of this command, until the end of the context.

    Args:
        number: how many work at once.
    """
    global _processes, _output, _number
    _number = number
    _output = Output() if sys.stdout.isatty() else None
    _processes = Processes(_make, number, begun=_begin, prepare=environment.compute)
    try:
        yield
    finally:
        _processes.close()
        _processes = None


def set_urgencies(needed: Mapping[str, Collection[str]]) -> None:
    """Let records that much waits for be made first; ``needed`` is what each task needs, by luigi's names."""
    global _urgencies
    _urgencies = urgencies(needed)


def interrupt() -> None:
    """Let processes tidy up what they are at, and end them."""
    if _processes is not None:
        _processes.close()


def _begin(tell: Callable[[str], None]) -> None:
    """Become a process that makes records itself, and tells how far it is."""
    global _processes
    _processes = None
    # several share a graphics processor: none takes most of its memory beforehand
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if _output:
        _output.take()
        progress.tell_to(tell)
    # the terminal is the command's
    sys.breakpointhook = _refuse_breakpoint
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def _refuse_breakpoint(*_: Any, **__: Any) -> None:
    raise StudyError("breakpoint() was called in one of several processes", cure="give the command --workers 1")


def made_elsewhere(task: Any) -> bool:
    """Make a task's record by a process of the command; returns whether there are processes.

    Raises:
        BranchesFailed: it was not made; why is told.
    """
    if _processes is None:
        return False
    branch = getattr(task, "branch", -1)
    _hand_out(task.as_workflow() if branch >= 0 else task, [branch])
    return True


def make_branches(workflow: Any, branches: Sequence[int]) -> None:
    """Make the records of branches; what goes wrong with one touches no other.

    Raises:
        BranchesFailed: some were not made; why is told.
    """
    if _processes is not None:
        _hand_out(workflow, branches)
        return
    failed = 0
    # none may be left: another workflow may have made them all meanwhile
    for branch, coming in itertools.zip_longest(branches, branches[1:]):
        workflow.upcoming = (branch, coming)
        try:
            workflow.branch_task(branch).run()
        except Exception as error:
            fail(error, f"branch {branch} of {workflow.family}")
            failed += 1
    _check(workflow, failed, len(branches))


def fail(error: Exception, what: str) -> None:
    """Tell why something was not made: of what a user can cure the message, of all else the traceback."""
    logging.getLogger("luigi-interface").error("%s failed", what, exc_info=error)


def _hand_out(task: Any, branches: Sequence[int]) -> None:
    """Let processes make records and wait for all of them.

    Args:
        task: of the record; of branches, their workflow.
        branches: their numbers; -1 for the task itself.
    """
    # another workflow may have made them all meanwhile
    if _processes is None or not branches:
        return
    described = json.dumps([task.get_task_family(), task.to_str_params()])
    ended, over, done = threading.Event(), 0, 0
    failures: list[tuple[int, Outcome]] = []

    def message(branch: int, coming: int | None) -> dict[str, Any]:
        place, label = _place_of(task, branch)
        return {"task": described, "branch": branch, "coming": coming, "place": place, "label": label}

    def finished(branch: int, outcome: Outcome) -> None:
        nonlocal over, done
        over += 1
        if outcome.death or outcome.reply:
            failures.append((branch, outcome))
        else:
            done += 1
        if over == len(branches):
            ended.set()

    work = Work(task.family, branches, message, finished, _cores_of(task), _urgencies.get(task.task_id, (0, 0)))
    failed = 0
    with LiveTable(task.family) if _output else contextlib.nullcontext() as table:
        journaling.open_file(_number)
        _processes.submit(work)
        while not ended.is_set() or failures:
            wait_for(ended, SHOW_SECONDS)
            if _output:
                _output.pass_on()
            while failures:
                _tell(task, *failures.pop())
                failed += 1
            if table:
                at_work = [(_name(task, branch), how_far) for branch, how_far in _processes.at_work(work)]
                waiting = len(branches) - over - len(at_work)
                table.show(View(len(branches), done, len(at_work), waiting, failed, (), at_work))
    _check(task, failed, len(branches))


def _check(task: Any, failed: int, number: int) -> None:
    if failed:
        raise BranchesFailed(f"{failed} of {number} records of {task.family} were not made")


def _cores_of(task: Any) -> int:
    """Processor cores that a record of a task is made with."""
    cores = int(task.job_resources.get("cpus", 1))
    # trainings would share one graphics processor
    return usable_cores() if cores > 1 and Path("/dev/nvidiactl").exists() else cores


def _place_of(task: Any, branch: int) -> tuple[str, str]:
    if branch < 0:
        return task.place(task.own_series), task.own_label
    data = task.branch_map[branch]
    return task.place(data.series), data.label


def _name(task: Any, branch: int) -> str:
    place, label = _place_of(task, branch)
    return f"{place.rpartition('/')[2].rpartition('-')[0]} {label}".rstrip()


def _tell(task: Any, branch: int, outcome: Outcome) -> None:
    place, _ = _place_of(task, branch)
    name = f"{task.family} {_name(task, branch)}"
    if outcome.death:
        cure = f"\n  cure: {task.memory_cure()}" if outcome.memory else ""
        journaling.failed(place, _place_of(task, branch)[1], f"the process {outcome.death}{cure}")
        reporting.tell_error(f"the process that made {name} {outcome.death}{cure}")
    elif there := outcome.reply.get("parts"):
        here = task.key_parts(place.rpartition("/")[2].rpartition("-")[0])
        lines = differences(here, KeyParts.from_dict(there)) or ["not the same record"]
        reporting.tell_error(f"the process that was to make {name} has other code or settings: {'; '.join(lines)}")


def _make(message: dict[str, Any]) -> dict[str, Any]:
    """Make a record in this process; returns nothing if it is complete, else why not."""
    branch = message["branch"]
    try:
        task = _task_of(message["task"])
        if branch >= 0:
            task.upcoming = (branch, message["coming"])
        if _place_of(task, branch) != (message["place"], message["label"]):
            series = task.own_series if branch < 0 else task.branch_map[branch].series
            return {"parts": task.key_parts(series).as_dict()}
        (task.branch_task(branch) if branch >= 0 else task).run()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        fail(error if isinstance(error, Exception) else RuntimeError(repr(error)), message["place"])
        return {"failed": True}
    return {}


@functools.lru_cache(maxsize=64)
def _task_of(described: str) -> Any:
    """The task of a message; the command's own where it was there when this process was forked."""
    family, parameters = json.loads(described)
    return Register.get_task_cls(family).from_str_params(parameters)
