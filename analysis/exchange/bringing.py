"""Files of published folders into the store: copied or downloaded, and compared with the folder's digest."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.errors import DataError
from analysis.exchange.published import SUMS, Published, address_of, place_of
from analysis.readers.fetching import fetch
from analysis.readers.opening import Access
from analysis.source_files import SourceFile

__all__ = ["bring", "sums_of"]

_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64}) [ *](?P<name>[^/\\\x00-\x1f]+)")
_CURE = "take another folder, or correct the SHA-256 in the study if its content is what you want"


def bring(
    published: Published,
    names: Sequence[str],
    folder: Path,
    access: Access,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Bring files of a published folder to a local one, with the list of all files that its digest is of.

    Args:
        published: the folder.
        names: of its files.
        folder: an existing one, which gets ``SHA256SUMS`` and these files.
        access: the way to it; mirror folders are tried first.
        progress: called with numbers of bytes of each file.

    Raises:
        DataError: the folder is not what its digest says, it lacks a file, or it can be had from nowhere.
        StoreError: a file cannot be written, or a server cannot be reached.
    """
    local = _local(published, access)
    if local is None:
        fetch(_source(published, SUMS, published.sha256), folder / SUMS, access=access)
    else:
        own = local / SUMS
        (folder / SUMS).write_text(own.read_text("utf-8") if own.is_file() else sums_of(local), encoding="utf-8")
        _check(folder / SUMS, published.sha256, f"the folder {local}")
    listed = _listed(folder / SUMS, published)
    for name in names:
        if name not in listed or (local is not None and not (local / name).is_file()):
            raise DataError(
                f"the published networks at {published.address} have no file {name!r}",
                cure=f"name one of: {', '.join(sorted(listed))}",
            )
        if local is None:
            source = _source(published, name, listed[name])
            fetch(source, folder / name, access=access, progress=progress)
        else:
            shutil.copyfile(local / name, folder / name)
            _check(folder / name, listed[name], str(local / name))


def sums_of(folder: Path) -> str:
    """The list of a folder's files that its digest is of: ``SHA256  NAME``, a line each, sorted by name.

    Args:
        folder: with the files; ``SHA256SUMS`` itself, hidden files and folders are none of them.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return "".join(f"{_sha256(path)}  {path.name}\n" for path in files if path.name != SUMS)


def _local(published: Published, access: Access) -> Path | None:
    """The folder on this machine: in a mirror, or where its address says; ``None`` for one on a server."""
    kept = place_of(published, "").rstrip("/")
    path = SourceFile(SUMS, published.address).path if not re.match(r"(hf|zenodo):", published.address) else None
    below = [] if path is None or path.is_absolute() else [mirror / path for mirror in access.mirrors]
    for folder in (*(mirror / kept for mirror in access.mirrors), *below):
        if folder.is_dir():
            return folder
    if path is None:
        return None
    if not path.is_absolute():
        raise DataError(
            f"the published networks have the address {published.address!r}, which is in no folder of ERUMFLOW_MIRROR",
            cure=f"write beside({published.address!r}) for a folder beside the study, or the whole path",
        )
    if not path.is_dir():
        raise DataError(
            f"there is no folder {path} with published networks",
            cure=f"correct its address, bring it back, or name a folder that holds it as {kept} in ERUMFLOW_MIRROR",
        )
    return path


def _source(published: Published, name: str, sha256: str) -> SourceFile:
    return SourceFile(name, address_of(published, name), sha256, mirror=place_of(published, name))


def _listed(sums: Path, published: Published) -> dict[str, str]:
    found = {}
    for line in sums.read_text(encoding="utf-8").splitlines():
        if (match := _LINE.fullmatch(line)) is None:
            raise DataError(f"the list {SUMS} of the networks at {published.address} has the line {line!r}", cure=_CURE)
        found[match["name"]] = match["sha256"]
    return found


def _check(file: Path, sha256: str, what: str) -> None:
    if (found := _sha256(file)) != sha256:
        file.unlink()
        raise DataError(f"{what} is not what the study says: its SHA-256 is {found}, not {sha256}", cure=_CURE)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
