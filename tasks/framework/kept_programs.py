"""Programs that JAX has compiled, in files that are checked before anything runs them.

JAX's own cache takes what it finds: a damaged program fails with a warning every time, is never replaced, and one that
lies under another's name runs. Here each file begins with a digest of its content, its name and its folder's; what does
not agree is compiled anew and replaced. Files appear by ``rename``, so none is half there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from analysis.provenance import plain_files

__all__ = ["KeptPrograms", "use_in_jax"]

# of JAX, that opens its cache (private, but the lock pins JAX; a test fails when it is another one)
MODULE, FUNCTION = "jax._src.compilation_cache", "get_file_cache"
_SUFFIX, _DIGEST_BYTES = "-program", hashlib.sha256().digest_size
_DAY = 86_400.0
# without being used
_KEPT_DAYS = 30


class KeptPrograms:
    """The programs in a folder, as JAX asks for them and hands them over.

    Args:
        folder: where they are, for messages and for JAX.
        descriptor: of the folder.
        tell: is told in a line what is wrong with a program.
    """

    def __init__(self, folder: Path, descriptor: int, tell: Callable[[str], None]) -> None:
        self.folder = self._path = folder
        self._descriptor = descriptor
        self._tell = tell
        self._cleared = False

    def get(self, key: str) -> bytes | None:
        """Return the content kept under a key; ``None`` if there is none, or none that may be used."""
        name = f"{key}{_SUFFIX}"
        try:
            content, digest = self._read(name)
        except FileNotFoundError:
            return None
        except OSError as error:
            content, digest = b"", str(error.strerror).encode()
        if digest == self._digest_of(key, content):
            return content
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=self._descriptor)
        self._tell(f"the compiled program {self.folder / name} is damaged, or another one: it is compiled anew")
        return None

    def put(self, key: str, value: bytes) -> None:
        """Keep a content under a key, in place of what was there."""
        part = f".{uuid.uuid4().hex}.part"
        try:
            if not self._cleared:
                self._cleared = True
                self._clear()
            descriptor = os.open(
                part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=self._descriptor
            )
            try:
                with open(descriptor, "wb") as file:
                    file.write(self._digest_of(key, value) + value)
                os.replace(part, f"{key}{_SUFFIX}", src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
            except BaseException:
                os.unlink(part, dir_fd=self._descriptor)
                raise
        except OSError as error:
            # one a command says it
            self._tell(f"compiled programs cannot be kept in {self.folder}: {error.strerror}")

    def _read(self, name: str) -> tuple[bytes, bytes]:
        """Content and digest of a file; a wrong digest if it is none of this user's."""
        with plain_files.reading(name, self._descriptor) as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.geteuid():
                return b"", b""
            if found.st_mtime < time.time() - _DAY:
                os.utime(file.fileno())
            digest = file.read(_DIGEST_BYTES)
            return file.read(), digest

    def _digest_of(self, key: str, content: bytes) -> bytes:
        # the folder is named after the processor
        digest = hashlib.sha256(f"{self.folder.name}/{key}\0".encode())
        digest.update(content)
        return digest.digest()

    def _clear(self) -> None:
        """Delete what has not been used for long, and what killed processes left."""
        oldest = time.time() - _KEPT_DAYS * _DAY
        for name in os.listdir(self._descriptor):
            with contextlib.suppress(OSError):
                if os.stat(name, dir_fd=self._descriptor, follow_symlinks=False).st_mtime < oldest:
                    os.unlink(name, dir_fd=self._descriptor)


def use_in_jax(programs: KeptPrograms) -> None:
    """Let JAX keep its programs there instead of in a cache of its own; before JAX is imported or after."""
    global _used
    _used = programs
    if module := sys.modules.get(MODULE):
        _replace_cache(module)
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


_used: KeptPrograms | None = None


def _replace_cache(module: Any) -> None:
    """Let JAX's module open the programs of this process; without the function that it is known by, JAX has its own."""
    original = getattr(module, FUNCTION, None)
    if original is None:
        return
    if not hasattr(original, "replaced"):

        def get_file_cache(path: str) -> Any:
            if _used is not None and path == str(_used.folder):
                return _used, path
            return original(path)

        get_file_cache.replaced = original  # type: ignore[attr-defined]
        setattr(module, FUNCTION, get_file_cache)
    if getattr(module, "_cache", None) is not _used:
        # opened before
        module.reset_cache()


class _Finder(MetaPathFinder):
    """Waits for the import of JAX's module: most tasks compute without JAX, and importing it takes a second."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                _replace_cache(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
