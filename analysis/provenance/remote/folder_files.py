"""Files in a folder of this machine, or one that is mounted."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.errors import StoreError
from analysis.provenance import plain_files
from analysis.provenance.permissions import why_not
from analysis.provenance.remote.checksums import Checksum
from analysis.provenance.remote.faults import FullError, MissingError, NotPermittedError, UnreachableError, fault
from analysis.provenance.remote.files import Entry, is_file_or_folder
from analysis.provenance.remote.server_files import ServerFiles
from analysis.provenance.store import is_no_space

__all__ = ["FolderFiles"]


class FolderFiles(ServerFiles):
    """Files in a folder of this machine, or one that is mounted (``file:///folder``).

    The folder is made at the first writing, if the one that it lies in is there: else a disk is not mounted.
    """

    def _connect(self) -> Any:
        return self

    def _fault(self, error: Exception, address: str) -> StoreError | None:
        if not isinstance(error, OSError):
            return None
        if isinstance(error, FileNotFoundError):
            return fault(MissingError, address)
        if is_no_space(error):
            return fault(FullError, address, error)
        if isinstance(error, PermissionError):
            return fault(NotPermittedError, address, f"{error}; {why_not(os.path.abspath(error.filename or '/'))}")
        return fault(StoreError, address, error)

    def _check_mounted(self) -> None:
        above = os.path.dirname(self.address.folder)
        if not os.path.isdir(self.address.folder) and not os.path.isdir(above):
            raise fault(UnreachableError, self.url, f"{above} does not exist")

    def _at(self, path: str) -> str:
        whole = super()._at(path)
        if not self.follows_links and "/" in path:
            folder = self.address.folder
            for name in path.split("/")[:-1]:
                folder = f"{folder}/{name}"
                if os.path.islink(folder):
                    raise plain_files.no_link(folder)
        return whole

    def _stat(self, path: str) -> Entry | None:
        try:
            found = os.stat(path, follow_symlinks=self.follows_links or path == self.address.folder)
            return Entry.of(found) if self.follows_links or is_file_or_folder(found) else None
        except (FileNotFoundError, NotADirectoryError):
            self._check_mounted()
            return None

    def _listing(self, path: str) -> dict[str, Entry]:
        found = {}
        try:
            if not self.follows_links and path != self.address.folder and os.path.islink(path):
                raise plain_files.no_link(path)
            with os.scandir(path) as items:
                for item in items:
                    # deleted since the folder was read
                    with contextlib.suppress(FileNotFoundError):
                        facts = item.stat(follow_symlinks=self.follows_links)
                        if self.follows_links or is_file_or_folder(facts):
                            found[item.name] = Entry.of(facts)
        except (FileNotFoundError, NotADirectoryError):
            self._check_mounted()
            return {}
        return found

    def _facts(self, path: str) -> tuple[int, Checksum | None]:
        return os.stat(path, follow_symlinks=self.follows_links).st_size, None

    def _read(self, path: str) -> bytes:
        with self._opened(path) as file:
            return file.read()

    def _read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        with self._opened(path) as file:
            return [os.pread(file.fileno(), stop - start, start) for start, stop in ranges]

    def _download(self, path: str, local: Path) -> None:
        with self._opened(path) as source, open(local, "wb") as target:
            shutil.copyfileobj(source, target, self.options.chunk)

    def _opened(self, path: str) -> io.FileIO:
        return open(path, "rb", buffering=0) if self.follows_links else plain_files.reading(path)

    def _upload(self, local: Path, path: str) -> None:
        self._make_folder(os.path.dirname(path))
        with open(local, "rb") as source, open(path, "xb") as target:
            shutil.copyfileobj(source, target, self.options.chunk)
            target.flush()
            # on the disk before the name is: a crash must not leave a complete name with an empty file
            os.fsync(target.fileno())

    def _create(self, path: str, content: bytes) -> bool:
        folder = os.path.dirname(path)
        self._make_folder(folder)
        temporary = f"{folder}/.{uuid.uuid4().hex}.part"
        try:
            Path(temporary).write_bytes(content)
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            Path(temporary).unlink(missing_ok=True)
        return True

    def _rename(self, path: str, new: str) -> None:
        os.replace(path, new)

    def _remove(self, path: str) -> None:
        Path(path).unlink(missing_ok=True)

    def _make_folder(self, path: str) -> None:
        self._check_mounted()
        os.makedirs(path, exist_ok=True)

    def _remove_folder(self, path: str) -> None:
        os.rmdir(path)

    def remove_tree(self, path: str) -> None:
        # never into a folder that a link leads to
        with contextlib.suppress(MissingError):
            self._try(path, lambda _: shutil.rmtree(self._at(path)))
