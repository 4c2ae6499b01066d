"""Arrays of sorted events as mapped files: made once, found again, never half there."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np

from analysis.errors import StoreError

__all__ = ["find_or_write"]

FORMAT = "erumflow arranged files 1"
DESCRIPTION = "arranged.json"


def find_or_write(
    folder: Path, sources: Sequence[Path], names: Sequence[str], write: Callable[[Mapping[str, Path]], dict[str, str]]
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Mapped arrays, written now or by an earlier call with the same source files.

    All files are written into a folder with a temporary name, which is renamed when they are whole.

    Args:
        folder: for the files of any number of such calls; made if needed.
        sources: what the arrays are made of. The same folder name, name, size and time of change count as the same.
        names: of the arrays.
        write: called with a path for each array, writes ``.npy`` files there and gives the digest of each array.

    Returns:
        The arrays, mapped for reading, and their digests, by name.

    Raises:
        StoreError: a file cannot be written or read, or there is not enough space.
    """
    own = folder / f"arranged-{_describe(sources)}"
    try:
        found = _find(own, names)
        if found is None:
            _write(own, names, write)
            found = _find(own, names)
    except OSError as error:
        raise StoreError(
            f"the training's events cannot be put in order in {folder}: {error.strerror or error}",
            cure="free some space or mend the permissions, then run the same command again",
        ) from error
    if found is None:
        raise StoreError(f"{own} has been changed while it was written", cure="run the same command again")
    return found


def _describe(sources: Sequence[Path]) -> str:
    """Sixteen letters that stand for files."""
    stats = sorted((path.parent.name, path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sources)
    return hashlib.sha256(json.dumps([FORMAT, stats]).encode()).hexdigest()[:16]


def _path(folder: Path, name: str) -> Path:
    return folder / f"{quote(name, safe='')}.npy"


def _find(folder: Path, names: Sequence[str]) -> tuple[dict[str, np.ndarray], dict[str, str]] | None:
    """The arrays in a folder; ``None`` if they are not there or not whole."""
    try:
        described = json.loads((folder / DESCRIPTION).read_text())
        if any(_path(folder, name).stat().st_size != described["sizes"][name] for name in names):
            return None
        arrays = {name: np.load(_path(folder, name), mmap_mode="r", allow_pickle=False) for name in names}
        return arrays, {name: described["digests"][name] for name in names}
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _write(own: Path, names: Sequence[str], write: Callable[[Mapping[str, Path]], dict[str, str]]) -> None:
    own.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(own)
    temporary = own.with_name(f".{own.name}.{socket.gethostname()}.{os.getpid()}.part")
    temporary.mkdir()
    try:
        paths = {name: _path(temporary, name) for name in names}
        digests = write(paths)
        sizes = {name: path.stat().st_size for name, path in paths.items()}
        (temporary / DESCRIPTION).write_text(json.dumps({"digests": digests, "sizes": sizes}, indent=1, sort_keys=True))
        if _find(own, names) is None:
            shutil.rmtree(own, ignore_errors=True)  # not whole
            try:
                os.rename(temporary, own)
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # another process was faster
                    raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _remove_leftovers(own: Path) -> None:
    """Remove what killed writers of this host left; another living one may write at the same time."""
    for path in own.parent.glob(f".{own.name}.{socket.gethostname()}.*.part"):
        writer = int(path.name.split(".")[-2])
        try:
            if writer != os.getpid():
                os.kill(writer, 0)
                continue
        except ProcessLookupError:
            pass
        except PermissionError:
            continue  # alive, and somebody else's
        shutil.rmtree(path, ignore_errors=True)
