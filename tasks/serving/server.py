"""The server: on loopback alone, with a token that it makes, until it is interrupted."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from analysis.errors import StudyError
from tasks.serving.application import application
from tasks.serving.guard import Guard
from tasks.serving.starting import Starter
from tasks.serving.views import Views

__all__ = ["HOST", "check_extra", "serve"]

HOST = "127.0.0.1"
_GRACE_SECONDS = 1


def check_extra() -> None:
    """See that the packages are there that the page needs.

    Raises:
        StudyError: they are not; the message says how to get them.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        raise StudyError(
            f"the page needs {error.name}, which is not installed",
            cure="ERUMFLOW_EXTRAS=serve source setup.sh (with the extras that you have, with commas)",
        ) from None


def serve(port: int, hosts: Sequence[str], *, allow_commands: bool, tell: Callable[[str], None]) -> None:
    """Serve the page until an interrupt.

    Args:
        port: on loopback; 0 for any that is free.
        hosts: names under which a proxy may be asked.
        allow_commands: whether commands may be started and stopped.
        tell: is told the address, once.

    Raises:
        StudyError: the port is taken, or packages are missing.
    """
    check_extra()
    import uvicorn

    opened = _opened(port)
    with opened:
        number = opened.getsockname()[1]
        token = secrets.token_urlsafe(24)
        ends = threading.Event()
        views = Views(Starter() if allow_commands else None)
        guarded = Guard(application(views, ends), token, f"erumflow-{number}", hosts)
        config = uvicorn.Config(
            guarded,
            # its log would have the token
            access_log=False,
            log_level="warning",
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        server = _server(config, ends, lambda: tell(f"http://{HOST}:{number}/?token={token}"))
        try:
            server.run(sockets=[opened])
        except KeyboardInterrupt:
            # uvicorn has ended in peace and tells whoever asked for it
            return


def _server(config: Any, ends: threading.Event, begun: Callable[[], None]) -> Any:
    import uvicorn

    class Server(uvicorn.Server):
        """Tells when it answers, and ends streams, which would never end by themselves."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            begun()

        def handle_exit(self, sig: int, frame: Any) -> None:
            ends.set()
            super().handle_exit(sig, frame)

    return Server(config)


def _opened(port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # one that ended a moment ago is no reason to wait
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((HOST, port))
    except (OSError, OverflowError) as error:
        opened.close()
        raise StudyError(
            f"the page cannot have port {port} of {HOST}: {error}",
            cure="name another one: --port 8766, or --port 0 for any that is free",
        ) from None
    return opened
