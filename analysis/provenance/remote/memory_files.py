"""Files in this process's memory, for tests and examples: they end with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.errors import StoreError
from analysis.provenance.remote.checksums import Checksum
from analysis.provenance.remote.faults import MissingError, fault
from analysis.provenance.remote.files import Entry
from analysis.provenance.remote.server_files import ServerFiles

__all__ = ["MemoryFiles"]

# fsspec has one memory for all
_one_at_a_time = threading.RLock()


class MemoryFiles(ServerFiles):
    """Files in this process's memory (``memory://name/folder``): those of fsspec's file system of that name."""

    def _connect(self) -> Any:
        from fsspec.implementations.memory import MemoryFileSystem

        return MemoryFileSystem(skip_instance_cache=True)

    def _at(self, path: str) -> str:
        return f"/{self.address.host}{super()._at(path)}".rstrip("/")

    def _fault(self, error: Exception, address: str) -> StoreError | None:
        if isinstance(error, FileNotFoundError):
            return fault(MissingError, address)
        if isinstance(error, OSError):
            return fault(StoreError, address, error)
        return None

    def _stat(self, path: str) -> Entry | None:
        with _one_at_a_time:
            try:
                return _entry(self.connection.info(path))
            except FileNotFoundError:
                return None

    def _listing(self, path: str) -> dict[str, Entry]:
        with _one_at_a_time:
            try:
                return {
                    facts["name"].rpartition("/")[2]: _entry(facts) for facts in self.connection.ls(path, detail=True)
                }
            except FileNotFoundError:
                return {}

    def _facts(self, path: str) -> tuple[int, Checksum | None]:
        with _one_at_a_time:
            return self.connection.info(path)["size"], None

    def _read(self, path: str) -> bytes:
        with _one_at_a_time:
            return self.connection.cat_file(path)

    def _read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        with _one_at_a_time:
            content = self.connection.cat_file(path)
            return [content[start:stop] for start, stop in ranges]

    def _download(self, path: str, local: Path) -> None:
        local.write_bytes(self._read(path))

    def _upload(self, local: Path, path: str) -> None:
        self._write(path, local.read_bytes())

    def _write(self, path: str, content: bytes) -> None:
        with _one_at_a_time:
            self._make_folder(path.rpartition("/")[0])
            self.connection.pipe_file(path, content)

    def _create(self, path: str, content: bytes) -> bool:
        with _one_at_a_time:
            if self.connection.exists(path):
                return False
            self._write(path, content)
            return True

    def _rename(self, path: str, new: str) -> None:
        with _one_at_a_time:
            self._write(new, self.connection.cat_file(path))
            self.connection.rm_file(path)

    def _remove(self, path: str) -> None:
        with _one_at_a_time:
            self.connection.rm_file(path)

    def _make_folder(self, path: str) -> None:
        with _one_at_a_time:
            self.connection.makedirs(path, exist_ok=True)

    def _remove_folder(self, path: str) -> None:
        with _one_at_a_time:
            if self.connection.exists(path):
                self.connection.rmdir(path)


def _entry(facts: dict[str, Any]) -> Entry:
    if facts["type"] == "directory":
        return Entry(0, True)
    created = facts["created"]
    # seconds from info(), a date from ls()
    return Entry(facts["size"], False, created if isinstance(created, float) else created.timestamp())
