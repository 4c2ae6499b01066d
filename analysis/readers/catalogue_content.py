"""The content of catalogues: names, addresses and columns of described files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from analysis.catalogues import FORMAT
from analysis.errors import StudyError
from analysis.readers.catalogue_notes import listed
from analysis.readers.choice import ENDINGS, suffix_of
from analysis.readers.file_description import FileDescription

__all__ = ["Place", "catalogue_of", "names_of", "places_of"]

_LONGEST = 80
_QUOTED = ("http", "https", "dav", "davs")


@dataclass(frozen=True)
class Place:
    """Address and place in a mirror that a catalogue gives a file.

    Args:
        url: its address.
        mirror: its place below a mirror folder; empty for none.
    """

    url: str
    mirror: str = ""


def places_of(addresses: Sequence[str], address: str, mirror: str) -> dict[str, Place]:
    """Find the addresses and places in a mirror that a catalogue gives files.

    Args:
        addresses: absolute paths and addresses that they are described at.
        address: of a folder that has the same files as the one that they lie in together; empty for that one.
        mirror: their folder below a mirror folder; empty for none.

    Raises:
        StudyError: they lie in no folder together.

    Examples:
        >>> places_of(["/work/a.root", "/work/b/c.root"], "https://example.org/x", "x")["/work/b/c.root"]
        Place(url='https://example.org/x/b/c.root', mirror='x/b/c.root')
    """
    if not (address or mirror):
        return {one: Place(one) for one in addresses}
    top = _common_folder(addresses)
    if not top:
        raise StudyError(
            "the files lie in no folder together, so nobody knows where they are in another one",
            cure="leave out --address and --mirror, or describe the files of one folder",
        )
    found = {}
    for one in addresses:
        below = one.removeprefix(f"{top}/")
        plain = unquote(below) if one.partition("://")[0] in _QUOTED else below
        quoted = quote(plain) if address.partition("://")[0] in _QUOTED else plain
        url = f"{address.rstrip('/')}/{quoted}" if address else one
        found[one] = Place(url, f"{mirror.strip('/')}/{plain}" if mirror else "")
    return found


def names_of(addresses: Sequence[str], taken: Mapping[str, str]) -> dict[str, str]:
    """Names of files, each other than all others: their own, with as many of their folders before it as that takes.

    Args:
        addresses: absolute paths and addresses.
        taken: names that addresses have already; they keep them.

    Examples:
        >>> list(names_of(["/data/run1/a.root", "/data/run2/a.root", "/data/b (1).root"], {}).values())
        ['run1_a.root', 'run2_a.root', 'b_1_.root']
    """
    found = {address: taken[address] for address in addresses if address in taken}
    # not all disks tell capital letters from small ones
    used = {name.lower() for name in found.values()}
    parts = {address: _parts(address) for address in addresses if address not in found}
    depth = dict.fromkeys(parts, 1)
    while True:
        by_name: dict[str, list[str]] = {}
        for address, own in parts.items():
            by_name.setdefault(_name(own, depth[address]).lower(), []).append(address)
        double = [a for name, same in by_name.items() if len(same) > 1 or name in used for a in same]
        if not double:
            return {a: found.get(a) or _name(parts[a], depth[a]) for a in addresses}
        deeper = [address for address in double if depth[address] < len(parts[address])]
        for address in deeper:
            depth[address] += 1
        # they differ in what no name may have
        for address in double if not deeper else ():
            parts[address] = [_digest(address), *parts[address]]
            depth[address] += 1


def _parts(address: str) -> list[str]:
    scheme, separator, rest = address.partition("://")
    path = unquote(rest) if separator and scheme in _QUOTED else rest if separator else address
    return [one for one in path.split("/") if one]


def _name(parts: list[str], depth: int) -> str:
    name = "_".join(parts[-depth:])
    plain = re.sub(r"\.\.+", ".", re.sub(r"[^A-Za-z0-9_+.-]+", "_", name)).lstrip("-.+").rstrip(".") or "file"
    if len(plain) <= _LONGEST:
        return plain
    # the ending tells the format
    short = f"-{_digest(name)}-{plain[-24:]}"
    return plain[: _LONGEST - len(short)] + short


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def catalogue_of(
    found: Sequence[FileDescription], places: Mapping[str, Place], names: Mapping[str, str], output: Path, read: str
) -> dict[str, Any]:
    """The content of a catalogue.

    Args:
        found: descriptions of the files, in their order.
        places: where they are said to be, by address.
        names: of the files, by address.
        output: where the catalogue is going to lie.
        read: name of the reader that described them; empty for the standard ones.
    """
    urls = [places[one.address].url for one in found]
    top = _common_folder(urls)
    below = [url.removeprefix(f"{top}/") if top else url for url in urls]
    mirror = places[found[0].address].mirror.removesuffix(names[found[0].address]).rstrip("/")
    trees = list(dict.fromkeys(one.tree for one in found))
    columns, others = _columns(found, names)
    content = {
        "format": FORMAT,
        "folder": _seen_from(output.absolute().parent, top),
        "mirror": mirror,
        "read": read,
        "tree": trees[0] if len(trees) == 1 else "",
        "trees": _trees(found, names) if len(trees) > 1 else "",
        "columns": columns,
        "others": others,
    }
    entries = [
        _entry(one, names[one.address], url, places[one.address].mirror, mirror)
        for one, url in zip(found, below, strict=True)
    ]
    return {name: value for name, value in content.items() if value} | {"files": entries}


def _common_folder(addresses: Sequence[str]) -> str:
    """The folder that all lie in; empty if there is none."""
    folders = [address.rpartition("/")[0].split("/") for address in addresses]
    # the first and the last one in order differ where any two do
    first, last = min(folders), max(folders)
    common = [a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))]
    # of XRootD, what follows a server alone would look like a path of this machine
    scheme, separator, _ = first[0].partition(":")
    least = 5 if scheme.startswith("root") else 3 if separator else 2
    return "/".join(common) if len(common) >= least else ""


def _seen_from(base: Path, folder: str) -> str:
    """A folder as seen from another one, if it is below that; else as it is."""
    if "://" in folder or not folder or not Path(folder).is_relative_to(base):
        return folder
    relative = str(Path(folder).relative_to(base))
    return "" if relative == "." else relative


def _entry(one: FileDescription, name: str, url: str, place: str, mirror: str) -> dict[str, Any]:
    kind, _, digest = one.identity.partition(":")
    # what begins so is taken for a whole path
    url = f"./{url}" if url.startswith("~") else url
    usual = f"{mirror}/{name}" if mirror else ""
    entry = {
        "name": name,
        "url": url if url != name else "",
        "size": one.size,
        "sha256": digest if kind == "sha256" else "",
        "checksum": one.identity if kind != "sha256" else "",
        "events": one.events,
        "mirror": place if place != usual else "",
        "clusters": list(one.clusters) if isinstance(one.clusters, tuple) else one.clusters,
    }
    return {field: value for field, value in entry.items() if value}


def _columns(found: Sequence[FileDescription], names: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Columns that all files have alike, and sentences about the others."""
    everything = dict.fromkeys(name for one in found for name in (*one.columns, *one.problems))
    are_text = all(ENDINGS.get(suffix_of(one.address)) == "csv" for one in found)
    columns, others = {}, {}
    for column in everything:
        kinds: dict[str | None, list[str]] = {}
        for one in found:
            kinds.setdefault(one.columns.get(column), []).append(names[one.address])
        if list(kinds) != [None] and len(kinds) == 1:
            columns[column] = found[0].columns[column]
            continue
        if are_text and None not in kinds:
            columns[column] = _type_of_cells(kinds)
            continue
        problem = next((one.problems[column] for one in found if column in one.problems), "")
        others[column] = _sentence(column, kinds, len(found), problem)
    return columns, others


def _type_of_cells(kinds: Iterable[str | None]) -> str:
    """The type that all cells of text files fit: a file has none itself, only what its own cells look like.

    Examples:
        >>> _type_of_cells(["int64", "float64"]), _type_of_cells(["int64", "bool"])
        ('float64', 'string')
    """
    return "float64" if {*kinds} <= {"int64", "uint64", "float64"} else "string"


def _sentence(column: str, kinds: Mapping[str | None, list[str]], number: int, problem: str) -> str:
    there = {kind or "a record": files for kind, files in kinds.items() if kind is not None}
    if not there:
        return f"column {column!r} cannot be read ({problem})"
    without = kinds.get(None, [])
    has = " and ".join(f"{kind} in {len(files)}" for kind, files in there.items())
    text = f"column {column!r} is {has} of {number} files"
    if len(there) > 1:
        *_, last = there.items()
        text += f", {last[0]} in {listed(last[1])}"
    if without:
        why = f" (cannot be read: {problem})" if problem else ""
        text += f", not in {listed(without)}{why}"
    return text


def _trees(found: Sequence[FileDescription], names: Mapping[str, str]) -> str:
    trees: dict[str, list[str]] = {}
    for one in found:
        trees.setdefault(one.tree, []).append(names[one.address])
    return "events lie in " + ", ".join(
        f"{f'the tree {tree!r}' if tree else 'no tree'} in {listed(files)}" for tree, files in trees.items()
    )
