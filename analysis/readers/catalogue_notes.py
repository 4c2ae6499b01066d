"""Notes on the files of a catalogue, beside what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.readers.file_description import FileDescription

__all__ = ["listed", "notes_of", "same_content"]

# files that a sentence names
_NAMED = 3


def notes_of(found: Sequence[FileDescription], names: Mapping[str, str], content: Mapping[str, Any]) -> Iterator[str]:
    """Tell what is to be known of the files of a catalogue, in sentences."""
    vague = [one for one in found if one.identity.startswith("modified:")]
    twice = [[names[address] for address in same] for same in _same_contents(found)]
    for same in twice[:_NAMED]:
        yield f"{listed(same)} have the same content: in one data set, their events would count twice"
    if more := sum(map(len, twice[_NAMED:])):
        yield f"{more} more files have the same content as others"
    yield from _alike(found, names)
    if vague:
        yield (
            f"of {len(vague)} file{'s' * (len(vague) > 1)}, the server knows no checksum, only the time of the last "
            "change: that stands for the content"
        )
    if trees := content.get("trees"):
        yield f"{trees}: a schema has one tree"
    if others := list(content.get("others", ())):
        yield (
            f"{len(others)} column{'s are' if len(others) > 1 else ' is'} not in all files alike (others in the "
            f"catalogue): {listed(others)}"
        )


def same_content(found: Sequence[FileDescription]) -> list[str]:
    """Addresses of the first files that have the same content; empty if no two have."""
    return next(_same_contents(found), [])


def _same_contents(found: Sequence[FileDescription]) -> Iterator[list[str]]:
    by_content: dict[tuple[str, int], list[str]] = {}
    for one in found:
        by_content.setdefault((one.identity, one.size), []).append(one.address)
    for (identity, _), same in by_content.items():
        if len(same) > 1 and not identity.startswith("modified:"):
            yield same


def _alike(found: Sequence[FileDescription], names: Mapping[str, str]) -> Iterator[str]:
    """Files that are probably the same, on servers whose digests are of several kinds."""
    alike: dict[tuple[str, int, int], dict[str, str]] = {}
    for one in found:
        key = (one.address.rpartition("/")[2], one.size, one.events)
        alike.setdefault(key, {}).setdefault(one.identity.partition(":")[0], names[one.address])
    if several := [list(kinds.values()) for kinds in alike.values() if len(kinds) > 1]:
        others = f", and {len(several) - 1} more like them" if len(several) > 1 else ""
        yield (
            f"{listed(several[0])} have the same name, size and number of events{others}: their checksums are of "
            "different kinds and tell nothing; in one data set, the events of copies would count twice"
        )


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
