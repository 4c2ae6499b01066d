"""Clocks that are off: servers then refuse credentials that are sound, and their certificates look wrong."""

from __future__ import annotations

import contextlib
import email.utils
import ssl
import time

from analysis.errors import StoreError
from analysis.provenance.remote.faults import CertificateError, ClockError, CredentialsError, NotPermittedError, fault

__all__ = ["bad_certificate", "certificate_problem", "refused", "seconds_ahead"]

# less than that is no reason to be refused: servers allow for as much
_LEAST = 300.0
# OpenSSL's numbers of what is wrong with a certificate: not valid yet, not valid any more
_DATES = {9, 10}


def seconds_ahead(date: str) -> float:
    """Seconds that this machine's clock is ahead of a server's; 0 if it does not tell its time.

    Args:
        date: the server's header of that name.

    Examples:
        >>> seconds_ahead("Thu, 01 Jan 1970 00:00:00 GMT") > 1e9
        True
        >>> seconds_ahead("soon")
        0.0
    """
    try:
        return time.time() - email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0.0


def refused(kind: type[StoreError], address: str, reason: object, date: str) -> StoreError:
    """The error that a server refuses something; it is about clocks if that explains it.

    Args:
        kind: of the error, by what the server says.
        address: of the file or folder.
        reason: what the server says.
        date: its header of that name.
    """
    ahead = seconds_ahead(date)
    if kind is ClockError or (issubclass(kind, (CredentialsError, NotPermittedError)) and abs(ahead) > _LEAST):
        way = "ahead of" if ahead > 0 else "behind"
        differs = f"{_span(abs(ahead))} {way}" if abs(ahead) >= 60 else "not"
        return fault(ClockError, f"{differs} the server's: {address}", reason)
    return fault(kind, address, reason)


def certificate_problem(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """Find among the causes of an error that the certificate of a server was not accepted; ``None`` if it is none."""
    while error is not None:
        # aiohttp's error is one as well, without OpenSSL's number
        inner = getattr(error, "certificate_error", error)
        if isinstance(inner, ssl.SSLCertVerificationError):
            return inner
        error = error.__cause__ or error.__context__
    return None


def bad_certificate(problem: ssl.SSLCertVerificationError, address: str, base: str) -> StoreError:
    """The error that the certificate of a server is not accepted; about clocks, if its dates are sound by its own.

    Args:
        problem: what OpenSSL says.
        address: of the file or folder.
        base: of the server, which is asked for its time without any credentials.
    """
    reason = getattr(problem, "verify_message", "") or str(problem)
    date = _date_of(base) if getattr(problem, "verify_code", 0) in _DATES else ""
    return refused(CertificateError, address, reason, date)


def _date_of(base: str) -> str:
    """The time that a server tells whoever asks, empty if it does not; only good for an explanation."""
    import httpx

    with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
        return str(httpx.head(base, verify=False, timeout=5.0).headers.get("date", ""))
    return ""


def _span(seconds: float) -> str:
    """A time as people say it.

    Examples:
        >>> _span(3660), _span(90_000), _span(400_000)
        ('61 min', '25 h', '5 days')
    """
    if seconds < 3 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 72 * 3600 else f"{seconds / 86400:.0f} days"
