"""Whether the files that a study takes from outside can still be had.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from analysis.errors import PreservationError
from analysis.preservation.reading import json_of

__all__ = ["FILE", "MOST_BYTES", "Input", "demand", "described", "from_json", "in_words", "size_in_words"]

FILE = "inputs.json"
FORMAT = 1
SECONDS = 20
#: bytes that files of the author's machine may have, all together, to lie in every capsule
MOST_BYTES = 200 * 10**6
# at a time: servers of public data do not like more
_AT_ONCE = 4
# what servers answer when a file is not there any more; anything else may be their bad day, or no answer to HEAD
_GONE = {404, 410}
# by which the standard library asks for a file, and where servers that it cannot ask listen at least
_ASKED = {"http": "http", "https": "https", "dav": "http", "davs": "https"}
_PORTS = {"root": 1094, "roots": 1094}
_APART = "it is on a server, and the rerun has no network (--no-network)"
_PRIVATE = "it lay on its author's machine, and is not in the capsule: ask its author for it"


@dataclass(frozen=True)
class Input:
    """One file from outside.

    Args:
        name: of the file.
        title: for people.
        address: URL; a package with its version as a purl (``pkg:pypi/...``); name of a file of the capsule; empty for
            a file that only its author has.
        sha256: of its content; empty if that is not known.
        size: in bytes; ``None`` if that is not known.
        licence: SPDX name; empty if unknown.
        doi: of the data set or publication; empty if it has none.
        citation: how to cite it.
        mirror: where it lies in a mirror folder; empty if it is part of a package.
        checksum: what its server says of the content, such as ``adler32:0a1b2c3d``, where the SHA-256 is not known.
    """

    name: str
    title: str
    address: str
    sha256: str
    size: int | None
    licence: str = ""
    doi: str = ""
    citation: str = ""
    mirror: str = ""
    checksum: str = ""

    @property
    def content(self) -> str:
        """A name of the content: its digest, or size and the server's checksum."""
        return self.sha256 or (f"{self.checksum} {self.size}" if self.checksum else "")

    @property
    def is_served(self) -> bool:
        """Whether it is on a server."""
        return "://" in self.address

    @property
    def is_inside(self) -> bool:
        """Whether it is a file of the capsule."""
        return bool(self.address) and not self.is_served and not self.address.startswith("pkg:")

    @property
    def is_private(self) -> bool:
        """Whether only its author has it."""
        return not self.address


def described(one: Input) -> dict[str, Any]:
    """An input as ``inputs.json`` has it."""
    # what has a digest is read by older versions, too
    return {name: value for name, value in asdict(one).items() if name != "checksum" or value}


def in_words(inputs: Sequence[Input]) -> str:
    """Files with their sizes, the largest first; of many the number.

    Examples:
        >>> in_words([Input("a.root", "", "", "", 5_200_000, mirror="run/a.root"), Input("b.csv", "", "", "", None)])
        'run/a.root (5.2 MB), b.csv'
    """
    largest = sorted(inputs, key=lambda one: (-(one.size or 0), one.mirror))
    named = [one.mirror or one.name for one in largest]
    named = [
        f"{name} ({size_in_words(one.size)})" if one.size is not None else name
        for name, one in zip(named, largest, strict=True)
    ]
    return ", ".join([*named[:5], *([f"and {len(named) - 5} more"] if len(named) > 5 else [])])


def size_in_words(number: int) -> str:
    """A number of bytes for people.

    Examples:
        >>> size_in_words(2_000), size_in_words(5_240_000), size_in_words(11 * 10**9)
        ('2.0 kB', '5.2 MB', '11.0 GB')
    """
    unit, name = next((pair for pair in ((1e9, "GB"), (1e6, "MB")) if number >= pair[0]), (1e3, "kB"))
    return f"{number / unit:.1f} {name}"


def from_json(text: bytes | str) -> list[Input]:
    """The inputs of a capsule.

    Args:
        text: of its file ``inputs.json``: ``{"format": 1, "inputs": [...]}``.

    Raises:
        PreservationError: the text is none of this.
    """
    try:
        stored = json_of(text)
        if stored["format"] != FORMAT:
            raise ValueError(f"format {stored['format']}")
        return [Input(**one) for one in stored["inputs"]]
    except (ValueError, KeyError, TypeError) as error:
        raise PreservationError(f"{FILE} names no inputs: {error!r}", cure="fetch the capsule again") from None


def demand(
    sources: Sequence[Input],
    mirrors: Sequence[Path],
    have: Container[str],
    say: Callable[[str], None] = lambda _: None,
    *,
    network: bool = True,
) -> None:
    """Make sure that every input that is not there yet lies in the capsule, in a mirror folder, or on a server.

    A server of HTTP is asked for each file, one of XRootD whether it answers; others need packages to be asked, and
    what there is of them shows when it is read.

    Args:
        sources: of the study.
        mirrors: folders with copies.
        have: contents that need no source any more (:attr:`Input.content`).
        say: is told of what cannot be asked for.
        network: whether there is one; without, no server is asked.

    Raises:
        PreservationError: one is nowhere; names all of them, and how to give them.
    """
    wanted = [
        one
        for one in sources
        if one.mirror and not one.is_inside and one.content not in have and not _mirrored(one, mirrors)
    ]
    served = [one for one in wanted if one.is_served]
    apart, served = ([], served) if network else (served, [])
    schemes = {one: one.address.partition("://")[0] for one in served}
    asked = {one: f"{_ASKED[kind]}{one.address.removeprefix(kind)}" for one, kind in schemes.items() if kind in _ASKED}
    unasked = [one for one in schemes if one not in asked]
    servers = {_server(one.address): one.address for one in unasked}
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        answers = dict(zip(asked, threads.map(_answer, asked.values()), strict=True))
        silent = dict(zip(servers, threads.map(_silence, servers.values()), strict=True))
    answers |= {one: silent[_server(one.address)] for one in unasked} | dict.fromkeys(apart, _APART)
    missing: dict[str, list[Input]] = {}
    for one in wanted:
        if answer := _PRIVATE if one.is_private else answers.get(one, ""):
            missing.setdefault(answer, []).append(one)
    if missing:
        number = sum(map(len, missing.values()))
        raise PreservationError(
            f"{number} of {len(sources)} inputs cannot be had:\n{_listed(missing)}{_empty(sources, mirrors)}",
            cure="with no network, or where a source is gone: put copies into a folder, at the paths above, and name "
            "it with --mirror FOLDER (or ERUMFLOW_MIRROR); or ask for a capsule that holds its data (--with-data)",
        )
    if unasked:
        say(
            f"{', '.join(servers)} cannot be asked yet for {in_words(unasked)}; reading may need a token, a proxy or "
            "keys of yours, and copies serve as well (--mirror FOLDER)"
        )


def _listed(missing: Mapping[str, Sequence[Input]]) -> str:
    """Inputs by what is wrong with them: the first one in full, of the others what is needed to fetch them."""
    lines: list[str] = []
    for answer, (first, *others) in missing.items():
        lines += [f"  {_told(first)}", f"    {answer}"]
        lines += [f"  and {len(others)} more for the same reason:"] if others else []
        lines += [f"    {one.mirror}: {one.address or one.content}" for one in others]
    return "\n".join(lines)


def _empty(sources: Sequence[Input], mirrors: Sequence[Path]) -> str:
    """A line about each mirror folder that is none, or not the right one."""
    lines = [
        f"\n  the mirror {mirror} {'has none of the inputs' if mirror.is_dir() else 'is no folder'}"
        for mirror in mirrors
        if not any(one.mirror and (mirror / one.mirror).is_file() for one in sources)
    ]
    return "".join(lines)


def _mirrored(one: Input, mirrors: Sequence[Path]) -> bool:
    for mirror in mirrors:
        try:
            size = (mirror / one.mirror).stat().st_size
        except OSError:
            continue
        # the first copy is what is read; its content is checked then
        return one.size is None or size == one.size
    return False


def _server(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _silence(address: str) -> str:
    """Return the reason why a server that cannot be asked for files does not serve; empty if it may."""
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
        # how others are reached is known only to what talks to them
        if not parts.hostname or parts.scheme not in _PORTS or port is None:
            return ""
        with socket.create_connection((parts.hostname, port), timeout=SECONDS):
            return ""
    except (OSError, ValueError) as error:
        return f"the server does not answer: {error}"


def _answer(address: str) -> str:
    """Return the reason why an address does not serve; empty if it does."""
    request = urllib.request.Request(address, method="HEAD", headers={"User-Agent": "erumflow"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return f"the server answers {error.code} {error.reason}" if error.code in _GONE else ""
    except urllib.error.URLError as error:
        # a bare system has no certificates; the environment of the rerun brings its own
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            return ""
        return f"the server does not answer: {error.reason}"
    except (OSError, http.client.HTTPException) as error:
        return f"the server does not answer: {error!r}"


def _told(one: Input) -> str:
    size = "" if one.size is None else f", {size_in_words(one.size)}"
    doi = f", DOI {one.doi}" if one.doi else ""
    where = f"\n    {one.address}{doi}" if one.address or one.doi else ""
    known = f"SHA-256 {one.sha256}" if one.sha256 else one.checksum
    return f"{one.mirror}{size}: {one.title}{where}" + (f"\n    {known}" if known else "")
