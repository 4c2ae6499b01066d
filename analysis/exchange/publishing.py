"""Networks published as a folder: versions, each of which names the one that it replaces, and nothing half-written."""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import DataError
from analysis.exchange.crate import crate
from analysis.exchange.croissant import croissant
from analysis.exchange.description import Former
from analysis.exchange.folder import CARD, CONFIG, CRATE, CROISSANT, FILES, SUMS, PublishedFolder, listed, read
from analysis.exchange.material import Material
from analysis.exchange.readme import readme

__all__ = ["Publication", "publish", "versions"]


@dataclass(frozen=True)
class Publication:
    """A folder that holds what was to be published.

    Args:
        folder: checked.
        new: whether it was written now; if not, it had the same content already.
    """

    folder: PublishedFolder
    new: bool


def publish(material: Material, parent: Path) -> Publication:
    """Write the folder ``NAME-VERSION``, unless the newest version has the same content.

    Args:
        material: what is published.
        parent: folder that holds the versions; made if it is missing.

    Raises:
        DataError: the newest version is damaged, or the folder cannot be written.
    """
    found = versions(parent, material.name)
    newest = read(found[max(found)]) if found else None
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix=f".{material.name}.", suffix=".part") as work:
            draft = Path(work) / "draft"
            draft.mkdir()
            version, former = 1, None
            if newest is not None:
                # is anything new, but for the version?
                about = newest.description
                if _write(draft, material, about.version, about.replaces) == newest.digest:
                    return Publication(newest, new=False)
                version, former = about.version + 1, Former(about.name, about.version, newest.digest)
            digest = _write(draft, material, version, former)
            folder = parent / f"{material.name}-{version}"
            _rename(draft, folder)
    except OSError as error:
        raise DataError(f"{parent} cannot be written: {error.strerror or error}", cure="name another --to") from error
    return Publication(read(folder, digest), new=True)


def _rename(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        raise DataError(f"{folder} came into being meanwhile", cure="run the same command again") from error


def versions(parent: Path, name: str) -> dict[int, Path]:
    """Find the folders ``NAME-VERSION``, by version."""
    form = re.compile(rf"{re.escape(name)}-([1-9]\d{{0,8}})")
    folders = parent.iterdir() if parent.is_dir() else ()
    return {int(match[1]): path for path in folders if (match := form.fullmatch(path.name)) and path.is_dir()}


def _write(folder: Path, material: Material, version: int, former: Former | None) -> str:
    """Write all files of a version, over those of another, and return the folder's digest."""
    description = material.description(version, former)
    for name, source in material.files.items():
        if not (folder / name).exists():
            shutil.copyfile(source, folder / name)
    for name, text in {
        CARD: readme(material, description),
        CONFIG: description.text(),
        CROISSANT: croissant(material),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    digests = {name: _sha256(folder / name) for name in FILES if name != CRATE}
    (folder / CRATE).write_text(crate(material, description, folder, digests), encoding="utf-8")
    text = listed(digests | {CRATE: _sha256(folder / CRATE)})
    (folder / SUMS).write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
