"""Workflows of a command are at the batch system side by side, followed by threads of the command itself.

Following jobs is waiting, so it takes no processes: the one process of the command knows of all jobs, shows them in
one table, and asks once when it is interrupted. What no jobs make is made by the command meanwhile, in processes forked
from it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable
from typing import Any

import luigi.interface
import luigi.worker

from tasks.batch import table
from tasks.batch.interruption import ask_once
from tasks.batch.turns import Follower, Turns
from tasks.framework.reporting import tell

__all__ = ["PROCESS", "install"]

#: what tasks that are made by the command take one of, in luigi's words a resource; there are as many as ``--workers``
PROCESS = "process"
# more than any graph has
WORKFLOWS_AT_ONCE = 1_000_000


class Results:
    """The queue of luigi's worker, at which other threads have their turn while it waits.

    Args:
        queue: of luigi.
        turns: of the command's threads.
        afterwards: called when it has waited.
    """

    def __init__(self, queue: Any, turns: Turns, afterwards: Callable[[], None]) -> None:
        self._turns = turns
        self._queue = queue
        self._afterwards = afterwards
        self.put, self.close = queue.put, queue.close

    def get(self, *args: Any, **kwargs: Any) -> Any:
        try:
            with self._turns.others():
                return self._queue.get(*args, **kwargs)
        finally:
            self._afterwards()


class Output:
    """Output of the command's processes while there is a table on the terminal: it has to come above the table."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.pipe()
        os.set_blocking(self._ours, False)
        self._begun = b""

    def take(self) -> None:
        """From now on this process, a forked one, prints for the command to read."""
        for number in (1, 2):
            os.dup2(self._theirs, number)
        # the command's own may lead into its table
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__

    def pass_on(self) -> None:
        """Print what processes printed since the last time."""
        text = self._begun
        with contextlib.suppress(BlockingIOError):
            while more := os.read(self._ours, 65536):
                text += more
        *lines, self._begun = text.split(b"\n")
        for line in lines:
            tell(line.decode(errors="replace"))


class JobsWorker(luigi.worker.Worker):
    """A worker that follows every workflow that is ready, and makes by itself what no jobs make."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._scheduler.update_resources(**{PROCESS: self.worker_processes})
        # even a single one is forked: here it would keep the followers waiting
        self.worker_processes = WORKFLOWS_AT_ONCE
        self._turns = Turns()
        self._output = Output() if sys.stdout.isatty() else None
        self._task_result_queue: Any = Results(self._task_result_queue, self._turns, self._pass_on)

    def run(self) -> Any:
        with self._turns:
            try:
                return super().run()
            except KeyboardInterrupt:
                self._end_followers()
                raise

    def _run_task(self, task_id: str) -> None:
        task = self._scheduled_tasks[task_id]
        if task_id in self._running_tasks or not getattr(task, "sends_jobs", False):
            super()._run_task(task_id)
            return
        follower = Follower(super()._create_task_process(task), self._turns)
        self._running_tasks[task_id] = follower
        follower.start()

    def _create_task_process(self, task: Any) -> Any:
        process: Any = super()._create_task_process(task)
        if self._output:
            process.run = functools.partial(_run_apart, self._output, process.run)
        return process

    def _pass_on(self) -> None:
        if self._output:
            self._output.pass_on()

    def _end_followers(self) -> None:
        """Ask once what becomes of all jobs, and see that it is done."""
        # nobody is in the middle of something then; who is impatient interrupts again
        self._turns.take()
        self._pass_on()
        table.end()
        ask_once()
        self._turns.interrupted.set()
        self._turns.give()
        for one in self._running_tasks.values():
            if isinstance(one, Follower):
                one.join()


def _run_apart(output: Output, run: Callable[[], None]) -> None:
    output.take()
    run()


class _Factory(luigi.interface._WorkerSchedulerFactory):
    def create_worker(self, scheduler: Any, worker_processes: int, assistant: bool = False) -> JobsWorker:
        return JobsWorker(scheduler=scheduler, worker_processes=worker_processes, assistant=assistant)


@functools.cache
def install() -> None:
    """Let commands run this way whose records jobs make."""
    original = luigi.interface._schedule_and_run

    @functools.wraps(original)
    def schedule_and_run(tasks: list[Any], worker_scheduler_factory: Any = None, *args: Any, **kwargs: Any) -> Any:
        if worker_scheduler_factory is None and any(getattr(task, "by_jobs", False) for task in tasks):
            worker_scheduler_factory = _Factory()
        return original(tasks, worker_scheduler_factory, *args, **kwargs)

    luigi.interface._schedule_and_run = schedule_and_run
