"""Credentials for storage servers: tokens, proxies and keys, from the environment and the site's tools only."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.faults import CredentialsError

__all__ = ["bearer_token", "certificate_folder", "check_credentials", "proxy_file"]


def check_credentials(url: str, *, needed: float = 0.0) -> None:
    """Refuse credentials for a store that have expired, or will before they are needed for the last time.

    No server is asked. Servers that need no credentials are none of this function's business: what is not there is no
    error, except for S3, where nobody writes without.

    Args:
        url: address of the store.
        needed: seconds from now for which they have to be valid, such as the longest run time of a job.

    Raises:
        CredentialsError: a token or proxy has expired, expires too soon or cannot be read; no keys for S3.
    """
    address = Address.parse(url)
    if address.scheme in {"davs", "https", "root", "roots"}:
        token, where = _token()
        if token:
            _check_end(
                f"the token of {where}",
                _token_end(token, where),
                needed,
                "get a new token, for example with oidc-token",
            )
        # a token is used instead of a proxy
        elif proxy := proxy_file():
            _check_end(
                f"the proxy {proxy}", _proxy_end(proxy), needed, "get a new proxy, for example with voms-proxy-init"
            )
    elif address.scheme == "s3":
        _check_keys(needed)


def bearer_token() -> str:
    """The token for servers, empty if there is none; found as the WLCG's profile for tokens says.

    Raises:
        CredentialsError: the file that ``BEARER_TOKEN_FILE`` names cannot be read.
    """
    return _token()[0]


def proxy_file() -> str:
    """The file of an X.509 proxy: what ``X509_USER_PROXY`` names, else the usual one; empty if there is none.

    Raises:
        CredentialsError: there is no file where ``X509_USER_PROXY`` says.
    """
    if named := os.environ.get("X509_USER_PROXY"):
        if not os.access(named, os.R_OK):
            raise CredentialsError(
                f"X509_USER_PROXY names {named}, which cannot be read",
                cure="get a proxy, for example with voms-proxy-init",
            )
        return named
    usual = f"/tmp/x509up_u{os.getuid()}"
    return usual if _is_own(usual) and os.access(usual, os.R_OK) else ""


def certificate_folder() -> str:
    """The folder of the certificate authorities that servers are checked with; empty for the system's own."""
    folder = os.environ.get("X509_CERT_DIR") or "/etc/grid-security/certificates"
    return folder if os.path.isdir(folder) else ""


def _token() -> tuple[str, str]:
    """The token, and where it is from."""
    if token := os.environ.get("BEARER_TOKEN", "").strip():
        return token, "BEARER_TOKEN"
    named = os.environ.get("BEARER_TOKEN_FILE")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    usual = [Path(folder, f"bt_u{os.getuid()}") for folder in (runtime, "/tmp") if folder]
    for file in [Path(named)] if named else filter(_is_own, usual):
        try:
            if token := file.read_text().strip():
                return token, str(file)
        except OSError as error:
            if named:
                raise CredentialsError(
                    f"BEARER_TOKEN_FILE names {file}, which cannot be read ({error.strerror})",
                    cure="get a token, for example with oidc-token or htgettoken, or unset the variable",
                ) from None
    return "", ""


def _is_own(file: str | Path) -> bool:
    """Whether a file is this user's, as others may write where the usual ones are. Of a link, its own owner counts."""
    with contextlib.suppress(OSError):
        return os.lstat(file).st_uid == os.geteuid()
    return False


def _token_end(token: str, where: str) -> float | None:
    """Return the expiry time of a token, seconds since the epoch; ``None`` if it does not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return None  # not every token is a JSON web token
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"]) if "exp" in claims else None
    except (binascii.Error, ValueError, TypeError):
        # the error's own text would show a part of it
        raise CredentialsError(f"the token of {where} is damaged", cure="get a new token") from None


def _proxy_end(file: str) -> float:
    """Return the time when the first of a proxy's certificates expires, seconds since the epoch."""
    from cryptography import x509

    try:
        certificates = x509.load_pem_x509_certificates(Path(file).read_bytes())
    except (OSError, ValueError):
        raise CredentialsError(
            f"the proxy {file} is damaged", cure="get a new proxy, for example with voms-proxy-init"
        ) from None
    return min(certificate.not_valid_after_utc.timestamp() for certificate in certificates)


def _check_keys(needed: float) -> None:
    """Refuse missing or expired keys for S3."""
    import botocore.exceptions
    import botocore.session

    try:
        found = botocore.session.get_session().get_credentials()
    except botocore.exceptions.BotoCoreError as error:
        raise CredentialsError(
            f"the keys for S3 cannot be had: {error}", cure="correct ~/.aws or AWS_PROFILE"
        ) from None
    if found is None:
        raise CredentialsError(
            "there are no keys for S3",
            cure="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them into ~/.aws/credentials; jobs of a "
            "site get no keys from the shell: AWS_SHARED_CREDENTIALS_FILE=FILE, and its name in the site's 'variables'",
        )
    if end := os.environ.get("AWS_CREDENTIAL_EXPIRATION"):
        _check_end("the keys for S3", _moment(end), needed, "get new keys from your site")


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _check_end(name: str, end: float | None, needed: float, cure: str) -> None:
    if end is None:
        return
    left = end - time.time()
    if left <= 0:
        raise CredentialsError(f"{name} expired on {datetime.fromtimestamp(end, UTC):%Y-%m-%d at %H:%M} UTC", cure=cure)
    if left < needed:
        raise CredentialsError(
            f"{name}: valid for {left / 3600:.1f} h more, while jobs may need {needed / 3600:.1f} h", cure=cure
        )
