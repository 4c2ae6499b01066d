"""``SHA256SUMS``: digests of all files of a folder but itself, sorted by name; its own digest is that of the folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from analysis.errors import DataError

__all__ = ["PLAIN", "SUMS", "digest_of", "listed", "parse_sums"]

SUMS = "SHA256SUMS"
#: hidden files are not ours, and a name that begins so could be taken for an option
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}")
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_CURE = "fetch the folder again; if it stays so, ask whoever published it"


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


def parse_sums(content: bytes, where: str) -> dict[str, str]:
    """Read ``SHA256SUMS``.

    Args:
        content: of the file.
        where: the file, for messages.

    Raises:
        DataError: a line names no file of the folder, or there is another list that says the same.
    """
    found: dict[str, str] = {}
    for line in content.decode(errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if not match or not PLAIN.fullmatch(match[2]) or match[2] in (*found, SUMS):
            raise DataError(f"{where} has the line {line!r:.200}, which names no file of the folder", cure=_CURE)
        found[match[2]] = match[1]
    # a list that lists itself in another way would give the folder another digest
    if listed(found).encode() != content:
        raise DataError(f"{where} is not sorted by name, or not as sha256sum writes it", cure=_CURE)
    return found
