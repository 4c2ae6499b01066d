"""Commands that the page may start and stop, if whoever serves it allows that: a fixed list of tasks, and no other."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.errors import ErumflowError, StudyError
from analysis.printable import printable
from analysis.registry import list_studies
from tasks.framework.settings import base_folder, studies_from_outside, study_named
from tasks.serving.children import law_command

__all__ = ["TASKS", "Started", "Starter"]

#: tasks that may be started, with what they do
TASKS = {
    "Report": "everything up to the page of results",
    "CollectResults": "all numbers, without figures",
    "TrainModel": "the study's networks",
    "CheckStudy": "checks of the study's steps",
}
_OUTPUT_BYTES = 16 << 10
_MOST = 20


@dataclass
class Started:
    """A command that was started from the page.

    Args:
        line: the command line.
        process: that runs it, the first of a group of its own.
        output: what it prints.
    """

    line: str
    process: subprocess.Popen[bytes]
    output: Any

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def text(self) -> str:
        """The end of what it printed."""
        size = os.fstat(self.output.fileno()).st_size
        content = os.pread(self.output.fileno(), _OUTPUT_BYTES, max(size - _OUTPUT_BYTES, 0))
        return printable(content.decode(errors="replace")).strip()


class Starter:
    """Starts commands, and stops those that it has started."""

    def __init__(self) -> None:
        self._started: list[Started] = []

    @property
    def started(self) -> Sequence[Started]:
        """What was started, the last one first."""
        return self._started[::-1]

    def choices(self) -> dict[str, list[str]]:
        """Return the studies that can be loaded, each with its choices of statistics."""
        found = {}
        for one in list_studies(studies_from_outside()):
            if not one.error:
                try:
                    found[one.name] = [choice.name for choice in study_named(one.name).statistics]
                except ErumflowError:
                    continue
        return found

    def start(self, task: str, study: str, statistics: str) -> Started:
        """Start a command, in a group of processes of its own.

        Raises:
            StudyError: it is none of the choices.
        """
        choices = self.choices()
        if task not in TASKS or study not in choices or statistics not in choices[study]:
            raise StudyError("this is none of the commands that can be started here", cure="choose one of the list")
        arguments = [task, "--study", study, "--statistics", statistics]
        # as long as this page runs
        output = tempfile.TemporaryFile()  # noqa: SIM115
        process = subprocess.Popen(
            [*law_command(), *arguments],
            cwd=base_folder(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        started = Started(" ".join(["law run", *arguments]), process, output)
        self._started = [*self._started, started][-_MOST:]
        return started

    def stop(self, number: int) -> None:
        """Interrupt a command that was started here, as Ctrl-C does.

        Args:
            number: of its process.

        Raises:
            StudyError: it was not started here, or has ended.
        """
        for one in self._started:
            if one.process.pid == number and one.is_running:
                os.killpg(number, signal.SIGINT)
                return
        raise StudyError("no such command runs that was started here", cure="stop it where it was started")
