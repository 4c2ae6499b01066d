"""Zip files whose bytes say nothing but their content, and unpacking that trusts nobody.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from analysis.errors import PreservationError
from analysis.provenance import plain_files

__all__ = ["digests", "names", "opened", "read", "unpack", "write"]

# the first moment that a zip file can name
EPOCH = (1980, 1, 1, 0, 0, 0)
#: what an archive may hold; a file that says otherwise is an attack or no capsule
MOST_FILES = 200_000
MOST_BYTES = 200 * 10**9
#: above this, a member that unpacks to so many times its packed size is a bomb
HARMLESS_BYTES = 100 * 10**6
MOST_TIMES = 200
CHUNK = 1 << 20
# what zipfile raises where bytes are not what they should be
_DAMAGE = (zipfile.BadZipFile, EOFError, OSError, ValueError, LookupError, struct.error, zlib.error, RuntimeError)


def write(file: Path, members: Mapping[str, bytes | Path]) -> None:
    """Write a zip file; the same members give the same bytes, whenever and wherever.

    Members are stored, not compressed: what compression makes of them depends on the version of zlib. The file is
    there whole or not at all.

    Args:
        file: to write.
        members: content, or a file that has it, by name (relative, with ``/``).

    Raises:
        PreservationError: a name is no place inside the archive, or a file is a link or no ordinary one.
    """
    draft = file.with_name(f".{file.name}.draft")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(members):
                _check_name(name, file)
                entry = zipfile.ZipInfo(name, EPOCH)
                # whatever system writes it
                entry.create_system = 3
                entry.external_attr = (stat.S_IFREG | (0o755 if name.endswith(".sh") else 0o644)) << 16
                with opened(members[name]) as source:
                    entry.file_size = source.seek(0, os.SEEK_END)
                    source.seek(0)
                    with archive.open(entry, "w") as target:
                        shutil.copyfileobj(source, target, CHUNK)
        os.replace(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def opened(content: bytes | Path) -> io.BytesIO | io.FileIO:
    """Open a member for reading. Whoever may write where it lies cannot exchange it for somebody's private file.

    Raises:
        PreservationError: it is a link, a FIFO, a device or a folder.
    """
    if isinstance(content, bytes):
        return io.BytesIO(content)
    try:
        return plain_files.reading(content)
    except plain_files.NotPlainError as error:
        raise PreservationError(
            f"{content} does not go into the capsule: it is {error.strerror}",
            cure="see who made it; put the file itself in its place",
        ) from None


def read(file: Path, name: str) -> bytes:
    """The content of one member.

    Raises:
        PreservationError: the file is damaged, has no such member, or is none that may be read.
    """
    with _opened(file) as archive:
        if name not in {entry.filename for entry in _checked(archive, file)}:
            raise PreservationError(f"{file} has no {name}", cure="is it a capsule? ask for it once more")
        try:
            return archive.read(name)
        except _DAMAGE as error:
            raise _damaged(file, f"{name}: {error}") from error


def names(file: Path) -> list[str]:
    """Names of all members.

    Raises:
        PreservationError: the file is damaged, or a member is none that may be unpacked (see :func:`unpack`).
    """
    with _opened(file) as archive:
        return [entry.filename for entry in _checked(archive, file)]


def digests(file: Path) -> dict[str, str]:
    """SHA-256 of every member, by name.

    Raises:
        PreservationError: the file is damaged, or a member is none that may be unpacked (see :func:`unpack`).
    """
    found = {}
    with _opened(file) as archive:
        for entry in list(_checked(archive, file)):
            digest = hashlib.sha256()
            try:
                with archive.open(entry) as source:
                    while block := source.read(CHUNK):
                        digest.update(block)
            except _DAMAGE as error:
                raise _damaged(file, f"{entry.filename}: {error}") from error
            found[entry.filename] = digest.hexdigest()
    return found


def unpack(file: Path, folder: Path) -> None:
    """Unpack into an empty folder; nothing outside it is touched, whatever the file says.

    Args:
        file: the archive.
        folder: made if it is missing.

    Raises:
        PreservationError: the folder is not empty, the file is damaged, or a member is none that may be unpacked: a
            link or device, a place outside the folder, two of one name, more than the file can honestly hold, more
            than there is room for.
    """
    if folder.exists() and any(folder.iterdir()):
        raise PreservationError(f"the folder {folder} is not empty", cure="name another one, or empty it")
    with _opened(file) as archive:
        entries = list(_checked(archive, file))
        total = sum(entry.file_size for entry in entries)
        folder.mkdir(parents=True, exist_ok=True)
        if total > (free := shutil.disk_usage(folder).free):
            raise PreservationError(
                f"{file} unpacks to {total / 1e9:.1f} GB, and {folder} has room for {free / 1e9:.1f} GB",
                cure="name a folder with more room",
            )
        for entry in entries:
            target = folder.joinpath(*PurePosixPath(entry.filename).parts)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                # "x": never into a file that is there already
                with target.open("xb") as stream:
                    _copy(archive, entry, stream)
            except OSError as error:
                raise PreservationError(
                    f"{target} cannot be written: {error.strerror or error}",
                    cure="name another folder",
                ) from error
            except _DAMAGE as error:
                raise _damaged(file, f"{entry.filename}: {error}") from error
            if (entry.external_attr >> 16) & 0o100:
                target.chmod(0o755)


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, stream: BinaryIO) -> None:
    written = 0
    with archive.open(entry) as source:
        while block := source.read(CHUNK):
            written += len(block)
            # zipfile itself ends at the size that is declared; this is for the day it does not
            if written > entry.file_size:
                raise zipfile.BadZipFile("more content than the archive declares")
            stream.write(block)


def _checked(archive: zipfile.ZipFile, file: Path) -> Iterator[zipfile.ZipInfo]:
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES or total > MOST_BYTES:
        raise _hostile(file, f"{len(entries)} files with {total / 1e9:.0f} GB")
    # members that share their bytes are how a small file becomes a large one
    if sum(entry.compress_size for entry in entries) > file.stat().st_size:
        raise _hostile(file, "its members are longer than the file")
    seen: set[str] = set()
    for entry in entries:
        if entry.is_dir():
            continue
        _check_name(entry.filename, file)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _hostile(file, f"{entry.filename} is no ordinary file")
        if entry.flag_bits & 0x1:
            raise _hostile(file, f"{entry.filename} is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _hostile(file, f"{entry.filename} is compressed in an unusual way")
        # some file systems do not tell capitals from small letters, or two ways of writing an accent
        same = unicodedata.normalize("NFC", entry.filename).casefold()
        if same in seen:
            raise _hostile(file, f"two members are called {entry.filename}")
        seen.add(same)
        if entry.file_size > max(HARMLESS_BYTES, MOST_TIMES * entry.compress_size):
            raise _hostile(file, f"{entry.filename} unpacks to {entry.file_size / 1e9:.1f} GB")
        yield entry


def _check_name(name: str, file: Path) -> None:
    # backslashes and colons are separators elsewhere, and what cannot be printed may command a terminal; an absolute
    # name begins with an empty part
    odd = "\\" in name or ":" in name or not name.isprintable()
    if odd or any(part in ("", ".", "..") for part in name.split("/")) or len(name) > 1000:
        raise _hostile(file, f"{name!r} is no place inside it")


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        # a pipe would keep whoever opens it waiting, and a device has no end
        if not stat.S_ISREG(file.stat().st_mode):
            raise PreservationError(f"{file} is no ordinary file", cure="name the capsule's file")
        return zipfile.ZipFile(file)
    except FileNotFoundError:
        raise PreservationError(f"there is no file {file}", cure="name the capsule's file") from None
    except PermissionError:
        raise PreservationError(f"{file} may not be read", cure="ask its owner") from None
    except _DAMAGE as error:
        raise _damaged(file, str(error)) from error


def _damaged(file: Path, why: str) -> PreservationError:
    return PreservationError(
        f"{file} is damaged or incomplete: {why}", cure="fetch it again and compare its SHA-256 with the published one"
    )


def _hostile(file: Path, why: str) -> PreservationError:
    return PreservationError(
        f"{file} is not unpacked: {why}", cure="no capsule is like that: ask whoever published it; nothing was written"
    )
