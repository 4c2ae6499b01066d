"""Why a storage server did not do it: one class for each reason that has a cure of its own."""

from __future__ import annotations

from analysis.errors import StoreError

__all__ = [
    "ChecksumError",
    "CredentialsError",
    "FullError",
    "MissingError",
    "NotPermittedError",
    "TimedOutError",
    "UnreachableError",
]


class ChecksumError(StoreError):
    """What was sent and what arrived differ in size or checksum."""


class CredentialsError(StoreError):
    """The server does not accept the credentials, or they have expired, or there are none."""


class FullError(StoreError):
    """The server has no space left, or a quota is used up."""


class MissingError(StoreError):
    """The server says that there is no such file."""


class NotPermittedError(StoreError):
    """The server knows who asks and does not permit it; also a folder that is read-only."""


class UnreachableError(StoreError):
    """The server does not answer, or not sensibly: nothing is known of the file."""


class TimedOutError(UnreachableError):
    """The server is there, and did nothing for too long; trying again would double the wait."""
