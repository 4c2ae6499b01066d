"""Tasks of a command are made side by side, each followed by a thread of the command itself.

Following is waiting, so one process knows of all jobs and of all processes that make records, shows them in one table,
and asks once when it is interrupted. luigi sees workflows, not their branches.
"""

from __future__ import annotations

import contextlib
import functools
import queue
from typing import Any

import luigi.interface
import luigi.scheduler
import luigi.worker

from tasks.batch import table
from tasks.batch.cores import usable_cores
from tasks.batch.fork_server import may_fork
from tasks.batch.interruption import ask_once
from tasks.batch.turns import Follower, Turns
from tasks.framework import making
from tasks.framework.interrupting import leave_in_any_case

__all__ = ["install"]

# more than any graph has
TASKS_AT_ONCE = 1_000_000


class Results:
    """The queue of luigi's worker, at which other threads have their turn while it waits.

    Args:
        turns: of the command's threads.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.put = self._queue.put

    def get(self, *args: Any, **kwargs: Any) -> Any:
        with self._turns.others():
            return self._queue.get(*args, **kwargs)

    def close(self) -> None:
        """Nothing: it ends with the command."""


class CommandWorker(luigi.worker.Worker):
    """A worker that follows every task that is ready; what makes no record runs in the main thread.

    Args:
        in_order: whether one task comes after the other, in the main thread.
        options: of luigi's worker.
    """

    def __init__(self, *, in_order: bool, **options: Any) -> None:
        super().__init__(worker_processes=1 if in_order else TASKS_AT_ONCE, **options)
        self._in_order = in_order
        self._turns = Turns()
        self._task_result_queue: Any = Results(self._turns)

    def __enter__(self) -> CommandWorker:
        # luigi's thread tells a scheduler elsewhere that this worker lives; here it would only be in the way of forks
        return self if isinstance(self._scheduler, luigi.scheduler.Scheduler) else super().__enter__()

    def __exit__(self, *error: Any) -> Any:
        return False if isinstance(self._scheduler, luigi.scheduler.Scheduler) else super().__exit__(*error)

    def run(self) -> Any:
        if isinstance(self._scheduler, luigi.scheduler.Scheduler):
            making.set_urgencies({task.id: task.deps for task in self._scheduler._state.get_active_tasks()})
        with self._turns:
            try:
                return super().run()
            except KeyboardInterrupt:
                leave_in_any_case()
                self._end_followers()
                making.interrupt()
                raise

    def _run_task(self, task_id: str) -> None:
        from tasks.framework.record_task import RecordTask

        task = self._scheduled_tasks[task_id]
        if task_id in self._running_tasks or self._in_order or not isinstance(task, RecordTask):
            super()._run_task(task_id)
            return
        follower = Follower(self._create_task_process(task), self._turns)
        self._running_tasks[task_id] = follower
        follower.start()

    def _create_task_process(self, task: Any) -> Any:
        process: Any = super()._create_task_process(task)
        # luigi forks none: there may be threads, and JAX
        process.use_multiprocessing = False
        return process

    def _end_followers(self) -> None:
        """Ask once what becomes of all jobs, and see that it is done."""
        # nobody is in the middle of something then; who is impatient interrupts again
        self._turns.take()
        table.end()
        ask_once()
        self._turns.interrupted.set()
        self._turns.give()
        for one in self._running_tasks.values():
            if isinstance(one, Follower):
                one.join()


class _Factory(luigi.interface._WorkerSchedulerFactory):
    def __init__(self, *, in_order: bool) -> None:
        self._in_order = in_order

    def create_worker(self, scheduler: Any, worker_processes: int, assistant: bool = False) -> CommandWorker:
        return CommandWorker(in_order=self._in_order, scheduler=scheduler, assistant=assistant)


def _number_of_processes(asked: int) -> int:
    return asked if asked > 0 else usable_cores()


@functools.cache
def install() -> None:
    """Let commands run this way."""
    interface: Any = luigi.interface
    interface.core.workers._default = 0
    original = interface._schedule_and_run

    @functools.wraps(original)
    def schedule_and_run(
        tasks: list[Any], factory: Any = None, override_defaults: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        if factory is not None:
            return original(tasks, factory, override_defaults, *args, **kwargs)
        number = _number_of_processes(luigi.interface.core(**(override_defaults or {})).workers)
        in_order = not any(getattr(task, "by_jobs", False) for task in tasks) and (number == 1 or not may_fork())
        if not in_order:
            making.decide_keys(tasks)
        with contextlib.nullcontext() if in_order else making.processes(number):
            return original(tasks, _Factory(in_order=in_order), override_defaults, *args, **kwargs)

    interface._schedule_and_run = schedule_and_run
