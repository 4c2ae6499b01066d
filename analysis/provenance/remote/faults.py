"""Errors of storage servers: one class for each reason that has a cure of its own."""

from __future__ import annotations

import re

from analysis.errors import StoreError

__all__ = [
    "CertificateError",
    "ChecksumError",
    "ClockError",
    "CredentialsError",
    "FullError",
    "MissingError",
    "NoConnectionError",
    "NotPermittedError",
    "TimedOutError",
    "UnreachableError",
    "WrongServerError",
    "excerpt",
    "fault",
]


class ChecksumError(StoreError):
    """The data that were sent and those that arrived differ in size or checksum."""


class CredentialsError(StoreError):
    """The server does not accept the credentials, or they have expired, or there are none."""


class ClockError(StoreError):
    """The server refuses what would be valid if this machine's clock were right, or the server's."""


class CertificateError(CredentialsError):
    """This machine does not accept the certificate that the server shows."""


class FullError(StoreError):
    """The server has no space left, or a quota is used up."""


class MissingError(StoreError):
    """The server says that there is no such file."""


class NotPermittedError(StoreError):
    """The server does not permit it to whoever asks; also a folder that is read-only."""


class UnreachableError(StoreError):
    """The server does not answer, or not sensibly: nothing is known of the file.

    Attributes:
        reason: what the server or its library says.
    """

    reason = ""


class NoConnectionError(UnreachableError):
    """A connection was refused, broken or cannot be made, or the server has too much to do: it may soon be back."""


class WrongServerError(StoreError):
    """No storage server of the kind that the address says has answered, but something else."""


class TimedOutError(UnreachableError):
    """The server did nothing for too long; trying again would only double the wait."""


# the most particular ones first
_SENTENCES: dict[type[StoreError], tuple[str, str]] = {
    ChecksumError: (
        "a file was damaged on its way, or is damaged on the server: {}",
        "run the command again; if it comes back, tell the people who run the server",
    ),
    CredentialsError: (
        "the server does not accept your credentials: {}",
        "renew the proxy or token, or correct the keys, and run the command again",
    ),
    CertificateError: (
        "the server's certificate is not accepted: {}",
        "see that the address is right; X509_CERT_DIR names a folder of authorities that are trusted; of a certificate "
        "that has expired, tell the people who run the server",
    ),
    ClockError: (
        "this machine's clock is {}",
        "correct it (timedatectl shows it, and NTP keeps it right: timedatectl set-ntp true), or tell the people who "
        "run the server if it is that one's that is wrong; then run the command again",
    ),
    FullError: (
        "the store is full: {}",
        "free some space, or name another store; what is complete stays valid",
    ),
    MissingError: ("there is no such file in the store: {}", "run the task that makes it"),
    NotPermittedError: (
        "the server does not permit it: {}",
        "see that the address is right, and ask for the right to write there; the store may also be read-only",
    ),
    TimedOutError: (
        "the server did nothing for too long: {}",
        "run the command again later; what is complete stays valid",
    ),
    UnreachableError: (
        "the server cannot be reached: {}",
        "see that the address is right, that the server runs and that this machine may talk to it",
    ),
    WrongServerError: (
        "this is no server of that kind: {}",
        "correct the address; a network's login page, or a proxy's, may have answered: open it in a browser",
    ),
    StoreError: ("the server reports an error: {}", "see the server's message, and run the command again"),
}
_SENTENCES[NoConnectionError] = _SENTENCES[UnreachableError]

_SECRET = re.compile(
    r"((?:authz|access_token|token|signature|password|secret|X-Amz-[\w-]+)=|Bearer(?:\s|%20)+)[^&\s'\",)]+", re.I
)


def excerpt(content: bytes) -> str:
    r"""The beginning of a page without its markup, printable and short enough for a message.

    Examples:
        >>> excerpt(b"<!DOCTYPE html>\n<html><head><title>Log in</title><body>Welcome")
        'Log in Welcome'
        >>> excerpt(b'{"status": "ok"}')
        '{"status": "ok"}'
    """
    text = re.sub(r"<[^>]*>", " ", content[:2000].decode(errors="replace"))
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())[:100]


def fault(kind: type[StoreError], address: str, reason: object = "") -> StoreError:
    """The error in a user's words, with its cure.

    Args:
        kind: one of the classes of this module, or StoreError.
        address: of the file or folder.
        reason: what the server or its library says; what looks like a secret is left out.

    Examples:
        >>> print(fault(FullError, "root://host//store/a", "no space"))
        the store is full: root://host//store/a (no space)
          cure: free some space, or name another store; what is complete stays valid
        >>> fault(ClockError, "61 min behind the server's: s3://bucket/a").problem
        "this machine's clock is 61 min behind the server's: s3://bucket/a"
        >>> fault(StoreError, "davs://host/a", "GET /a?authz=eyJ0 failed").problem
        'the server reports an error: davs://host/a (GET /a?authz=... failed)'
    """
    problem, cure = _SENTENCES[kind]
    said = _SECRET.sub(r"\1...", " ".join(str(reason).split()))
    error = kind(problem.format(address) + (f" ({said})" if said else ""), cure=cure)
    if isinstance(error, UnreachableError):
        error.reason = said
    return error
