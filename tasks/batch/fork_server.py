"""A small process that forks others on demand, because a command that has threads by then must not.

It is forked from the command's main thread while that is alone, before anything heavy is imported, and never has a
thread of its own. What it forks inherits the tasks and their keys. All of them end with the command, however that ends:
the kernel kills the server when the command's main thread is gone, and the others when the server is.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import NoReturn

from tasks.batch.memory import in_bytes

__all__ = ["ForkServer", "may_fork"]

PR_SET_PDEATHSIG = 1

# libraries whose threads do not survive a fork
_THREADED = ("jax", "jaxlib")


def may_fork() -> bool:
    """Whether this process is alone and light: it has one thread, and none of the libraries that need more."""
    return threading.active_count() == 1 and not any(name in sys.modules for name in _THREADED)


class ForkServer:
    """The server, as its command sees it.

    Args:
        serve: what a forked process does, with its end of a connection and the number of processor cores that it may
            use; the process ends when it returns.
        prepare: called in the server before the first process is forked, which inherits what it computes.

    Raises:
        RuntimeError: this process has threads, or a library that does.
    """

    def __init__(self, serve: Callable[[Connection, int], None], prepare: Callable[[], None] = lambda: None) -> None:
        if not may_fork():
            raise RuntimeError("processes can be forked only before a command has threads or has imported JAX")
        command = os.getpid()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if not self.pid:
            self._socket.close()
            _run_and_exit(lambda: _serve_forks(theirs, command, serve, prepare))
        theirs.close()

    def fork(self, cores: int) -> tuple[int, Connection]:
        """Fork a process that may use a number of processor cores; returns its number and the connection to it."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._socket, [json.dumps({"cores": cores}).encode()], [theirs.fileno()])
        pid = int(json.loads(self._socket.recv(4096)))
        return pid, Connection(ours.detach())

    def wait(self, pid: int) -> tuple[int, int]:
        """Wait for the end of a process.

        Returns:
            Its exit status, negative for the signal that killed it, and the bytes of memory that it had at most.
        """
        self._socket.send(json.dumps({"wait": pid}).encode())
        status, used = json.loads(self._socket.recv(4096))
        return status, used

    def close(self, grace: float) -> None:
        """End the server when the processes that it forked have ended, or after so many seconds, and them with it."""
        self._socket.close()
        deadline = time.monotonic() + grace
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                if time.monotonic() > deadline:
                    os.kill(self.pid, signal.SIGKILL)
                    os.waitpid(self.pid, 0)
                    return
                time.sleep(0.002)


def _serve_forks(
    requests: socket.socket, command: int, serve: Callable[[Connection, int], None], prepare: Callable[[], None]
) -> None:
    _end_with(command)
    # the command decides what an interrupt means, and tells the processes that work
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # the command may be killed at any moment, also before it has read an answer
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        _answer(requests, serve, prepare)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _answer(requests: socket.socket, serve: Callable[[Connection, int], None], prepare: Callable[[], None]) -> None:
    prepared = False
    while True:
        content, files, _, _ = socket.recv_fds(requests, 4096, 1)
        if not content:
            break
        request = json.loads(content)
        if "wait" in request:
            _, status, usage = os.wait4(request["wait"], 0)
            ended = os.waitstatus_to_exitcode(status), in_bytes(usage.ru_maxrss)
            requests.send(json.dumps(ended).encode())
            continue
        if not prepared:
            prepare()
            # memory that nobody writes to is shared
            gc.freeze()
            prepared = True
        requests.send(json.dumps(_fork(requests, files[0], request["cores"], serve)).encode())
        os.close(files[0])


def _fork(requests: socket.socket, file: int, cores: int, serve: Callable[[Connection, int], None]) -> int:
    """Fork a process that serves at the open file of a connection; returns its number."""
    server = os.getpid()
    pid = os.fork()
    if not pid:
        requests.close()
        _run_and_exit(lambda: _serve_one(Connection(file), server, cores, serve))
    return pid


def _serve_one(connection: Connection, server: int, cores: int, serve: Callable[[Connection, int], None]) -> None:
    _end_with(server)
    serve(connection, cores)


def _run_and_exit(run: Callable[[], None]) -> NoReturn:
    """Run a forked process; it must not come back to what its parent was doing."""
    status = 1
    try:
        run()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)


def _end_with(parent: int) -> None:
    """Let the kernel kill this process when the thread that forked it is gone: it would go on writing records."""
    with contextlib.suppress(OSError, AttributeError):  # Linux alone has it
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # it ended before that was said
        os._exit(1)
