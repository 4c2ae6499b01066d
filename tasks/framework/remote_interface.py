"""Law's own remote targets on the servers that stores lie on.

A record needs none of this. It is for tasks of one's own with outputs that are plain files::

    files = file_system("root://host//store/user/me")
    law.RemoteFileTarget("plots/mass.pdf", files)
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from law.target.file import get_scheme, remove_scheme
from law.target.remote.base import RemoteFileSystem
from law.target.remote.interface import RemoteFileInterface

if TYPE_CHECKING:
    from analysis.provenance.remote.files import Entry, Files
    from analysis.provenance.remote.options import Options

__all__ = ["ServerFileInterface", "file_system"]

# an empty folder; servers like S3 have none
_FOLDER = ".folder"


def file_system(url: str, options: Options | None = None) -> RemoteFileSystem:
    """The file system of a folder on a server, for law's ``RemoteFileTarget`` and ``RemoteDirectoryTarget``.

    Law's cache of remote files is not used: it overlooks what is overwritten within a second, hands out its own file
    for writing, and waits ten minutes for a lock of a dead process.

    Args:
        url: of the folder.
        options: how the server is talked to.

    Raises:
        StoreError: the address is none that can be used.
    """
    return RemoteFileSystem(ServerFileInterface(options=options, base=url), has_permissions=False)


class ServerFileInterface(RemoteFileInterface):
    """Interface of law to the files on a server.

    A server that cannot be asked is an error, never "not there". Uploads are whole or not there. Tries are repeated
    below this class where that can help, so law's own ``retries`` are ignored.

    Args:
        options: how the server is talked to.
        **kwargs: as law has them; ``base`` is the address of a folder.

    Raises:
        StoreError: the address is none that can be used.
    """

    def __init__(self, options: Options | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options = options
        self._files: dict[str, Files] = {}
        self._of(None)

    def exists(self, path: str, base: str | None = None, stat: bool = False, **kwargs: Any) -> Any:
        found = self._entry(path, base)
        return found and _stat_result(found) if stat else found is not None

    def stat(self, path: str, base: str | None = None, **kwargs: Any) -> os.stat_result:
        found = self._entry(path, base)
        if found is None:
            raise FileNotFoundError(self.uri(path, base=base))
        return _stat_result(found)

    def isdir(self, path: str, stat: os.stat_result | None = None, base: str | None = None, **kwargs: Any) -> bool:
        found = stat or self.exists(path, base, stat=True)
        return bool(found) and _is_folder(found)

    def isfile(self, path: str, stat: os.stat_result | None = None, base: str | None = None, **kwargs: Any) -> bool:
        found = stat or self.exists(path, base, stat=True)
        return bool(found) and not _is_folder(found)

    def chmod(self, path: str, perm: int, base: str | None = None, silent: bool = False, **kwargs: Any) -> bool:
        return True  # these servers decide by who asks

    def unlink(self, path: str, base: str | None = None, silent: bool = True, **kwargs: Any) -> bool:
        if not self._is_there(path, base, silent):
            return False
        self._of(base).remove(self._relative(path))
        return True

    def rmdir(self, path: str, base: str | None = None, silent: bool = True, **kwargs: Any) -> bool:
        if not self._is_there(path, base, silent):
            return False
        if self.listdir(path, base):
            if silent:
                return False
            raise OSError(f"{self.uri(path, base=base)} is not empty")
        self._of(base).remove_tree(self._relative(path))
        return True

    def remove(self, path: str, base: str | None = None, silent: bool = True, **kwargs: Any) -> bool:
        if not self._is_there(path, base, silent):
            return False
        if self.isdir(path, base=base):
            self._of(base).remove_tree(self._relative(path))
        else:
            self._of(base).remove(self._relative(path))
        return True

    def mkdir(self, path: str, perm: int, base: str | None = None, silent: bool = True, **kwargs: Any) -> bool:
        if self.exists(path, base):
            if silent:
                return False
            raise FileExistsError(self.uri(path, base=base))
        return self._of(base).create(f"{self._relative(path)}/{_FOLDER}".lstrip("/"), b"")

    def mkdir_rec(self, path: str, perm: int, base: str | None = None, silent: bool = True, **kwargs: Any) -> bool:
        return self.mkdir(path, perm, base, silent)

    def listdir(self, path: str, base: str | None = None, **kwargs: Any) -> list[str]:
        return sorted(name for name in self._of(base).listing(self._relative(path)) if name != _FOLDER)

    def filecopy(self, src: str, dst: str, base: str | None = None, **kwargs: Any) -> tuple[str, str]:
        here = [get_scheme(path) == "file" for path in (src, dst)]
        files = self._of(base)
        if here[0]:
            files.upload(Path(remove_scheme(src)), self._relative(dst))
        elif here[1]:
            files.download(self._relative(src), Path(remove_scheme(dst)))
        else:
            with tempfile.TemporaryDirectory() as folder:
                files.download(self._relative(src), Path(folder) / "file")
                files.upload(Path(folder) / "file", self._relative(dst))
        source, destination = (
            path if local else self.uri(path, base=base) for path, local in zip((src, dst), here, strict=True)
        )
        return source, destination

    def _relative(self, path: str) -> str:
        """The path on the server; law gives the address of a target when it copies from one to another."""
        for base in self.base:
            if path.startswith(f"{base}/"):
                path = path.removeprefix(base)
        return path.strip("/")

    def _of(self, base: str | None) -> Files:
        from analysis.provenance.remote.connecting import connect

        url = base or self.get_base(random=False)
        if url not in self._files:
            self._files[url] = connect(url, self.options)
        return self._files[url]

    def _entry(self, path: str, base: str | None) -> Entry | None:
        return self._of(base).stat(self._relative(path))

    def _is_there(self, path: str, base: str | None, silent: bool) -> bool:
        if self.exists(path, base):
            return True
        if silent:
            return False
        raise FileNotFoundError(self.uri(path, base=base))


def _stat_result(entry: Entry) -> os.stat_result:
    mode = stat.S_IFDIR | 0o770 if entry.is_folder else stat.S_IFREG | 0o660
    time = int(entry.modified)
    return os.stat_result((mode, 0, 0, 1, 0, 0, entry.size, time, time, time))


def _is_folder(found: os.stat_result) -> bool:
    return stat.S_ISDIR(found.st_mode)
