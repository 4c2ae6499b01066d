"""A folder of published networks: what is in it, its digest, and reading that trusts nobody.

A folder without ``SHA256SUMS``, made elsewhere, has the digest that its list would have.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from analysis.errors import DataError
from analysis.exchange.card import MOST_TEXT, parse_card
from analysis.exchange.description import Description
from analysis.exchange.sums import PLAIN, SUMS, digest_of, listed, parse_sums
from analysis.provenance import plain_files

__all__ = [
    *("CARD", "CONFIG", "CRATE", "CROISSANT", "FILES", "ONNX", "PARAMETERS", "STABLEHLO"),
    *("PublishedFolder", "read"),
]

CARD, CONFIG, PARAMETERS, ONNX, STABLEHLO = (
    *("README.md", "config.json", "model.safetensors", "model.onnx", "model.stablehlo"),
)
CRATE, CROISSANT = "ro-crate-metadata.json", "croissant.json"
#: of a folder that PublishModel writes; one made elsewhere may have less, and more
FILES = (CARD, CONFIG, PARAMETERS, ONNX, STABLEHLO, CRATE, CROISSANT)
MOST_FILES = 100
MOST_BYTES = 8 << 30
_TEXTS = (CARD, CONFIG, CRATE, CROISSANT, SUMS)
_BLOCK = 1 << 20


@dataclass(frozen=True)
class PublishedFolder:
    """A folder whose files are what its list says.

    Args:
        folder: where it is.
        digests: SHA-256 of its files by name, without ``SHA256SUMS``.
        sizes: in bytes, by name, of the files that were checked.
    """

    folder: Path
    digests: Mapping[str, str]
    sizes: Mapping[str, int]

    @property
    def digest(self) -> str:
        """Digest of the folder."""
        return digest_of(self.digests)

    @property
    def sums(self) -> bytes:
        """Content of ``SHA256SUMS``, whether the folder has one or not."""
        return listed(self.digests).encode()

    @cached_property
    def description(self) -> Description:
        """What its ``config.json`` says.

        Raises:
            DataError: there is none, or something in it is not what it has to be.
        """
        where = str(self.folder / CONFIG)
        return Description.of(parse_card(self.content(CONFIG), where), where)

    def content(self, name: str) -> bytes:
        """Read a file anew and check it again, so that it cannot be exchanged in between.

        Raises:
            DataError: the folder has no such file, or it is no longer what it was.
        """
        if name not in self.digests:
            raise DataError(f"{self.folder} has no {name}", cure=f"name one of: {', '.join(sorted(self.digests))}")
        with _opened(self.folder, name) as file:
            content = file.read(self.sizes[name] + 1)
        if hashlib.sha256(content).hexdigest() != self.digests[name]:
            raise DataError(f"{self.folder / name} changed while it was read", cure="ask who writes there")
        return content


def read(
    folder: Path, digest: str = "", names: Collection[str] | None = None, files: Mapping[str, str] | None = None
) -> PublishedFolder:
    """Check the files of a folder.

    Folders in it, hidden files and, where there is a list, files that are not in it, are not looked at: the Hub and
    others add some of their own.

    Args:
        folder: with the files.
        digest: that the folder has to have; empty for any.
        names: of the files that are wanted, which are all that a part of a folder with its list, as capsules keep it,
            need have; all of them by default.
        files: SHA-256 of files by name, which count in place of its list.

    Raises:
        DataError: a file is missing, damaged, a link or no ordinary one, too large, or has a name that is no plain one;
            or the folder has another digest. Names what.
    """
    known = files or _sums(folder)
    there = known if known is not None else _names(folder)
    if len(there) > MOST_FILES:
        raise DataError(
            f"{folder} has {len(there)} files, more than the {MOST_FILES} of a published network", cure=_CURE
        )
    digests, sizes, total = dict(known or {}), {}, 0
    for name in sorted(there):
        if known is not None and names is not None and name not in names:
            continue
        most = MOST_TEXT if name in _TEXTS else MOST_BYTES - total
        digests[name], sizes[name] = _digest(folder, name, most)
        total += sizes[name]
        if known is not None and digests[name] != known[name]:
            raise DataError(
                f"{folder / name} is damaged: its SHA-256 is {digests[name]}, not {known[name]}", cure=_CURE
            )
    found = PublishedFolder(folder, digests, sizes)
    if digest and found.digest != digest:
        raise DataError(
            f"{folder} has the digest {found.digest}, not {digest}",
            cure="it is another version, or was changed: ask for the right one, or see what it is and name its digest",
        )
    return found


_CURE = "fetch the folder again; if it stays so, ask whoever published it"


def _sums(folder: Path) -> dict[str, str] | None:
    """The list of a folder; ``None`` if it has none."""
    if not os.path.lexists(folder / SUMS) and folder.is_dir():
        return None
    with _opened(folder, SUMS) as file:
        return parse_sums(file.read(MOST_TEXT), str(folder / SUMS))


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        names = [one.name for one in entries if not one.is_dir(follow_symlinks=False) and not one.name.startswith(".")]
    for name in names:
        if not PLAIN.fullmatch(name):
            raise DataError(
                f"{folder} has a file called {name!r:.200}", cure="its name has to be letters, digits and ._+-"
            )
    return names


def _digest(folder: Path, name: str, most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with _opened(folder, name) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
            if size > most:
                raise DataError(f"{folder / name} is larger than the {most} bytes it may have", cure=_CURE)
    return digest.hexdigest(), size


def _opened(folder: Path, name: str) -> io.FileIO:
    try:
        return plain_files.reading(folder / name)
    except FileNotFoundError:
        raise DataError(f"there is no file {folder / name}", cure="name the folder of published networks") from None
    except plain_files.NotPlainError as error:
        raise DataError(f"{folder / name} is {error.strerror}", cure=_CURE) from None
    except OSError as error:
        raise DataError(f"{folder / name} cannot be read: {error.strerror}", cure="ask its owner") from error
