"""Files of published folders into the store: copied or downloaded, and compared with the folder's digest."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.errors import DataError
from analysis.exchange.folder import PLAIN, SUMS, listed, read
from analysis.exchange.published import Published, address_of, place_of
from analysis.readers.fetching import fetch
from analysis.readers.opening import Access
from analysis.source_files import SourceFile

__all__ = ["bring"]

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
        digests = read(local, published.sha256).digests
        (folder / SUMS).write_text(listed(digests), encoding="utf-8")
    known = _digests(folder / SUMS, published)
    for name in names:
        if name not in known:
            raise DataError(
                f"the published networks at {published.address} have no file {name!r}",
                cure=f"name one of: {', '.join(sorted(known))}",
            )
        if local is None:
            source = _source(published, name, known[name])
            fetch(source, folder / name, access=access, progress=progress)
        else:
            shutil.copyfile(local / name, folder / name)
            _check(folder / name, known[name], str(local / name))


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


def _digests(sums: Path, published: Published) -> dict[str, str]:
    """Read a list whose own digest is known to be right."""
    found: dict[str, str] = {}
    for line in sums.read_text(encoding="utf-8").splitlines():
        sha256, _, name = line.partition("  ")
        if not PLAIN.fullmatch(name) or name in (*found, SUMS):
            raise DataError(
                f"{SUMS} of the networks at {published.address} has the line {line!r:.200}, which names no file",
                cure=_CURE,
            )
        found[name] = sha256
    return found


def _check(file: Path, sha256: str, what: str) -> None:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != sha256:
        file.unlink()
        raise DataError(f"{what} changed while it was copied: its SHA-256 is {found}, not {sha256}", cure=_CURE)
