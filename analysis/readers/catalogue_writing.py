"""Make catalogues: describe files, go on where an ended command was, and write what was found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.catalogues import FILES
from analysis.errors import StoreError
from analysis.provenance.remote.options import Options
from analysis.readers.catalogue_content import catalogue_of, names_of, places_of
from analysis.readers.catalogue_drafts import Draft, earlier, still_true
from analysis.readers.catalogue_notes import notes_of
from analysis.readers.describing import describe_files
from analysis.readers.file_description import FileDescription, reader_named

__all__ = ["Made", "make_catalogue", "write_catalogue"]


@dataclass(frozen=True)
class Made:
    """Outcome of making a catalogue.

    Args:
        content: of the catalogue; empty if no file could be described.
        found: descriptions of the files.
        problems: why others have none, by address.
        known: how many of the descriptions are from before.
        notes: sentences about the files.
    """

    content: Mapping[str, Any]
    found: Sequence[FileDescription]
    problems: Mapping[str, str]
    known: int
    notes: tuple[str, ...]


def make_catalogue(
    addresses: Sequence[str],
    output: Path,
    *,
    tree: str = "",
    read: str = "",
    address: str = "",
    mirror: str = "",
    options: Options | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Made:
    """Describe files and write their catalogue; what is described is kept meanwhile, for a command that goes on.

    Args:
        addresses: absolute paths and addresses of the files.
        output: the catalogue; one from before is brought up to date.
        tree: name of the tree; empty for the only one.
        read: reader of the files, ``module:function``; empty for the standard ones.
        address: of a folder that has the same files, to be written in place of theirs.
        mirror: their folder below a mirror folder, to be written too.
        options: how servers are talked to.
        progress: called with the number of files that are done.

    Raises:
        StudyError: there is no such reader, what is at ``output`` is no catalogue, or the files lie in no folder
            together where they must.
        StoreError: the catalogue cannot be written.
    """
    way = options or Options()
    reader = reader_named(read)
    places = places_of(addresses, address, mirror)
    taken, old = earlier(output, tree, read)
    draft = Draft(output, {"tree": tree, "read": read})
    counts = {"known": 0, "done": 0}
    keep = True

    def known(one: str) -> FileDescription | None:
        found = draft.known.get(one) or old.get(places[one].url)
        return replace(found, address=one) if found is not None and still_true(found, one, way) else None

    def done(description: FileDescription | None, new: bool) -> None:
        counts["done"] += 1
        if description is not None:
            counts["known"] += not new
            draft.add(description)
        progress(counts["done"])

    try:
        found, problems = describe_files(addresses, tree=tree, read=reader, options=way, known=known, done=done)
        content: dict[str, Any] = {}
        notes: tuple[str, ...] = ()
        if found:
            kept = {one: taken[place.url] for one, place in places.items() if place.url in taken}
            names = names_of([one.address for one in found], kept)
            content = catalogue_of(found, places, names, output, read)
            notes = (*notes_of(found, names, content), *_gone(taken, [places[one.address].url for one in found]))
            write_catalogue(content, output)
        keep = bool(found and problems)
    finally:
        draft.close(keep)
    return Made(content, found, problems, counts["known"], notes)


def _gone(before: Mapping[str, str], now: Iterable[str]) -> Iterator[str]:
    if names := sorted(before[url] for url in before.keys() - set(now)):
        yield f"of the catalogue from before, {len(names)} file(s) are not in it any more: {', '.join(names[:5])}"


def write_catalogue(content: Mapping[str, Any], output: Path) -> None:
    """Write a catalogue, YAML or JSON by the ending of its name, one line a file; it appears when it is complete.

    Raises:
        StoreError: it cannot be written.
    """
    lines = _json(content) if output.suffix == ".json" else _yaml(content)
    temporary = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        os.replace(temporary, output)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(
            f"{output} cannot be written: {error.strerror}", cure="name another place: --output FILE"
        ) from error


def _json(content: Mapping[str, Any]) -> Iterator[str]:
    yield "{"
    for name, value in content.items():
        if name != "files":
            yield f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)},"
    yield '  "files": ['
    yield from _separated(json.dumps(one, ensure_ascii=False) for one in content["files"])
    yield "  ]"
    yield "}"


def _separated(lines: Iterable[str]) -> Iterator[str]:
    last = None
    for line in lines:
        if last is not None:
            yield f"    {last},"
        last = line
    if last is not None:
        yield f"    {last}"


def _yaml(content: Mapping[str, Any]) -> Iterator[str]:
    import yaml

    style: dict[str, Any] = {"Dumper": getattr(yaml, "CSafeDumper", yaml.SafeDumper), "sort_keys": False}
    style |= {"width": 1 << 20, "allow_unicode": True}
    head = {name: value for name, value in content.items() if name != "files"}
    yield yaml.dump(head, default_flow_style=False, **style).rstrip("\n") + FILES.rstrip("\n")
    for one in content["files"]:
        yield f"- {json.dumps(one)}"
