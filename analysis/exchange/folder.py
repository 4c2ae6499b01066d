"""A folder of published networks: what is in it, its digest, and reading that trusts nobody.

``SHA256SUMS`` lists the digests of all files but itself, as ``sha256sum -c`` reads them, sorted by name. The digest of
the folder is that of the list; a folder without one, made elsewhere, has the digest that its list would have.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from analysis.errors import DataError
from analysis.exchange.description import Description
from analysis.provenance import plain_files

__all__ = [
    *("CARD", "CONFIG", "CRATE", "CROISSANT", "FILES", "ONNX", "PARAMETERS", "STABLEHLO", "SUMS"),
    *("PublishedFolder", "digest_of", "listed", "read"),
]

CARD, CONFIG, PARAMETERS, ONNX, STABLEHLO = (
    *("README.md", "config.json", "model.safetensors", "model.onnx", "model.stablehlo"),
)
CRATE, CROISSANT, SUMS = "ro-crate-metadata.json", "croissant.json", "SHA256SUMS"
#: of a folder that PublishModel writes; one made elsewhere may have less, and more
FILES = (CARD, CONFIG, PARAMETERS, ONNX, STABLEHLO, CRATE, CROISSANT)
#: hidden files are not ours, and a name that begins so could be taken for an option
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}")
MOST_FILES = 100
MOST_BYTES = 8 << 30
#: of a file that is read for what it says, which models are not
MOST_TEXT = 16 << 20
_TEXTS = (CARD, CONFIG, CRATE, CROISSANT, SUMS)
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class PublishedFolder:
    """A folder whose files are what its list says.

    Args:
        folder: where it is.
        digests: SHA-256 of its files by name, without ``SHA256SUMS``.
        sizes: in bytes, by name.
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
        return Description.read(self.content(CONFIG), str(self.folder / CONFIG))

    def content(self, name: str) -> bytes:
        """Read a file anew and check it again, so that it cannot be exchanged in between.

        Raises:
            DataError: the folder has no such file, or it is no longer what it was.
        """
        if name not in self.digests:
            raise DataError(f"{self.folder} has no {name}", cure=f"it has {', '.join(sorted(self.digests))}")
        with _opened(self.folder, name) as file:
            content = file.read(self.sizes[name] + 1)
        if hashlib.sha256(content).hexdigest() != self.digests[name]:
            raise DataError(f"{self.folder / name} changed while it was read", cure="ask who writes there")
        return content


def digest_of(digests: Mapping[str, str]) -> str:
    """Return the digest of a folder from those of its files.

    Examples:
        >>> digest_of({})[:8]
        'e3b0c442'
    """
    return hashlib.sha256(listed(digests).encode()).hexdigest()


def listed(digests: Mapping[str, str]) -> str:
    """Return the text of ``SHA256SUMS``.

    Examples:
        >>> listed({"b": "1" * 64, "a": "0" * 64}).split()[1::2]
        ['a', 'b']
    """
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))


def read(folder: Path, digest: str = "") -> PublishedFolder:
    """Check all files of a folder.

    Folders in it, hidden files and, where there is a list, files that are not in it, are not looked at: the Hub and
    others add some of their own.

    Args:
        folder: with the files.
        digest: that the folder has to have; empty for any.

    Raises:
        DataError: a file is missing, damaged, a link or no ordinary one, too large, or has a name that is no plain one;
            or the folder has another digest. Names what.
    """
    known = _sums(folder)
    names = sorted(known if known is not None else _names(folder))
    if len(names) > MOST_FILES:
        raise DataError(
            f"{folder} has {len(names)} files, more than the {MOST_FILES} of a published network", cure=_CURE
        )
    digests, sizes, total = {}, {}, 0
    for name in names:
        most = MOST_TEXT if name in _TEXTS else MOST_BYTES - total
        digests[name], sizes[name] = _digest(folder, name, most)
        total += sizes[name]
        if known is not None and digests[name] != known[name]:
            raise DataError(f"{folder / name} is damaged: its SHA-256 is not the one in {SUMS}", cure=_CURE)
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
        content = file.read(MOST_TEXT)
    found: dict[str, str] = {}
    for line in content.decode(errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if not match or not PLAIN.fullmatch(match[2]) or match[2] in (*found, SUMS):
            raise DataError(
                f"{folder / SUMS} has the line {line!r:.200}, which names no file of the folder", cure=_CURE
            )
        found[match[2]] = match[1]
    # a list that lists itself in another way would give the folder another digest
    if listed(found).encode() != content:
        raise DataError(f"{folder / SUMS} is not sorted by name, or not as sha256sum writes it", cure=_CURE)
    return found


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
