"""Credentials that have expired, or will too soon, are named before anything is sent; none is ever shown."""

from __future__ import annotations

import base64
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from analysis.provenance.remote.credentials import bearer_token, check_credentials, proxy_file
from analysis.provenance.remote.faults import CredentialsError

HOUR = 3600.0


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "BEARER_", "X509_", "XDG_RUNTIME")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    # a user without files of the usual names
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)


def token(**claims: object) -> str:
    """A JSON web token, signed by nobody."""
    parts = ({"alg": "none"}, claims, {"signature": "hush"})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def proxy(path: Path, *hours: float) -> str:
    """A file like a proxy's, of certificates that end in so many hours each."""
    content = b""
    for left in hours:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Jane")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(hours=left))
            .sign(key, hashes.SHA256())
        )
        content += certificate.public_bytes(Encoding.PEM)
        content += key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    path.write_bytes(content)
    return str(path)


def test_none_are_needed() -> None:
    for url in ("root://host//store", "davs://host/store", "sftp://host/store", "file:///store", "memory://a"):
        check_credentials(url, needed=HOUR)
    assert bearer_token() == ""
    assert proxy_file() == ""


def test_a_token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEARER_TOKEN", token(exp=time.time() + 2 * HOUR))
    check_credentials("root://host//store", needed=HOUR)
    with pytest.raises(CredentialsError, match=r"BEARER_TOKEN: valid for 2\.0 h more, .* need 12\.0 h"):
        check_credentials("davs://host/store", needed=12 * HOUR)


def test_an_expired_token_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(token(exp=1_600_000_000) + "\n")
    monkeypatch.setenv("BEARER_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(CredentialsError, match="token expired on 2020-09-13 at 12:26 UTC") as error:
        check_credentials("https://host/store")
    assert "eyJ" not in str(error.value)
    # S3 has nothing to do with it
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    check_credentials("s3://bucket/store")


def test_tokens_are_found_where_they_usually_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "bt_u4000000000").write_text("opaque")
    assert bearer_token() == "opaque"
    # it does not say when it ends
    check_credentials("root://host//store", needed=HOUR)


@pytest.mark.parametrize("kind", ["file", "link"])
def test_files_of_somebody_else_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    if os.geteuid():
        pytest.skip("only the machine's administrator can give a file away")
    usual = [tmp_path / "bt_u4000000000", Path("/tmp/x509up_u4000000000")]
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "mine").write_text("private")
    try:
        for file in usual:
            file.symlink_to(tmp_path / "mine") if kind == "link" else file.write_text("opaque")
        assert bearer_token() == ("private" if kind == "link" else "opaque")
        assert proxy_file() == str(usual[1])
        for file in usual:
            os.chown(file, 12345, -1, follow_symlinks=False)
        assert bearer_token() == ""
        assert proxy_file() == ""
    finally:
        usual[1].unlink(missing_ok=True)


def test_a_token_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEARER_TOKEN", token(sub="jane"))
    check_credentials("root://host//store", needed=1e9)


def test_a_damaged_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEARER_TOKEN", "very.sec!ret.token")
    with pytest.raises(CredentialsError, match="the token of BEARER_TOKEN is damaged") as error:
        check_credentials("root://host//store")
    assert "sec!ret" not in str(error.value)


def test_a_token_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BEARER_TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(CredentialsError, match=r"BEARER_TOKEN_FILE names .*none, which cannot be read"):
        check_credentials("root://host//store")


def test_a_proxy_ends_with_the_first_of_its_certificates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X509_USER_PROXY", proxy(tmp_path / "proxy", 100, 2, 1000))
    check_credentials("root://host//store", needed=HOUR)
    with pytest.raises(CredentialsError, match=r"proxy .*/proxy: valid for 2\.0 h more"):
        check_credentials("root://host//store", needed=3 * HOUR)
    monkeypatch.setenv("X509_USER_PROXY", proxy(tmp_path / "old", 100, -1))
    with pytest.raises(CredentialsError, match="/old expired on"):
        check_credentials("davs://host/store")
    # a token is used instead
    monkeypatch.setenv("BEARER_TOKEN", token(exp=time.time() + HOUR))
    check_credentials("davs://host/store")


def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X509_USER_PROXY", str(tmp_path / "none"))
    with pytest.raises(CredentialsError, match=r"X509_USER_PROXY names .*none, which cannot be read"):
        check_credentials("root://host//store")
    (tmp_path / "bad").write_text("-----BEGIN CERTIFICATE-----\nhush\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("X509_USER_PROXY", str(tmp_path / "bad"))
    with pytest.raises(CredentialsError, match="/bad is damaged") as error:
        check_credentials("root://host//store")
    assert "hush" not in str(error.value)


def test_keys_for_s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CredentialsError, match="no keys for S3"):
        check_credentials("s3://bucket/store")
    (tmp_path / "keys").write_text("[default]\naws_access_key_id = key\naws_secret_access_key = hush\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    check_credentials("s3://bucket/store", needed=HOUR)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-09-13T12:26:40+00:00")
    with pytest.raises(CredentialsError, match="the keys for S3 expired on 2020"):
        check_credentials("s3://bucket/store")
