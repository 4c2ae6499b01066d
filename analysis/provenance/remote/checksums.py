"""Checksums that storage servers keep of their files."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CHECKSUM_RATE", "Checksum", "checksum_of"]

CHECKSUM_RATE = 20e6
"""Bytes per second that a slow server reads to find a checksum: so much longer may it be silent."""
_PIECE = 2**20


@dataclass(frozen=True)
class Checksum:
    """A checksum of a file.

    Args:
        kind: ``adler32`` or ``md5``, digests of the content; ``etag`` for a server's own name of it; ``modified`` for
            the time of its last change.
        digest: in hexadecimal digits, lower case; of the last two, as the server writes it, or seconds since the epoch.
    """

    kind: str
    digest: str

    @property
    def text(self) -> str:
        """As it stands in a catalogue."""
        return f"{self.kind}:{self.digest}"

    def __str__(self) -> str:
        return f"{self.kind} {self.digest}"


def checksum_of(local: Path, kind: str) -> Checksum:
    """The checksum of a local file.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a"
        ...     _ = path.write_bytes(b"Higgs")
        ...     print(checksum_of(path, "adler32"))
        adler32 058701f3
    """
    adler, md5 = 1, hashlib.md5(usedforsecurity=False)
    with open(local, "rb") as file:
        while piece := file.read(_PIECE):
            if kind == "adler32":
                adler = zlib.adler32(piece, adler)
            else:
                md5.update(piece)
    return Checksum(kind, f"{adler:08x}" if kind == "adler32" else md5.hexdigest())
