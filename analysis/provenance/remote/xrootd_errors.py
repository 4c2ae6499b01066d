"""Errors of XRootD's servers and of its client, by their numbers."""

from __future__ import annotations

from typing import Any

from analysis.errors import StoreError
from analysis.provenance.remote.faults import (
    ChecksumError,
    CredentialsError,
    FullError,
    MissingError,
    NoConnectionError,
    NotPermittedError,
    TimedOutError,
    UnreachableError,
)

__all__ = ["EXISTS", "IN_PROGRESS", "SERVER_ERROR", "UNSUPPORTED", "RequestError", "done", "is_answer"]

# of the protocol's error numbers (XProtocol.hh)
_FILE_SYSTEM, SERVER_ERROR, UNSUPPORTED, EXISTS, IN_PROGRESS = 3005, 3012, 3013, 3018, 3020
_OF_SERVER: dict[int, type[StoreError]] = {
    3009: FullError,
    3010: NotPermittedError,
    3011: MissingError,
    3014: NoConnectionError,
    3019: ChecksumError,
    IN_PROGRESS: UnreachableError,
    3021: FullError,
    3024: NoConnectionError,
    3025: NotPermittedError,
    3029: UnreachableError,
    3030: CredentialsError,
    3034: TimedOutError,
    3035: TimedOutError,
}
# of the client's (XRootDStatus); what is missing here is about the connection, also 103: it was not made in time
_OF_CLIENT: dict[int, type[StoreError]] = {
    203: CredentialsError,
    204: CredentialsError,
    206: TimedOutError,
    304: MissingError,
    305: ChecksumError,
}
_ERROR_RESPONSE = 400


class RequestError(Exception):
    """A request that failed, with the client's status."""

    def __init__(self, status: Any) -> None:
        super().__init__(status.message)
        self.number = status.errno if status.code == _ERROR_RESPONSE else 0
        if self.number:
            self.kind = _OF_SERVER.get(self.number, StoreError)
            # an export that is not for writing has no number of its own
            if self.number == _FILE_SYSTEM and "read/only" in status.message:
                self.kind = NotPermittedError
        else:
            self.kind = _OF_CLIENT.get(status.code, NoConnectionError)


def is_answer(status: Any) -> bool:
    """Whether a status is what a server has said, and not what the client has found out."""
    return bool(status.ok) or status.code == _ERROR_RESPONSE


def done(answer: tuple[Any, Any]) -> Any:
    """The response of a request.

    Raises:
        RequestError: it failed.
    """
    status, response = answer
    if not status.ok:
        raise RequestError(status)
    return response
