from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from analysis.errors import DataError, StudyError
from analysis.exchange.bringing import bring
from analysis.exchange.folder import listed, read
from analysis.exchange.published import Published, address_of, place_of
from analysis.provenance.remote.options import Options
from analysis.readers.opening import Access
from tests.analysis.exchange.strangers import write_folder

NAMES = ("config.json", "model.onnx")
HERE = Access()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "stranger")
    (tmp_path / "here").mkdir()
    return tmp_path / "stranger"


@pytest.fixture
def served(folder: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(folder.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}"
        server.shutdown()
        thread.join()


def sums_of(folder: Path) -> str:
    return listed(read(folder).digests)


def digest(folder: Path) -> str:
    return hashlib.sha256(sums_of(folder).encode()).hexdigest()


def test_the_digest_is_the_same_with_and_without_a_list_of_sums(folder: Path, tmp_path: Path):
    assert digest(folder) == write_folder(tmp_path / "again")
    published, here = Published(str(folder), digest(folder)), tmp_path / "here"
    bring(published, NAMES, here, HERE)
    assert (here / "model.onnx").read_bytes() == (folder / "model.onnx").read_bytes()
    (folder / "SHA256SUMS").write_text(sums_of(folder))
    # what is hidden, and folders of git, are no part of it
    (folder / ".git").mkdir()
    bring(published, NAMES, here, HERE)
    assert hashlib.sha256((here / "SHA256SUMS").read_bytes()).hexdigest() == published.sha256


def test_another_content_is_refused(folder: Path, tmp_path: Path):
    published, here = Published(str(folder), digest(folder)), tmp_path / "here"
    text = sums_of(folder)
    (folder / "model.onnx").write_bytes(b"another")
    with pytest.raises(DataError, match=f"{folder} has the digest .*, not {published.sha256}"):
        bring(published, NAMES, here, HERE)
    (folder / "SHA256SUMS").write_text(text)
    with pytest.raises(DataError, match=r"model\.onnx is damaged"):
        bring(published, NAMES, here, HERE)
    assert not (here / "model.onnx").exists()
    (folder / "SHA256SUMS").unlink()
    published = Published(str(folder), write_folder(folder))
    with pytest.raises(DataError, match=r"have no file 'more\.onnx'\n  cure: name one of: config\.json, model\.onnx"):
        bring(published, ("more.onnx",), here, HERE)


def test_from_a_server_and_from_a_mirror(folder: Path, served: str, tmp_path: Path):
    published, here = Published(served, digest(folder)), tmp_path / "here"
    quick = Access(options=Options(attempts=1))
    with pytest.raises(DataError, match="404"):
        bring(published, NAMES, here, quick)
    (folder / "SHA256SUMS").write_text(sums := sums_of(folder))
    bring(published, NAMES, here, quick)
    assert (here / "model.onnx").read_bytes() == (folder / "model.onnx").read_bytes()
    # a list that names what is no file of the folder, although its digest is the right one
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  ../model.onnx\n")
    wrong = Published(served, hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest())
    with pytest.raises(DataError, match=r"has the line '0+  \.\./model\.onnx'"):
        bring(wrong, NAMES, here, quick)
    (folder / "SHA256SUMS").write_text(sums)
    with pytest.raises(DataError, match="expected SHA-256 000"):
        bring(Published(served, "0" * 64), NAMES, here, quick)
    # the address is not needed where a mirror has the content
    kept = tmp_path / "mirror" / place_of(published, "")
    kept.parent.mkdir(parents=True)
    folder.rename(kept)
    bring(Published("zenodo:1", published.sha256), NAMES, here, Access((tmp_path / "mirror",)))
    kept.rename(tmp_path / "mirror" / "mine")
    bring(Published("mine", published.sha256), NAMES, here, Access((tmp_path / "mirror",)))
    with pytest.raises(DataError, match=r"write beside\('other'\)"):
        bring(Published("other", published.sha256), NAMES, here, HERE)
    with pytest.raises(DataError, match="there is no folder /nowhere"):
        bring(Published("/nowhere", published.sha256), NAMES, here, HERE)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/data/n-1/", "/data/n-1/a"),
        ("https://example.org/n-1", "https://example.org/n-1/a"),
        ("zenodo:12", "https://zenodo.org/records/12/files/a"),
        ("hf:erum/n@main", "https://huggingface.co/erum/n/resolve/main/a"),
    ],
)
def test_addresses(address: str, expected: str):
    assert address_of(Published(address, "0" * 64), "a") == expected


@pytest.mark.parametrize(
    ("address", "sha256"), [("ftp://x/y", "0" * 64), ("hf:name", "0" * 64), ("x", "abc"), ("", "0" * 64)]
)
def test_what_is_no_address_or_digest_is_told(address: str, sha256: str):
    with pytest.raises(StudyError, match="cure: write"):
        Published(address, sha256)
