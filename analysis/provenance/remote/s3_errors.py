"""Errors of S3's servers and of the libraries that talk to them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from analysis.errors import StoreError
from analysis.provenance.remote.clocks import bad_certificate, certificate_problem, refused
from analysis.provenance.remote.faults import (
    ChecksumError,
    ClockError,
    CredentialsError,
    FullError,
    MissingError,
    NoConnectionError,
    NotPermittedError,
    TimedOutError,
    UnreachableError,
    WrongServerError,
    excerpt,
    fault,
)
from analysis.provenance.remote.options import Options

__all__ = ["OF_CODE", "as_fault", "code_of", "is_of_s3", "wrong_server"]

OF_CODE: dict[str, type[StoreError]] = {
    "AccessDenied": NotPermittedError,
    "AuthorizationHeaderMalformed": CredentialsError,
    "BadDigest": ChecksumError,
    "ExpiredToken": CredentialsError,
    "InternalError": UnreachableError,
    "InvalidAccessKeyId": CredentialsError,
    "InvalidToken": CredentialsError,
    "NoSuchKey": MissingError,
    # of a file in parts, forgotten on its way: by begun anew it may come whole
    "NoSuchUpload": UnreachableError,
    "QuotaExceeded": FullError,
    "RequestTimeTooSkewed": ClockError,
    "RequestTimeout": TimedOutError,
    "ServiceUnavailable": NoConnectionError,
    "SignatureDoesNotMatch": CredentialsError,
    "SlowDown": NoConnectionError,
    "XMinioStorageFull": FullError,
    "401": CredentialsError,
    "403": NotPermittedError,
    "404": MissingError,
    "500": UnreachableError,
    "502": NoConnectionError,
    "503": NoConnectionError,
    "504": UnreachableError,
    "507": FullError,
}
"""Errors by the server's names of what went wrong, or by the status of its answer."""


def as_fault(error: Exception, address: str, options: Options) -> StoreError | None:
    """The error of a request in a user's words; ``None`` if it is not about the server."""
    import aiohttp
    import botocore.exceptions as boto
    from botocore.parsers import ResponseParserError

    if isinstance(error, ResponseParserError) or isinstance(error.__cause__, ResponseParserError):
        return wrong_server(address, options)
    if (problem := certificate_problem(error)) is not None:
        return bad_certificate(problem, address, options.endpoint)
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, (boto.ClientError, boto.BotoCoreError, aiohttp.ClientError)):
        cause = cause.__cause__
    if isinstance(cause, boto.ClientError):
        code = code_of(cause)
        headers = cause.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        # so boto calls a page that comes in place of a list
        if code in ("500", "InternalError") and not is_of_s3(headers) and _page(options):
            return wrong_server(address, options)
        if code == "NoSuchBucket":
            bucket = address.removeprefix("s3://").partition("/")[0]
            return StoreError(f"there is no bucket {bucket}: {address}", cure="make it, or correct the address")
        return refused(OF_CODE.get(code, StoreError), address, cause, headers.get("date", ""))
    if isinstance(cause, (boto.NoCredentialsError, boto.PartialCredentialsError)):
        return fault(CredentialsError, address, cause)
    if isinstance(cause, boto.ReadTimeoutError) or isinstance(error, TimeoutError):
        return fault(TimedOutError, address, f"{options.timeout:g} s")
    if isinstance(error, FileNotFoundError):
        return fault(MissingError, address)
    broken = (boto.ConnectionError, boto.HTTPClientError, aiohttp.ClientError)
    if isinstance(error, ConnectionError) or isinstance(cause, broken):
        return fault(NoConnectionError, address, cause or error)
    return fault(UnreachableError, address, cause) if cause is not None else None


def wrong_server(address: str, options: Options) -> StoreError:
    """The error that something else than an S3 server has answered."""
    return fault(WrongServerError, options.endpoint or address, f"no S3 server, it says {_page(options)!r}")


def _page(options: Options) -> str:
    """The beginning of the page at the server's address; empty if there is none."""
    import httpx

    with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
        shown = httpx.get(options.endpoint, timeout=5.0, follow_redirects=True)
        if shown.is_success and not is_of_s3(shown.headers):
            return excerpt(shown.content)
    return ""


def is_of_s3(headers: Mapping[str, str]) -> bool:
    """Whether an answer has what all S3 servers put into theirs."""
    return any(name.lower().startswith("x-amz-") for name in headers)


def code_of(error: BaseException | None) -> str:
    """The server's name for what went wrong, empty if it is not the server that says so."""
    found: str = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    return found
