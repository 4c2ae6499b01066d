"""Files of events into the store: copied or downloaded, checked, and only then put in their place."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from analysis.errors import DataError, StoreError
from analysis.provenance.remote.checksums import checksum_of
from analysis.provenance.remote.connecting import locate
from analysis.provenance.remote.faults import NoConnectionError, UnreachableError, fault
from analysis.provenance.remote.waiting import repeated, server_of
from analysis.readers.opening import (
    Access,
    check_local,
    identity_of,
    local_path,
    mirrored_path,
    note_compared,
)
from analysis.source_files import SourceFile

if TYPE_CHECKING:
    import httpx

__all__ = ["fetch"]

Progress = Callable[[int, int], None]

_BLOCK = 1 << 20
# what arrives of a block before a connection breaks is lost
_NETWORK_BLOCK = 1 << 16
# statuses of a server that has too much to do, or whose proxy does not reach it
_BUSY = {429, 502, 503}
_TIMEOUT = {"timeout": 60.0, "connect": 10.0}
_COPY_CURE = "replace the copy, unset ERUMFLOW_MIRROR, or correct the SHA-256 and the size in the study"
_FILE_CURE = (
    "bring back what was there, or describe all files of that catalogue anew if that is what you want "
    "(law run DescribeFiles --files '...' --output CATALOGUE)"
)
_MIRROR_CURE = "name a folder that holds it as {place} in ERUMFLOW_MIRROR, or connect to the network"


def fetch(file: SourceFile, destination: Path, *, access: Access, progress: Progress | None = None) -> None:
    """Bring a file to a local place: a copy of one on this machine, or a download.

    Mirror folders are tried first. A download goes to ``<destination>.download``; what an interrupted one left there is
    gone on with if the server can serve parts of a file. The destination only ever holds the whole, checked file.

    Args:
        file: what to fetch, with its digest.
        destination: where to; its folder must exist.
        access: the way to it.
        progress: called as ``progress(done, total)`` with numbers of bytes; the total is 0 when it is not known.

    Raises:
        DataError: the content is not what the catalogue says, or the file can be had from nowhere.
        StoreError: the file cannot be written, or a server cannot be reached.
    """
    destination = Path(destination)
    report = progress or (lambda done, total: None)
    partial = destination.with_name(destination.name + ".download")
    try:
        with _alone(partial):
            # another process may have brought it while this one waited
            if destination.is_file() and _digest(destination)[0].hexdigest() == file.sha256:
                partial.unlink()
                return
            copy = local_path(file, access)
            if copy is not None:
                _copy(file, copy, access, partial, report)
            elif file.url.startswith(("https://", "http://")):
                _download(file, partial, access, report)
            else:
                _download_ranges(file, access, partial, report)
            partial.replace(destination)
    except OSError as error:
        raise StoreError(
            f"{destination} cannot be written: {error.strerror or error}", cure="make room or choose another store"
        ) from error


@contextlib.contextmanager
def _alone(partial: Path) -> Iterator[None]:
    """Keep other processes away from a temporary file; wait for the one that has it."""
    while True:
        with partial.open("ab") as handle:
            # where the file system has no locks, two downloads at once end in a wrong digest and a clear message
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
            # the one waited for has renamed the file that was locked here
            if not partial.exists() or not os.path.samestat(os.fstat(handle.fileno()), partial.stat()):
                continue
            yield
            return


def _digest(path: Path) -> tuple[hashlib._Hash, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return digest, size


def _copy(file: SourceFile, source: Path, access: Access, partial: Path, report: Progress) -> None:
    mirrored = source == mirrored_path(file, access)
    try:
        incoming = source.open("rb")
    except OSError as error:
        partial.unlink()
        raise DataError(
            f"the file {file.name!r} cannot be read: {source}: {error.strerror}",
            cure=_MIRROR_CURE.format(place=file.place) if mirrored else "correct its address, or bring it back",
        ) from error
    timed = not file.sha256 and file.checksum.startswith("modified:")
    with incoming, partial.open("wb") as outgoing:
        if timed and not mirrored:
            # a copy tells nothing of the time of its original
            check_local(file, source)
        facts = os.fstat(incoming.fileno())
        digest = _transfer(
            iter(lambda: incoming.read(_BLOCK), b""), outgoing, hashlib.sha256(), 0, facts.st_size, report
        )
    if mirrored:
        _check(file, digest, partial, f"the copy {source} in the mirror", _COPY_CURE)
    else:
        _check(file, digest, partial, str(source), _FILE_CURE)
        note_compared(source, facts, digest)


def _download_ranges(file: SourceFile, access: Access, partial: Path, report: Progress) -> None:
    """Download from a server that serves parts of files, from where an earlier try ended."""
    files, name = locate(file.url, access.options)
    size, checksum = identity_of(file, files, name)
    if not file.sha256 and file.checksum not in ("", checksum.text):
        raise DataError(
            f"what {file.url} serves is not the file {file.name!r} of the catalogue: {checksum.text}, "
            f"not {file.checksum}",
            cure=_FILE_CURE,
        )
    try:
        digest, done = _digest(partial)
        resumed = done > 0
        while True:
            blocks = (
                files.read_ranges(name, [(start, min(start + access.options.chunk, size))])[0]
                for start in range(min(done, size), size, access.options.chunk)
            )
            with partial.open("ab" if resumed else "wb") as outgoing:
                found = _transfer(blocks, outgoing, digest, done, size, report)
            if not resumed or (file.sha256 and found == file.sha256):
                break
            if (
                not file.sha256
                and checksum.kind in ("adler32", "md5")
                and checksum_of(partial, checksum.kind) == checksum
            ):
                break
            # what an earlier try left is of something else: once more from the beginning
            digest, done, resumed = hashlib.sha256(), 0, False
    finally:
        files.release(name)
    _check(file, found, partial, f"what {file.url} serves", _FILE_CURE)


def _download(file: SourceFile, partial: Path, access: Access, report: Progress) -> None:
    server = server_of(file.url)
    resume = True
    while True:
        try:
            resumed, digest = repeated(
                lambda _: _received(file, partial, resume, access, report),  # noqa: B023
                server,
                access.options,
            )
        except UnreachableError as error:
            raise _unavailable(file, f"the download failed ({error.reason})") from error
        if not resumed or digest == file.sha256:
            break
        # what an earlier try left is of something else: once more from the beginning
        resume = False
    _check(
        file,
        digest,
        partial,
        f"what {file.url} serves",
        "use a mirror with the right file, or correct the SHA-256 in the study",
    )


def _received(file: SourceFile, partial: Path, resume: bool, access: Access, report: Progress) -> tuple[bool, str]:
    """As :func:`_receive`; an error that waiting can help against is one of those of servers."""
    import httpx

    from analysis.provenance.remote.webdav_requests import fault_of_transport

    while True:
        before = partial.stat().st_size
        try:
            return _receive(file, partial, resume, report)
        except httpx.HTTPStatusError as error:
            answer = error.response
            said = f"the server answers {answer.status_code} {answer.reason_phrase}"
            if answer.status_code in _BUSY:
                raise fault(NoConnectionError, file.url, said) from error
            raise _unavailable(file, said) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # a broken connection that brought something on is worth another one at once
            if partial.stat().st_size <= before:
                raise fault_of_transport(error, file.url, access.options.timeout) from error
            server_of(file.url).answers()


def _receive(file: SourceFile, partial: Path, resume: bool, report: Progress) -> tuple[bool, str]:
    """Write the file's content to its temporary place; whether it was gone on with, and the digest of all of it."""
    import httpx

    digest, done = _digest(partial) if resume else (hashlib.sha256(), 0)
    if digest.hexdigest() == file.sha256:
        # killed between the last byte and the renaming
        return True, file.sha256
    # stored content must arrive as it is: no compression on the way
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    timeout = httpx.Timeout(**_TIMEOUT)
    with httpx.stream("GET", file.url, headers=headers, timeout=timeout, follow_redirects=True) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return True, ""
        response.raise_for_status()
        resumed = done > 0 and _continues(response, done)
        if not resumed:
            digest, done = hashlib.sha256(), 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else (file.size or 0)
        with partial.open("ab" if resumed else "wb") as outgoing:
            content = _transfer(response.iter_raw(_NETWORK_BLOCK), outgoing, digest, done, total, report)
        if length and partial.stat().st_size < total:
            raise httpx.ReadError(f"{partial.stat().st_size} of {total} bytes arrived")
    return resumed, content


def _continues(response: httpx.Response, done: int) -> bool:
    return response.status_code == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {done}-")


def _transfer(
    blocks: Iterable[bytes], outgoing: BinaryIO, digest: hashlib._Hash, done: int, total: int, report: Progress
) -> str:
    report(done, total)
    for block in blocks:
        outgoing.write(block)
        digest.update(block)
        done += len(block)
        report(done, total)
    outgoing.flush()
    os.fsync(outgoing.fileno())
    return digest.hexdigest()


def _check(file: SourceFile, digest: str, partial: Path, what: str, cure: str) -> None:
    size = partial.stat().st_size
    kind, expected, found = "SHA-256", file.sha256, digest
    if not file.sha256:
        kind, _, expected = file.checksum.partition(":")
        # a server's own name of a content is compared where it is asked for
        found = checksum_of(partial, kind).digest if kind in ("adler32", "md5") else expected
    if found == expected and file.size in (None, size):
        return
    partial.unlink()
    raise DataError(
        f"{what} is not the file {file.name!r} of the catalogue: expected {kind} {expected}"
        f"{'' if file.size is None else f' ({file.size} bytes)'}, found {found} ({size} bytes)",
        cure=cure,
    )


def _unavailable(file: SourceFile, reason: str) -> DataError:
    return DataError(
        f"the file {file.name!r} is in no mirror and cannot be downloaded: {reason}\n"
        f"  URL: {file.url}\n  SHA-256: {file.sha256}",
        cure=_MIRROR_CURE.format(place=file.place),
    )
