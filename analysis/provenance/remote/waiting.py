"""Waiting for servers that refuse or break connections for a while, as they do while they are restarted."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from analysis.errors import StoreError
from analysis.provenance.remote.faults import (
    ChecksumError,
    FullError,
    MissingError,
    NoConnectionError,
    NotPermittedError,
    TimedOutError,
    UnreachableError,
)
from analysis.provenance.remote.options import Options

__all__ = ["Server", "repeated", "server_at", "server_of"]

T = TypeVar("T")

# errors that only a server tells
_ANSWERS = (ChecksumError, FullError, MissingError, NotPermittedError)

_LONGEST_PAUSE = 5.0
# one connection that broke, such as an idle one that the server has closed, is not worth a word
_WORTH_TELLING = 0.3

_logger = logging.getLogger("erumflow.store")


class Server:
    """A server, and whether it answers this process.

    A server that has answered before is waited for; one that never has may not be there at all, and its user is told
    soon. All files of a server share this, and so do all threads; a forked process begins with what its parent knows.

    Args:
        name: for people, such as ``s3://127.0.0.1:8333``.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._has_answered = False
        self._away_since: float | None = None
        self._is_told = False

    @property
    def is_away(self) -> bool:
        """Whether it did not answer when it was asked last."""
        return self._away_since is not None

    def answers(self) -> None:
        """It has answered."""
        self._has_answered, self._away_since, self._is_told = True, None, False

    def seconds_left(self, options: Options, reason: str) -> float:
        """Note that it does not answer: seconds for which that may go on; 0 if it is not to be waited for."""
        now = time.monotonic()
        since = self._away_since
        if since is None:
            since = self._away_since = now
        left = since + options.timeout - now
        if left <= 0 or not (self._has_answered or options.patient):
            return 0.0
        if now - since > _WORTH_TELLING and not self._is_told:
            self._is_told = True
            _logger.warning("the server %s does not answer (%s), waiting up to %.0f s", self.name, reason, left)
        return left


def server_of(url: str) -> Server:
    """The server of a file's address, which all files of it share."""
    scheme, _, rest = url.partition("://")
    return server_at(f"{scheme}://{rest.partition('/')[0]}")


@cache
def server_at(name: str) -> Server:
    """The server of a name, which all that ask for it share."""
    return Server(name)


def repeated(attempt: Callable[[int], T], server: Server, options: Options) -> T:
    """The result of an attempt; repeated where that can help, with longer and longer breaks.

    Args:
        attempt: gets its number, from 1; an error of the server's is a StoreError.
        server: that is asked.
        options: how it is talked to.
    """
    number = 0
    while True:
        number += 1
        try:
            found = attempt(number)
        except StoreError as error:
            if isinstance(error, _ANSWERS):
                server.answers()
            pause = _pause(number, error, server, options)
            if pause is None:
                raise
        else:
            server.answers()
            return found
        time.sleep(pause)


def _pause(number: int, error: StoreError, server: Server, options: Options) -> float | None:
    """Seconds before the next attempt; ``None`` if none would help."""
    if isinstance(error, TimedOutError) or not isinstance(error, (UnreachableError, ChecksumError)):
        return None
    # not all jobs of a cluster at the same moment
    pause = min(options.wait * 2 ** (number - 1), _LONGEST_PAUSE) * random.uniform(0.75, 1.25)
    # a server that has just come back may say for a while that it cannot do what it is asked
    if isinstance(error, NoConnectionError) or (isinstance(error, UnreachableError) and server.is_away):
        left = server.seconds_left(options, error.reason)
        if left > 0:
            return min(pause, left)
    return pause if number < options.attempts else None
