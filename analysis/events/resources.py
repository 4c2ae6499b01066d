"""Data files that come inside installed packages: found without importing the package, checked, and only then used."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import uuid
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import DataError, StoreError

if TYPE_CHECKING:
    from analysis.datasets import PackageFile

__all__ = ["copy_resource", "read_resource"]


def read_resource(file: PackageFile) -> bytes:
    """The content of a file inside an installed package.

    The package is not imported: an import may be slow, or may need packages that nothing else does.

    Args:
        file: what to read, with its digest.

    Raises:
        DataError: the package or the file is not there, or the content is not what the catalogue says.
    """
    resource = _package(file).joinpath(*file.path.split("/"))
    try:
        content = resource.read_bytes()
    except OSError as error:
        raise _missing(file, f"has no file {file.path!r} that can be read ({error.strerror or error})") from error
    digest = hashlib.sha256(content).hexdigest()
    if (len(content), digest) != (file.size, file.sha256):
        raise DataError(
            f"the file {file.path!r} of the package {file.package!r} ({_installed(file.package)}) is not that of"
            f" version {file.version}: expected SHA-256 {file.sha256} ({file.size} bytes), found {digest}"
            f" ({len(content)} bytes)",
            cure=_cure(file),
        )
    return content


def copy_resource(file: PackageFile, destination: Path) -> None:
    """Copy a file out of an installed package; the destination only ever holds the whole, checked file.

    Args:
        file: what to copy, with its digest.
        destination: where to; its folder must exist.

    Raises:
        DataError: as in :func:`read_resource`.
        StoreError: the destination cannot be written.
    """
    content = read_resource(file)
    destination = Path(destination)
    temporary = destination.with_name(f".{destination.name}.{uuid.uuid4().hex}.part")
    try:
        try:
            with temporary.open("xb") as outgoing:
                outgoing.write(content)
                outgoing.flush()
                os.fsync(outgoing.fileno())
            temporary.replace(destination)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{destination} cannot be written: {error.strerror or error}", cure="make room or choose another store"
        ) from error


def _package(file: PackageFile) -> Traversable:
    """The folder of an installed package, whatever it is installed as (a folder, an archive)."""
    spec = importlib.util.find_spec(file.package)
    if spec is None:
        raise _missing(file, "is not installed")
    reader = getattr(spec.loader, "get_resource_reader", lambda name: None)(file.package)
    if reader is None or not hasattr(reader, "files"):
        raise _missing(file, "holds no files of data")
    return reader.files()


def _missing(file: PackageFile, fault: str) -> DataError:
    return DataError(
        f"the file {file.name!r} cannot be had: the package {file.package!r} ({_installed(file.package)}) {fault}",
        cure=_cure(file),
    )


def _installed(package: str) -> str:
    try:
        return f"installed: {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return "installed: none"


def _cure(file: PackageFile) -> str:
    return f"install version {file.version} of {file.package!r}, the locked one (`source setup.sh`)"
