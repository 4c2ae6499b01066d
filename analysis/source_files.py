"""Files from outside: their addresses, and what tells that they hold what they held."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import StudyError
from analysis.step import PRESENTATION

__all__ = ["CHECKSUMS", "PackageFile", "Publication", "SourceFile", "place_of_data", "published_origin"]

CHECKSUMS = ("adler32", "md5", "etag", "modified")
"""Kinds of checksums that a server may keep of a file, the surest first."""

_CHECKSUM = re.compile(rf"(?:{'|'.join(CHECKSUMS)}):\S+")


@dataclass(frozen=True)
class SourceFile:
    """One file of events, public or one's own.

    What it holds is known by its SHA-256; where that is not known, by its size and the checksum of the server that has
    it. ``law run DescribeFiles`` finds all of this (:func:`analysis.study.catalogue`).

    Args:
        name: file name, unique in its data set; its ending tells the format.
        url: where it is: ``https://``, ``root://``, ``s3://`` and other addresses, or a path on this machine.
        sha256: digest of the content, in hexadecimal; empty if it is not known.
        size: number of bytes; ``None`` if it is not known beforehand (the digest decides then).
        events: number of events in it.
        mirror: place relative to a mirror folder; empty for the file's name.
        checksum: what the server says of the content: ``"adler32:0a1b2c3d"``, ``"md5:..."``, ``"etag:..."``, or
            ``"modified:..."``, the time of its last change, where it knows no other.
        clusters: numbers of events that lie together in the file: one for clusters of equal size, or the first event of
            each. Chunks end where clusters do, so that nothing is read twice.

    Raises:
        StudyError: the digest or the checksum is none, the file has a negative number of events, or clusters do not
            begin within the file.
    """

    name: str
    url: str = field(metadata=PRESENTATION)
    sha256: str = ""
    size: int | None = None
    events: int = 0
    mirror: str = field(default="", metadata=PRESENTATION)
    checksum: str = ""
    clusters: int | tuple[int, ...] = field(default=(), metadata=PRESENTATION)

    def __post_init__(self) -> None:
        if self.checksum and not _CHECKSUM.fullmatch(self.checksum):
            raise StudyError(
                f"the file {self.name!r} has the checksum {self.checksum!r}",
                cure=f"write KIND:DIGEST with one of {', '.join(CHECKSUMS)}, as DescribeFiles does",
            )
        if isinstance(self.events, bool) or not hasattr(self.events, "__index__"):
            raise StudyError(
                f"the file {self.name!r} has {self.events!r} as its number of events", cure="give a whole number"
            )
        if self.events < 0:
            raise StudyError(f"the file {self.name!r} has {self.events} events", cure="give a number of 0 or more")
        if isinstance(self.clusters, tuple):
            rising = all(a < b for a, b in zip(self.clusters, self.clusters[1:], strict=False))
            if self.clusters and (not rising or self.clusters[0] < 0 or self.clusters[-1] >= max(self.events, 1)):
                raise StudyError(
                    f"the file {self.name!r} has {self.events} events, and clusters that begin at "
                    f"{', '.join(map(str, self.clusters[:5]))}...",
                    cure="let DescribeFiles find them, or leave them out",
                )
        elif self.clusters < 1:
            raise StudyError(f"the file {self.name!r} has clusters of {self.clusters} events", cure="leave them out")

    @property
    def content(self) -> str:
        """A name of the content: its digest, or size and the server's checksum; empty if neither is known."""
        if self.sha256 or not self.checksum:
            return self.sha256
        return f"{self.checksum} {self.size}"

    @property
    def decisive(self) -> list[str | int]:
        """Name, content and number of events, which decide results: the same content from another place is the same."""
        return [self.name, self.content, self.events]

    @property
    def path(self) -> Path | None:
        """Path on this machine; ``None`` for a file on a server."""
        scheme, separator, rest = self.url.partition("://")
        return Path(rest if separator else self.url).expanduser() if scheme == "file" or not separator else None

    @property
    def place(self) -> str:
        """Place relative to a mirror folder."""
        return self.mirror or self.name

    def borders(self) -> tuple[int, ...] | range:
        """First events of the clusters, counted within the file; empty if they are not known."""
        return self.clusters if isinstance(self.clusters, tuple) else range(0, self.events, self.clusters)


def place_of_data(url: str) -> str:
    """The server of an address, or the folder of a file on this machine.

    Examples:
        >>> place_of_data("root://eos.example.org//eos/opendata/a.root"), place_of_data("/data/run7/a.root")
        ('root://eos.example.org', '/data/run7')
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme != "file":
        return f"{scheme}://{rest.partition('/')[0]}"
    return (rest if separator else url).rpartition("/")[0] or "/"


def published_origin(files: Sequence[SourceFile], *, in_place: bool) -> str:
    """Tell where files come from, for everybody: names and servers, and no folder of a machine.

    Files that can be fetched over HTTP have addresses that say it.

    Examples:
        >>> published_origin([SourceFile("a.csv", "/data/a.csv"), SourceFile("b.csv", "b.csv")], in_place=False)
        'a.csv and 1 more, of the authors'
        >>> published_origin([SourceFile("a.root", "root://eos.example.org//eos/a.root")], in_place=True)
        'a.root at root://eos.example.org, read in place'
    """
    places: dict[str, list[str]] = {}
    for file in files:
        if not file.url.startswith(("https://", "http://")):
            place = "" if file.path is not None else place_of_data(file.url)
            places.setdefault(place, []).append(file.name)
    told = []
    for place, (first, *others) in places.items():
        named = f"{first} and {len(others)} more" if others else first
        told.append(f"{named} at {place}" if place else f"{named}{',' * bool(others)} of the authors")
    return ", ".join([*told, *(["read in place"] if in_place else [])])


@dataclass(frozen=True)
class PackageFile:
    """One file of data that comes inside an installed package.

    Args:
        package: name of the distribution and of the module that it installs.
        version: of the distribution.
        path: of the file inside the package, with ``/``.
        sha256: digest of the content, in hexadecimal.
        size: number of bytes.
    """

    package: str
    version: str = field(metadata=PRESENTATION)
    path: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Publication:
    """Published numbers that a study compares itself with.

    Args:
        name: short name.
        title: for people; may hold LaTeX.
        files: where the numbers are.
        licence: SPDX name.
        doi: of the publication.
        citation: how to cite.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    files: tuple[PackageFile, ...]
    licence: str = field(default="", metadata=PRESENTATION)
    doi: str = field(default="", metadata=PRESENTATION)
    citation: str = field(default="", metadata=PRESENTATION)
