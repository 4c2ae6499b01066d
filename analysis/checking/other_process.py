"""Run a step in another process, in which Python hashes texts differently."""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import IO, Any

from analysis.errors import ErumflowError, StudyError
from analysis.step import Step

__all__ = ["OtherProcess", "serve"]

_SEED = "PYTHONHASHSEED"
_CODE = "from analysis.checking.other_process import serve; serve()"


class OtherProcess:
    """A second Python that runs steps and tells the digests of what they return.

    It is started by the first step and ends with the ``with`` block. Arguments are passed through a pipe, so that
    nobody else can write them; what steps print is left out.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> OtherProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> int:
        """End the process; the next step starts another one."""
        process, self._process = self._process, None
        if process is None:
            return 0
        assert process.stdin
        assert process.stdout
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        return process.wait()

    def digests(self, step: Step, arguments: Mapping[str, Any], *, stage: str, where: str = "") -> dict[str, str]:
        """Run a step there.

        Args:
            step: to run.
            arguments: by name; must be such that :mod:`pickle` can pass them on.
            stage: name of the stage, for messages.
            where: the data set, for messages.

        Returns:
            Digests of what it returns, see :func:`analysis.checking.digests.digests`.

        Raises:
            ErumflowError: the step failed, as :func:`analysis.checking.calling.call` tells it.
            StudyError: arguments cannot be passed on, or the process ended.
        """
        try:
            request = pickle.dumps((step, dict(arguments), stage, where))
            # studies are found on a path that grows
            request = pickle.dumps(([folder or os.getcwd() for folder in sys.path], _with_vectors(), request))
        except Exception as error:  # whatever an object raises that cannot be passed on
            raise StudyError(
                f"the stage {stage!r} has arguments that cannot be passed to another process: {error}",
                cure="define the classes of settings at the top of a module",
            ) from error
        process = self._process = self._process or _start()
        assert process.stdin
        assert process.stdout
        try:
            _write(process.stdin, request)
            answer = _read(process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise StudyError(
                f"the stage {stage!r} ended the other process that it ran in (status {self._end()})",
                cure="look for compiled code that crashes, or for too little memory",
            )
        found = pickle.loads(answer)
        if isinstance(found, ErumflowError):
            raise found
        return dict(found)


def serve() -> None:
    """Run the steps that come from standard input, until it ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # what steps print must not come between the answers
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    from analysis.checking.calling import call
    from analysis.checking.digests import digests

    while (request := _read(requests)) is not None:
        # a process that has run no other step: what one leaves in a module, another does not find
        if (child := os.fork()) != 0:
            if status := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
                sys.exit(abs(status))
            continue
        answer: Any
        try:
            folders, with_vectors, content = pickle.loads(request)
            if sys.path != folders:
                sys.path[:] = folders
                importlib.invalidate_caches()
            if with_vectors:
                import vector

                vector.register_awkward()
            step, arguments, stage, where = pickle.loads(content)
            answer = digests(call(step, arguments, stage=stage, where=where))
        except ErumflowError as error:
            answer = error
        except Exception as error:  # a study's module that cannot be imported there, for one
            answer = StudyError(f"in another process: {type(error).__name__}: {error}", cure="import it on its own")
        _write(answers, pickle.dumps(answer))
        os._exit(0)


def _with_vectors() -> bool:
    """Whether records called after vectors behave like them here, as those do that are read from a store."""
    awkward = sys.modules.get("awkward")
    return awkward is not None and "Momentum4D" in awkward.behavior


def _start() -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    environment[_SEED] = "1" if environment.get(_SEED) == "4242" else "4242"
    environment["PYTHONPATH"] = os.pathsep.join(folder or os.getcwd() for folder in sys.path)
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )


def _write(stream: IO[bytes], content: bytes) -> None:
    stream.write(len(content).to_bytes(8, "big"))
    stream.write(content)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes | None:
    length = stream.read(8)
    if len(length) < 8:
        return None
    return stream.read(int.from_bytes(length, "big"))
