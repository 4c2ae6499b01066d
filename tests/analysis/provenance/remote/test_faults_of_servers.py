"""What goes wrong on servers, and what the user is told."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analysis.errors import StoreError
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.faults import (
    ChecksumError,
    CredentialsError,
    FullError,
    NotPermittedError,
    TimedOutError,
    UnreachableError,
)
from analysis.provenance.remote.options import Options
from tests.analysis.provenance.remote.folders import Server
from tests.services.servers import S3, SFTP, XRootD

pytestmark = pytest.mark.services

Write = Callable[[bytes], Path]
BOTH = pytest.mark.parametrize("server", ["root", "http"], indirect=True)


@pytest.fixture
def nowhere() -> Iterator[int]:
    """A port of this machine that nothing listens on, and nothing else gets meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    "url", ["root://127.0.0.1:{}//a", "http://127.0.0.1:{}/a", "sftp://me@127.0.0.1:{}/a", "s3://b/a"]
)
def test_nothing_listens(url: str, nowhere: int, local: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    files = connect(url.format(nowhere), Options(endpoint=f"http://127.0.0.1:{nowhere}"))
    begun = time.monotonic()
    with pytest.raises(UnreachableError, match="cannot be reached") as error:
        files.stat("x")
    assert time.monotonic() - begun < 25
    assert "very-secret" not in str(error.value)
    with pytest.raises(UnreachableError):
        connect(files.url, Options(endpoint=f"http://127.0.0.1:{nowhere}", attempts=1)).listing("")


@pytest.mark.alone
@BOTH
def test_a_server_that_hangs(server: Server, xrootd: XRootD, local: Write) -> None:
    files = replace(server, options=Options(timeout=3)).files()
    files.upload(local(b"1"), "a")
    xrootd.pause()
    try:
        begun = time.monotonic()
        with pytest.raises(TimedOutError, match="did nothing for too long"):
            files.stat("a")
        assert 2 < time.monotonic() - begun < 10
    finally:
        xrootd.resume()
    assert files.read("a") == b"1"


def test_a_file_that_another_is_writing(xrootd: XRootD) -> None:
    # the server tells the reader to wait for a minute
    from XRootD import client
    from XRootD.client.flags import OpenFlags

    files = connect(f"{xrootd.url}/{uuid.uuid4().hex}", Options(timeout=10))
    file = client.File()
    status, _ = file.open(f"{files.url}/a", OpenFlags.NEW | OpenFlags.MAKEPATH | OpenFlags.POSC)
    assert status.ok, status.message
    writing = threading.Timer(1, lambda: (file.write(b"1"), file.close()))
    writing.start()
    assert files.read("a") == b"1"
    writing.join()
    file = client.File()
    assert file.open(f"{files.url}/b", OpenFlags.NEW | OpenFlags.POSC)[0].ok
    begun = time.monotonic()
    with pytest.raises(TimedOutError):
        connect(files.url, Options(timeout=2)).read("b")
    assert 1.5 < time.monotonic() - begun < 6
    file.close()
    files.remove_tree("")


def test_an_upload_in_parts_that_the_server_forgets(s3: S3, local: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.session import get_session

    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(s3.credentials))
    files = connect(f"s3://{s3.bucket}/{uuid.uuid4().hex}", Options(endpoint=s3.endpoint))
    content = os.urandom(2**20) * 110
    forgotten: list[str] = []

    def forget() -> None:
        client = get_session().create_client("s3", endpoint_url=s3.endpoint, region_name="us-east-1")
        until = time.monotonic() + 30
        while not forgotten and time.monotonic() < until:
            for upload in client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads", ()):
                if upload["Key"] == f"{files.url.rpartition('/')[2]}/large":
                    client.abort_multipart_upload(Bucket=s3.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
                    forgotten.append(upload["UploadId"])
            time.sleep(0.02)

    forgetting = threading.Thread(target=forget)
    forgetting.start()
    files.upload(local(content), "large")
    forgetting.join()
    assert len(forgotten) == 1
    assert files.listing("")["large"].size == len(content)


@pytest.mark.alone
@BOTH
def test_a_server_that_ends_while_a_file_goes(server: Server, xrootd: XRootD, tmp_path: Path, local: Write) -> None:
    files = replace(server, options=Options(timeout=6)).files()
    assert server.folder is not None
    files.upload(local(b"old"), "records/a")
    large = tmp_path / "large"
    with open(large, "wb") as file:
        file.truncate(8 * 2**30)
    raised: list[BaseException] = []
    uploading = threading.Thread(target=raising, args=(raised, lambda: files.upload(large, "records/a")))
    uploading.start()
    wait_for(lambda: parts(server.folder), uploading)
    xrootd.stop()
    uploading.join(60)
    assert isinstance(raised[0], UnreachableError), raised
    xrootd.start()
    assert files.read("records/a") == b"old"
    assert files.listing("records").keys() == {"a"}
    files.remove_tree("records")
    assert not (server.folder / "records").exists()


@pytest.mark.alone
@BOTH
def test_a_server_that_ends_while_a_file_comes(server: Server, xrootd: XRootD, tmp_path: Path, local: Write) -> None:
    files = replace(server, options=Options(timeout=6)).files()
    assert server.folder is not None
    files.upload(local(b"1"), "first")
    # too large for what lies between server and disk
    with open(server.folder / "large", "wb") as file:
        file.truncate(4 * 2**30)
    here = tmp_path / "here"
    here.mkdir()
    (here / "large").write_bytes(b"old")
    raised: list[BaseException] = []
    download = threading.Thread(target=raising, args=(raised, lambda: files.download("large", here / "large")))
    download.start()
    wait_for(lambda: any(p.stat().st_size > 2**20 for p in here.glob("*.part") if p.exists()), download)
    xrootd.stop()
    download.join(60)
    assert isinstance(raised[0], UnreachableError), raised
    assert [p.name for p in here.iterdir()] == ["large"]
    assert (here / "large").read_bytes() == b"old"
    xrootd.start()
    (server.folder / "large").unlink()
    assert files.read("first") == b"1"


@pytest.mark.alone
@BOTH
def test_a_server_that_comes_back_in_time(server: Server, xrootd: XRootD, local: Write) -> None:
    files = replace(server, options=Options(attempts=6)).files()
    files.upload(local(b"1"), "a")
    xrootd.stop()
    threading.Timer(2, xrootd.start).start()
    assert files.read("a") == b"1"


def raising(raised: list[BaseException], action: Callable[[], None]) -> None:
    try:
        action()
    except BaseException as error:
        raised.append(error)


def parts(folder: Path | None) -> bool:
    assert folder is not None
    return any(p.stat().st_size > 2**20 for p in (folder / "records").glob("*.part"))


def wait_for(condition: Callable[[], bool], thread: threading.Thread) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert thread.is_alive()
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("failures", [1, 99])
def test_a_server_that_fails_to_tell_a_checksum(
    xrootd: XRootD, local: Write, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    """For a moment, as a busy one does, or always, as one does that knows none: that is not asked for ever."""
    from XRootD import client

    folder = f"{xrootd.url}/{uuid.uuid4().hex}"
    for name in ("a", "b"):
        connect(folder).upload(local(b"1"), name)
    tell, asked = client.FileSystem.query, 0

    def query(self: Any, *question: Any) -> Any:
        nonlocal asked
        asked += 1
        failed = SimpleNamespace(ok=False, code=400, errno=3012, message="cannot be told")
        return (failed, None) if asked <= failures else tell(self, *question)

    monkeypatch.setattr(client.FileSystem, "query", query)
    files = connect(folder)
    kinds = [files.identity(name)[1].kind for name in ("a", "b")]
    assert (kinds, asked) == ((["adler32"] * 2, 3) if failures == 1 else (["modified"] * 2, 3))


def test_a_store_that_is_read_only(xrootd: XRootD, local: Write) -> None:
    for url in (xrootd.readonly_url, xrootd.http_url.replace("/store", "/readonly")):
        files = connect(url)
        assert files.read("hello.txt") == b"hello\n"
        with pytest.raises(NotPermittedError, match="does not permit"):
            files.upload(local(b"1"), "a")
        with pytest.raises(NotPermittedError, match="does not permit"):
            files.create("a", b"1")
        with pytest.raises(NotPermittedError, match="does not permit"):
            files.remove("hello.txt")
        assert files.stat("a") is None


@pytest.mark.parametrize("over", ["root", "http"])
def test_a_store_that_is_full(xrootd: XRootD, over: str, local: Write) -> None:
    files = connect(xrootd.full_url if over == "root" else xrootd.http_url.replace("/store", "/full"))
    before = files.listing("")
    # over http the server ends the connection without a word
    kind, words = (FullError, "the store is full") if over == "root" else (UnreachableError, "when it is full")
    with pytest.raises(kind, match=words):
        files.upload(local(os.urandom(100_000)), "a")
    with pytest.raises(kind, match=words):
        files.create("lease", b"me")
    assert files.listing("") == before
    assert list((xrootd.folder / "full").glob(".*")) == []


@BOTH
def test_a_file_that_is_damaged_on_the_server(server: Server, local: Write, tmp_path: Path) -> None:
    files = server.files()
    assert server.folder is not None
    files.upload(local(os.urandom(100_000)), "a")
    # the disk changes a byte, nobody writes
    there = server.folder / "a"
    times = there.stat()
    with open(there, "r+b") as file:
        file.seek(5_000)
        byte = file.read(1)[0]
        file.seek(5_000)
        file.write(bytes([byte ^ 1]))
    os.utime(there, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(ChecksumError, match=r"damaged.*adler32"):
        files.download("a", tmp_path / "back")
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("key", ["", "nobody"])
def test_wrong_keys_for_s3(s3: S3, key: str, local: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key or s3.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    files = connect(f"s3://{s3.bucket}/x", Options(endpoint=s3.endpoint))
    source = local(b"1")
    attempts: list[Callable[[], object]] = [
        lambda: files.stat("a"),
        lambda: files.listing(""),
        lambda: files.read("a"),
        lambda: files.download("a", tmp_path / "a"),
        lambda: files.upload(source, "a"),
        lambda: files.create("a", b"1"),
        lambda: files.rename("a", "b"),
        lambda: files.remove("a"),
        lambda: files.remove_tree("a"),
    ]
    for attempt in attempts:
        with pytest.raises(CredentialsError, match="does not accept your credentials") as error:
            attempt()
        assert "wrong-secret" not in str(error.value)


def test_no_such_bucket(s3: S3, local: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(s3.credentials))
    files = connect("s3://no-such-bucket/x", Options(endpoint=s3.endpoint))
    with pytest.raises(StoreError, match="no bucket no-such-bucket"):
        files.stat("a")
    with pytest.raises(StoreError, match="no bucket no-such-bucket"):
        files.listing("")


def test_a_host_that_is_not_known(sftp: SFTP, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("")
    options = Options(key_file=str(sftp.key_file), known_hosts=str(tmp_path / "known_hosts"))
    with pytest.raises(CredentialsError, match="known_hosts"):
        connect(sftp.url, options).stat("a")


def test_a_key_that_opens_nothing(sftp: SFTP, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (tmp_path / "key").write_bytes(key)
    options = Options(key_file=str(tmp_path / "key"), known_hosts=str(sftp.known_hosts))
    with pytest.raises(CredentialsError, match="does not accept your credentials"):
        connect(sftp.url, options).stat("a")
