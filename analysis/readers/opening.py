"""Open files of events where they are, after asking whether they are what the catalogue says."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from analysis.errors import DataError, StoreError, StudyError
from analysis.provenance.private_folder import open_private
from analysis.provenance.remote.checksums import Checksum, checksum_of
from analysis.provenance.remote.connecting import locate
from analysis.provenance.remote.faults import MissingError
from analysis.provenance.remote.files import Files
from analysis.provenance.remote.options import Options
from analysis.provenance.store import sha256_of
from analysis.readers.data_file import DataFile
from analysis.source_files import SourceFile

__all__ = ["Access", "check_local", "identity_of", "local_path", "mirrored_path", "note_compared", "open_file"]

_AGAIN = "bring back what was there, or describe it anew if that is what you want: law run DescribeFiles --files ..."


@dataclass(frozen=True)
class Access:
    """The way to files outside of the store.

    Args:
        mirrors: folders with copies of files, which are looked into first, one after the other; they need not have all
            of them.
        options: how servers are talked to.
    """

    mirrors: tuple[Path, ...] = ()
    options: Options = field(default_factory=Options)

    def open(self, file: SourceFile) -> DataFile:
        """Open a file; see :func:`open_file`."""
        return open_file(file, self)


def local_path(file: SourceFile, access: Access) -> Path | None:
    """Path of a file on this machine: in a mirror, or where its address says; ``None`` for a file on a server.

    Raises:
        StudyError: the address is a relative path.
    """
    if (copy := mirrored_path(file, access)) is not None:
        return copy
    found = file.path
    if found is not None and not found.is_absolute():
        raise StudyError(
            f"the file {file.name!r} has the address {file.url!r}, and nobody knows where to look for it",
            cure=f"write beside({file.url!r}) for a file beside the study, or the whole path",
        )
    return found


def mirrored_path(file: SourceFile, access: Access) -> Path | None:
    """Path of the first copy of a file in a mirror; ``None`` if there is none."""
    return next((copy for folder in access.mirrors if (copy := folder / file.place).is_file()), None)


def open_file(file: SourceFile, access: Access) -> DataFile:
    """Open a file where it is.

    Whether it is still what the catalogue says is asked each time: a server for its size and its checksum; a file of
    this machine is compared with its digest once, and again when its size or its time of change are others.

    Raises:
        DataError: it is not there, or not what the catalogue says.
        StoreError: the server cannot be reached.
    """
    path = local_path(file, access)
    if path is not None:
        opened = DataFile.local(path)
        try:
            # a copy tells nothing of the time of its original
            timed = not file.sha256 and file.checksum.startswith("modified:")
            check_local(replace(file, checksum="") if timed and mirrored_path(file, access) == path else file, path)
        except BaseException:
            opened.close()
            raise
        return opened
    files, name = locate(file.url, access.options)
    size = _check_served(file, files, name)
    return DataFile.remote(files, name, size, partial(_check_served, file, files, name))


def identity_of(file: SourceFile, files: Files, name: str) -> tuple[int, Checksum]:
    """Size and checksum of a file, as its server tells them.

    Raises:
        DataError: it is not there.
        StoreError: the server cannot be asked.
    """
    try:
        return files.identity(name)
    except MissingError as error:
        raise DataError(
            f"the file {file.name!r} is not there: {file.url}",
            cure="correct its address, bring it back, or leave it out of the data set",
        ) from error


def _check_served(file: SourceFile, files: Files, name: str) -> int:
    """Check that a file on a server is what the catalogue says; returns its size."""
    size, checksum = identity_of(file, files, name)
    kind, _, digest = file.checksum.partition(":")
    if file.size not in (None, size):
        raise _changed(file, f"{size} bytes", f"{file.size} bytes")
    if kind and kind == checksum.kind and digest != checksum.digest:
        raise _changed(file, str(checksum), f"{kind} {digest}")
    if kind != checksum.kind:
        raise DataError(
            f"whether the file {file.name!r} is what the catalogue says cannot be asked: {file.url} tells its "
            f"{checksum.kind}, the catalogue has {f'its {kind}' if kind else 'no checksum'}",
            cure="describe it anew (law run DescribeFiles), or have it copied: leave out in_place=True",
        )
    return size


def check_local(file: SourceFile, path: Path) -> None:
    """Check that a file of this machine is what the catalogue says.

    Raises:
        DataError: it is not.
    """
    facts = path.stat()
    if file.size not in (None, facts.st_size):
        raise _changed(file, f"{facts.st_size} bytes", f"{file.size} bytes", path)
    kind, _, digest = ("sha256", ":", file.sha256) if file.sha256 else file.checksum.partition(":")
    if kind == "modified":
        if digest != f"{facts.st_mtime:.0f}":
            raise _changed(file, f"changed at {facts.st_mtime:.0f}", f"changed at {digest}", path)
    elif kind in ("sha256", "adler32", "md5"):
        note = _note(path, facts, kind, digest)
        if note.is_file():
            return
        found = sha256_of(path) if kind == "sha256" else checksum_of(path, kind).digest
        if found != digest:
            raise _changed(file, f"{kind} {found}", f"{kind} {digest}", path)
        note.touch()


def note_compared(path: Path, facts: os.stat_result, sha256: str) -> None:
    """Remember the digest of a file of this machine, as it was found; its state is told by ``facts``, taken before."""
    _note(path, facts, "sha256", sha256).touch()


def _note(path: Path, facts: os.stat_result, kind: str, digest: str) -> Path:
    # no program sets back the second time
    times = f"{facts.st_mtime_ns} {facts.st_ctime_ns}"
    state = f"{path.resolve()} {facts.st_size} {times} {facts.st_ino} {kind} {digest}"
    return _notes() / hashlib.sha256(state.encode()).hexdigest()


@functools.cache
def _notes() -> Path:
    """A folder of this user's with notes of files that were compared with their digests."""
    own = f"erumflow-{os.geteuid()}"
    try:
        os.close(open_private(Path(tempfile.gettempdir()), own, "compared"))
    except (OSError, StoreError):
        # what somebody else can write to is nothing to believe
        return Path(tempfile.mkdtemp(prefix="erumflow-"))
    return Path(tempfile.gettempdir()) / own / "compared"


def _changed(file: SourceFile, found: str, expected: str, path: Path | None = None) -> DataError:
    return DataError(
        f"the file {file.name!r} is not what the catalogue says: {path or file.url} has {found}, not {expected}",
        cure=_AGAIN,
    )
