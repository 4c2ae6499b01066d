"""The project's code as one file, for workers that do not see its folder."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
import uuid
import zlib
from collections.abc import Collection
from pathlib import Path

from analysis.errors import BatchError
from analysis.provenance.store import Store
from analysis.registry import Found, locate_study
from analysis.settings import sections_of, without_section
from tasks.batch.study_code import OWN_PACKAGES, files_in, study_code, study_files
from tasks.framework.settings import default_study, studies_from_outside, study_named

__all__ = ["archive", "code_files", "digest", "in_store", "source_files"]

PLACE = ".code"
FILES = ("law.cfg", "setup.sh", "pyproject.toml")
LOCKS = ("requirements.lock", "requirements-cuda12.lock", "requirements-cuda13.lock")
#: what setup.sh reads: names of extras
EXTRAS = "extras.txt"
# of a user's own settings, what decides results and where they go; there may be anything else in that file
PINS = "pins"
KEPT_SECTIONS = ("studies", "store", "resources", PINS)
# packages of studies from elsewhere
MORE = "more"


def code_files(base: Path, study: str = "", modules: Collection[str] = ()) -> dict[str, Path]:
    """The project's packages, and those of a study from outside: files with the names that a worker has them by.

    Args:
        base: the project's folder.
        study: see :func:`source_files`.
        modules: see :func:`source_files`.

    Raises:
        BatchError: there is too much of a study.
    """
    found = {f"{package}/{name}": path for package in OWN_PACKAGES for name, path in files_in(base / package)}
    if study:
        where = locate_study(study, studies_from_outside())
        code = study_code(study, {where.module, *modules})
        found |= {f"{MORE}/{name}": path for name, path in code.files.items()}
    return found


def source_files(
    base: Path, sections: tuple[str, ...] = KEPT_SECTIONS, study: str = "", modules: Collection[str] = ()
) -> dict[str, bytes]:
    """Content of the files that a worker needs, by name.

    Args:
        base: the project's folder.
        sections: what names of sections of the user's own settings begin with that travel along.
        study: that the work is for: packages from outside come along, files of its steps, and the lock of its extra.
        modules: that fingerprints have seen.

    Raises:
        BatchError: a file without which no environment can be made is missing, or there is too much of a study.
    """
    found: dict[str, bytes] = {}
    lying = code_files(base, study, modules)
    extra = study_named(study).extra if study else ""
    locks = (*LOCKS, *([f"requirements-{extra}.lock"] if extra else []))
    found |= {name: (base / name).read_bytes() for name in (*FILES, *locks) if (base / name).is_file()}
    for name in ("setup.sh", "requirements.lock"):
        if name not in found:
            raise BatchError(
                f"{base / name} is missing, so workers cannot make the environment themselves",
                cure=f"restore it (git checkout {name}), or set environment = shared for the site",
            )
    if PINS not in sections and "law.cfg" in found:
        found["law.cfg"] = without_section(found["law.cfg"].decode(), PINS).encode()
    if extra:
        found[EXTRAS] = f"{extra}\n".encode()
    settings = sections_of(base / "law_user.cfg", sections)
    if study:
        where = locate_study(study, studies_from_outside())
        others = tuple(section for section in sections if section != "studies")
        found |= study_files(study, lying)
        settings = f"{_studies(where)}\n{sections_of(base / 'law_user.cfg', others)}".strip()
    if settings:
        found["law_user.cfg"] = settings.encode()
    return found | {name: path.read_bytes() for name, path in lying.items()}


def _studies(where: Found) -> str:
    """The settings with which a study is found where its code came along."""
    # the default enters the page, which says how to make it
    lines = ["[studies]", f"default: {default_study()}", f"path: {MORE}"]
    if where.origin in ("module", "entry point"):
        lines += [f"modules: {where.reference.partition('[')[0].strip()}"]
    return "\n".join([*lines, ""])


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


def in_store(store: Store, base: Path, folder: Path, study: str = "", modules: Collection[str] = ()) -> Path:
    """The project's code in a file, named by its digest; a copy goes to the store, unless it is there.

    Args:
        store: that keeps what results were made with.
        base: the project's folder.
        folder: for the file.
        study: see :func:`source_files`.
        modules: see :func:`source_files`.

    Raises:
        BatchError: a file of the project is missing.
        StoreError: the store cannot be used.
    """
    files = source_files(base, study=study, modules=modules)
    file = folder / f"code-{digest(files)}.tar.gz"
    if not _holds(file, files):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
        temporary.write_bytes(archive(files))
        temporary.replace(file)
    if store.size(PLACE, file.name) is None:
        # a copy, as the store takes what it is given; another command may be doing the same
        with store.draft(PLACE, uuid.uuid4().hex) as aside:
            store.put(PLACE, file.name, Path(shutil.copy(file, aside)))
    return file


def _holds(file: Path, files: dict[str, bytes]) -> bool:
    """Whether an archive has just these files; workers refuse another one."""
    try:
        with tarfile.open(file) as tar:
            found = {one.name: (tar.extractfile(one) if one.isfile() else None) for one in tar}
            return found.keys() == files.keys() and all(
                stream is not None and stream.read() == files[name] for name, stream in found.items()
            )
    except (OSError, EOFError, tarfile.TarError, zlib.error):
        return False
