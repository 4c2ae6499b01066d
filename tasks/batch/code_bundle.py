"""The project's code as one file, for workers that do not see its folder."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from law.config import Config

from analysis.errors import BatchError
from analysis.provenance.store import Store
from analysis.settings import sections_of

__all__ = ["archive", "digest", "in_store", "source_files"]

PLACE = ".code"
PACKAGES = ("analysis", "tasks")
FILES = ("law.cfg", "setup.sh", "pyproject.toml")
LOCKS = "requirements*.lock"
# of a user's own settings, what decides results and where they go; there may be anything else in that file
KEPT_SECTIONS = ("studies", "store", "resources")
# packages of studies from elsewhere
MORE = "more"
_SKIPPED = ("__pycache__", ".mypy_cache", ".ruff_cache")


def source_files(base: Path, sections: tuple[str, ...] = KEPT_SECTIONS) -> dict[str, bytes]:
    """Content of the files that a worker needs, by name.

    Args:
        base: the project's folder.
        sections: what names of sections of the user's own settings begin with that travel along.

    Raises:
        BatchError: a file without which no environment can be made is missing.
    """
    found: dict[str, bytes] = {}
    for package in PACKAGES:
        found |= {f"{package}/{name}": path.read_bytes() for name, path in _tree(base / package)}
    for path in (*(base / name for name in FILES), *sorted(base.glob(LOCKS))):
        if path.is_file():
            found[path.name] = path.read_bytes()
    for name in ("setup.sh", "requirements.lock"):
        if name not in found:
            raise BatchError(
                f"{base / name} is missing, so workers cannot make the environment themselves",
                cure=f"restore it (git checkout {name}), or set environment = shared for the site",
            )
    if settings := sections_of(base / "law_user.cfg", sections):
        found["law_user.cfg"] = settings.encode()
    for name in sorted(_packages_of_studies()):
        for member, path in _package(name, base):
            found[f"{MORE}/{member}"] = path.read_bytes()
    return found


def archive(files: dict[str, bytes]) -> bytes:
    """A compressed tar archive; the same files give the same bytes, whenever and wherever.

    Examples:
        >>> archive({"a": b"1", "b": b"2"}) == archive({"b": b"2", "a": b"1"})
        True
    """
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as writer:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o755 if name.endswith(".sh") else 0o644
            writer.addfile(entry, io.BytesIO(content))
    return gzip.compress(tar.getvalue(), compresslevel=6, mtime=0)


def digest(files: dict[str, bytes]) -> str:
    """A short digest of files, of names and contents; not of an archive: versions of zlib compress differently."""
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()[:16]


def in_store(store: Store, base: Path, folder: Path) -> Path:
    """The project's code in a file, named by its digest; a copy goes to the store, unless it is there.

    Args:
        store: that keeps what results were made with.
        base: the project's folder.
        folder: for the file.

    Raises:
        BatchError: a file of the project is missing.
        StoreError: the store cannot be used.
    """
    files = source_files(base)
    file = folder / f"code-{digest(files)}.tar.gz"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
        temporary.write_bytes(archive(files))
        temporary.replace(file)
    if store.size(PLACE, file.name) is None:
        # a copy, as the store takes what it is given; another command may be doing the same
        with store.draft(PLACE, uuid.uuid4().hex) as aside:
            store.put(PLACE, file.name, Path(shutil.copy(file, aside)))
    return file


def _tree(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _SKIPPED for part in parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            yield "/".join(parts), path


def _packages_of_studies() -> set[str]:
    """Top-level names of packages that studies come from, besides this project's."""
    modules = (Config.instance().get_expanded("studies", "modules", "") or "").replace(",", " ").split()
    modules += [entry.value.partition(":")[0] for entry in metadata.entry_points(group="erumflow.studies")]
    return {name.partition(".")[0] for name in modules} - set(PACKAGES)


def _package(name: str, base: Path) -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise BatchError(f"the studies' package {name!r} is not found", cure="correct law.cfg, [studies] modules")
    for folder in spec.submodule_search_locations or ():
        for member, path in _tree(Path(folder)):
            yield f"{name}/{member}", path
    if not spec.submodule_search_locations and spec.origin:
        yield Path(spec.origin).name, Path(spec.origin)
