"""Names of files by patterns of the shell, on this machine and on servers."""

from __future__ import annotations

import fnmatch
import functools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, unquote

from analysis.checking.names import did_you_mean
from analysis.errors import StoreError, StudyError
from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.options import Options

__all__ = ["expand", "natural_order"]

_MAGIC = re.compile(r"[*?\[]")
_SHOWN = 6
# names in such addresses are quoted
_QUOTED = ("http", "https", "dav", "davs")

# a file, a folder, or a link to a folder, which may be above it
Listing = Callable[[str], dict[str, str]]


def expand(patterns: Iterable[str], options: Options) -> tuple[list[str], dict[str, str]]:
    """Files that patterns name: in the order of the patterns, those of one in natural order, each once.

    Args:
        patterns: paths on this machine or addresses, with ``*``, ``?``, ``[...]`` and ``**`` (folders of any depth).
        options: how servers are talked to.

    Returns:
        Absolute paths and addresses; and patterns whose folder or server cannot be asked, with the reason.

    Raises:
        StudyError: a pattern matches nothing, or is a folder.
        StoreError: an address is none, or has a password in it.
    """
    found: dict[str, None] = {}
    problems = {}
    for pattern in patterns:
        scheme, separator, path = pattern.partition("://")
        try:
            if separator and scheme != "file":
                matches = _remote(pattern, options)
            else:
                matches = _local(path if separator else pattern, pattern)
        except _UnansweredError as error:
            problems[pattern] = str(error)
            continue
        found |= dict.fromkeys(sorted(matches, key=natural_order))
    return list(found), problems


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts numbers in names by value.

    Examples:
        >>> sorted(["run10.root", "run2.root", "runs.root"], key=natural_order)
        ['run2.root', 'run10.root', 'runs.root']
    """
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part]


class _UnansweredError(Exception):
    """A folder or a server cannot be asked what it has."""


def _local(pattern: str, given: str) -> list[str]:
    path = os.path.abspath(os.path.expanduser(pattern))
    # a file that is called like a pattern is meant itself
    if os.path.isfile(path):
        return [path]
    if os.path.isdir(path):
        raise StudyError(f"{given!r} is a folder", cure=f"name files in it, such as '{given.rstrip('/')}/*.root'")
    segments = path.strip("/").split("/")
    return _matches(segments, "/", given, functools.cache(_local_listing))


def _local_listing(folder: str) -> dict[str, str]:
    try:
        with os.scandir(folder) as entries:
            return {one.name: _kind(one) for one in entries}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _UnansweredError(f"the folder {folder} cannot be read: {error.strerror}") from error


def _kind(entry: os.DirEntry[str]) -> str:
    return "file" if not entry.is_dir() else "link" if entry.is_symlink() else "folder"


def _remote(pattern: str, options: Options) -> list[str]:
    scheme, _, rest = pattern.partition("://")
    authority, _, path = rest.partition("/")
    quoted = scheme in _QUOTED
    if quoted and "?" in path:
        # not repeated: what follows it may be a token
        raise StoreError(
            f"an address of {scheme}:// has a '?', which is no pattern there: it begins a query",
            cure="write * or [0-9] in its place; a query or a token is in no address (docs/clusters.md)",
        )
    # else it is a pattern, which no address may have
    plain = path if quoted else path.replace("?", "*")
    address = Address.parse(f"{scheme}://{authority}/{plain}")
    if not _MAGIC.search(path):
        return [address.url if not quoted else pattern]
    top = f"{scheme}://{authority}" + ("/" if scheme in ("root", "roots") else "")

    @functools.cache
    def listing(folder: str) -> dict[str, str]:
        try:
            found = connect(f"{top}{quote(folder) if quoted else folder}", options).listing("")
        except StoreError as error:
            raise _UnansweredError(error.problem) from error
        return {name: "folder" if one.is_folder else "file" for name, one in found.items()}

    segments = [unquote(name) if quoted else name for name in path.split("/") if name]
    found = _matches(segments, "/", pattern, listing)
    return [f"{top}{quote(path) if quoted else path}" for path in found]


def _matches(segments: list[str], top: str, given: str, listing: Listing) -> list[str]:
    found = list(dict.fromkeys(_walk(segments, top, listing)))
    if not found:
        raise _nothing(segments, given, listing)
    return found


def _walk(segments: list[str], folder: str, listing: Listing) -> Iterator[str]:
    first, rest = segments[0], segments[1:]
    base = folder.rstrip("/")
    if first == "**":
        yield from _walk(rest or ["*"], folder, listing)
        for name, kind in listing(folder).items():
            if kind == "folder" and not name.startswith("."):
                yield from _walk(segments, f"{base}/{name}", listing)
    elif rest and not _MAGIC.search(first):
        yield from _walk(rest, f"{base}/{first}", listing)
    else:
        for name, kind in listing(folder).items():
            hidden = name.startswith(".") and not first.startswith(".")
            if hidden or not fnmatch.fnmatchcase(name, first) or (kind != "file") != bool(rest):
                continue
            if rest:
                yield from _walk(rest, f"{base}/{name}", listing)
            else:
                yield f"{base}/{name}"


def _nothing(segments: list[str], given: str, listing: Listing) -> StudyError:
    """The error that nothing matches: how far the names go, and what there is."""
    depth = next((n for n, part in enumerate(segments) if _MAGIC.search(part)), len(segments) - 1)
    while not (names := _names("/" + "/".join(segments[:depth]), listing)) and depth:
        depth -= 1
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    what = "no file matches" if _MAGIC.search(given) else "there is no file"
    folder = segments[depth - 1] if depth else "/"
    return StudyError(
        f"{what} {given!r}{did_you_mean(segments[depth], names)}",
        cure=f"the folder {folder!r} holds: {shown}" if names else "correct the name",
    )


def _names(folder: str, listing: Listing) -> list[str]:
    try:
        return sorted((name for name in listing(folder) if not name.startswith(".")), key=natural_order)
    except _UnansweredError:
        return []
