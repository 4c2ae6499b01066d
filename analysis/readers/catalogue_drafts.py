"""Descriptions of files from before: from a draft of the catalogue, or from an earlier one."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from analysis.catalogues import read_catalogue
from analysis.errors import DataError, StoreError
from analysis.provenance.remote.options import Options
from analysis.readers.file_description import FileDescription, identify
from analysis.readers.opening import check_local
from analysis.source_files import SourceFile

__all__ = ["Draft", "earlier", "still_true"]


class Draft:
    """Draft of a catalogue, in a file beside it: a killed command goes on from there.

    Args:
        output: the catalogue.
        how: what decides descriptions; what was described otherwise is not used.

    Raises:
        StoreError: it cannot be written, or another command writes it.
    """

    def __init__(self, output: Path, how: Mapping[str, str]) -> None:
        self.path = output.with_name(f".{output.name}.part")
        self._how = json.dumps(how, sort_keys=True)
        try:
            self._file = self.path.open("a+", encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"{output} cannot be written: {error.strerror}", cure="name another place: --output FILE"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise StoreError(
                f"another command is writing {output}", cure="wait for its end, or name another place: --output FILE"
            ) from error
        # where the file system has no locks, two commands describe the same files twice
        except OSError:
            pass
        self.known = self._read()

    def _read(self) -> dict[str, FileDescription]:
        self._file.seek(0)
        first, *lines = self._file.read().split("\n")
        if first != self._how:
            self._file.truncate(0)
            self._write(self._how)
            return {}
        found = {}
        for line in lines:
            # the last one may be half of one
            with contextlib.suppress(ValueError, TypeError):
                one = json.loads(line)
                if isinstance(one["clusters"], list):
                    one["clusters"] = tuple(one["clusters"])
                found[one["address"]] = FileDescription(**one)
        if lines and lines[-1]:
            self._write("")
        return found

    def _write(self, line: str) -> None:
        self._file.write(f"{line}\n")
        self._file.flush()

    def add(self, description: FileDescription) -> None:
        """Keep a description."""
        self._write(json.dumps(asdict(description)))

    def close(self, keep: bool) -> None:
        """End writing; the file stays or goes."""
        if not keep:
            self.path.unlink(missing_ok=True)
        self._file.close()


def earlier(output: Path, tree: str, read: str) -> tuple[dict[str, str], dict[str, FileDescription]]:
    """Read what a catalogue from before says.

    Args:
        output: of the catalogue; there need not be one.
        tree: that is asked for; empty for whatever files have.
        read: name of the reader.

    Returns:
        Names of its files by their addresses; and their descriptions, if it was made the same way and all files have
        the same columns, so that these are known.

    Raises:
        StudyError: it is no catalogue, which is not to be replaced.
    """
    if not output.exists():
        return {}, {}
    old = read_catalogue(output)
    names = {_address(file.url): file.name for file in old.files}
    if old.others or old.trees or old.read != read or tree not in ("", old.tree):
        return names, {}
    return names, {
        _address(file.url): FileDescription(
            _address(file.url),
            file.size or 0,
            f"sha256:{file.sha256}" if file.sha256 else file.checksum,
            0,
            file.events,
            old.tree,
            old.columns,
            file.clusters,
        )
        for file in old.files
    }


def _address(url: str) -> str:
    return url if "://" in url else os.path.abspath(os.path.expanduser(url))


def still_true(description: FileDescription, address: str, options: Options) -> bool:
    """Whether a file is what was described.

    A server is asked. A file of this machine is if size and time of change are the same; where the time is not known,
    its digest decides.

    Args:
        description: of before.
        address: where the file is now.
        options: how servers are talked to.

    Raises:
        DataError: it does not exist or cannot be read.
        StoreError: the server cannot be reached.
    """
    size, identity, changed = identify(address, options)
    if size != description.size:
        return False
    if "://" in address:
        return identity == description.identity
    if description.changed:
        return changed == description.changed
    kind, _, digest = description.identity.partition(":")
    try:
        check_local(SourceFile(address, address, digest if kind == "sha256" else "", size), Path(address))
    except DataError:
        return False
    return kind == "sha256"
