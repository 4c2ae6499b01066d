"""Files of published folders into the store: copied or downloaded, and compared with the folder's digest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.errors import DataError
from analysis.exchange.folder import read
from analysis.exchange.published import Published, address_of, place_of
from analysis.exchange.sums import SUMS, listed, parse_sums
from analysis.readers.fetching import fetch
from analysis.readers.opening import Access
from analysis.source_files import SourceFile

__all__ = ["bring"]


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
    if local := _local(published, access):
        found = read(local, published.sha256, names, published.files)
        (folder / SUMS).write_bytes(found.sums)
        for name in names:
            (folder / name).write_bytes(found.content(name))
        return
    if published.files:
        (folder / SUMS).write_text(listed(published.files), encoding="utf-8")
    else:
        fetch(_source(published, SUMS, published.sha256), folder / SUMS, access=access)
    known = parse_sums((folder / SUMS).read_bytes(), f"{SUMS} of the networks at {published.address}")
    for name in names:
        if name not in known:
            raise DataError(
                f"the published networks at {published.address} have no {name}",
                cure=f"name one of: {', '.join(sorted(known))}",
            )
        fetch(_source(published, name, known[name]), folder / name, access=access, progress=progress)


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
