"""Describe one file of events: what it is, and what it holds."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.checking.calling import call
from analysis.checking.importing import load
from analysis.checking.signature import arguments_of
from analysis.errors import DataError, StudyError
from analysis.provenance.remote.connecting import locate
from analysis.provenance.remote.faults import MissingError
from analysis.provenance.remote.options import Options
from analysis.provenance.store import sha256_of
from analysis.readers.choice import ENDINGS, suffix_of
from analysis.readers.data_file import DataFile
from analysis.readers.description import Description, regular_clusters, type_of
from analysis.readers.opening import note_compared
from analysis.schema import Column
from analysis.step import Step

__all__ = ["FileDescription", "describe_file", "identify", "reader_named"]

# smaller clusters are put together: reading so few events twice costs nothing, and catalogues stay small
_CLUSTER_EVENTS = 1000
_CLUSTERS = 100
# a range that ends after all events
_ALL = 1 << 62


@dataclass(frozen=True)
class FileDescription:
    """Description of a file of events: its identity and what it holds.

    Args:
        address: path on this machine, or address on a server.
        size: in bytes.
        identity: of the content: ``"sha256:..."``, or what the server says (:data:`analysis.source_files.CHECKSUMS`).
        changed: time of the last change of a file on this machine, in ns, which no program sets back; 0 for others.
        events: how many it has.
        tree: what they lie in, where a file may hold several.
        columns: types by name.
        clusters: as :class:`~analysis.source_files.SourceFile` has them.
        problems: why columns cannot be read, by name.
    """

    address: str
    size: int
    identity: str
    changed: int
    events: int
    tree: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    clusters: int | tuple[int, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine."""
        return "://" not in self.address


def describe_file(
    address: str, *, tree: str = "", read: Step | None = None, options: Options | None = None
) -> FileDescription:
    """Describe a file: what it is and what it holds.

    Args:
        address: absolute path or address.
        tree: name of the tree; empty for the only one.
        read: reader of the file; by default, the ending of its name decides.
        options: how servers are talked to.

    Raises:
        DataError: it does not exist, is damaged, empty or of an unknown format, or changes meanwhile.
        StoreError: the server cannot be reached.
        StudyError: the reader fails.
    """
    reader = read or _standard_reader(address)
    size, identity, facts = _facts(address, options or Options())
    if not size:
        raise DataError("it is empty")
    with closing(_open(address, size, options or Options())) as file:
        held = _describe(file, tree, reader)
    if not held.events:
        raise DataError(f"it has no events{f' in the tree {held.tree!r}' if held.tree else ''}")
    if facts is not None:
        path = Path(address)
        digest = sha256_of(path)
        if _state(os.stat(path)) != _state(facts):
            raise DataError("it changes while it is read")
        note_compared(path, facts, digest)
        identity = f"sha256:{digest}"
    columns, problems = _usable(held)
    return FileDescription(
        address,
        size,
        identity,
        facts.st_ctime_ns if facts else 0,
        held.events,
        held.tree,
        columns,
        regular_clusters(_coarse(held.clusters, held.events), held.events),
        problems,
    )


def identify(address: str, options: Options) -> tuple[int, str, int]:
    """Size of a file, what its server says of the content, and the time of change of a file on this machine, in ns.

    Of a file on this machine, the content is not looked at.

    Raises:
        DataError: it does not exist or cannot be read.
        StoreError: the server cannot be reached.
    """
    size, identity, facts = _facts(address, options)
    return size, identity, facts.st_ctime_ns if facts else 0


def reader_named(function: str) -> Step | None:
    """The reader of that name, a function of a study; ``None`` for an empty name.

    Raises:
        StudyError: there is no such function.
    """
    if not function:
        return None
    step = Step(function)
    load(step)
    return step


def _facts(address: str, options: Options) -> tuple[int, str, os.stat_result | None]:
    if "://" not in address:
        try:
            facts = os.stat(address)
        except OSError as error:
            raise DataError(f"it cannot be read: {error.strerror}") from error
        return facts.st_size, "", facts
    files, name = locate(address, options)
    try:
        size, checksum = files.identity(name)
    except MissingError as error:
        raise DataError("it is not there") from error
    return size, checksum.text, None


def _state(facts: os.stat_result) -> tuple[int, int, int]:
    return facts.st_size, facts.st_ctime_ns, facts.st_ino


def _open(address: str, size: int, options: Options) -> DataFile:
    if "://" not in address:
        return DataFile.local(Path(address))
    return DataFile.remote(*locate(address, options), size)


def _standard_reader(address: str) -> Step:
    name = address.rpartition("/")[2]
    module = ENDINGS.get(suffix_of(name))
    if module is None:
        raise DataError(f"nothing is known to read it: its name ends with none of {', '.join(ENDINGS)}")
    return Step(f"analysis.readers.{module}:read")


def _describe(file: DataFile, tree: str, reader: Step) -> Description:
    read = load(reader)
    describe = getattr(importlib.import_module(reader.module), "describe", None)
    if describe is None:
        return _read_all(file, reader)
    given = {"file": file, "tree": tree}
    if reader.module.startswith("analysis.readers."):
        found = describe(**given)
    else:
        found = call(describe, given, stage="describe", where=f"file {file.name}")
    if not isinstance(found, Description):
        raise StudyError(
            f"{read.__module__}.describe returns a {type(found).__name__}, not a Description",
            cure="return analysis.readers.description.Description(events, columns)",
        )
    return found


def _read_all(file: DataFile, reader: Step) -> Description:
    """Describe a file whose reader cannot, by reading all of it."""
    given = {"file": file, "schema": None, "start": 0, "stop": _ALL, "events": _ALL, "settings": reader.settings}
    taken = arguments_of(reader).names
    found = call(reader, {name: given[name] for name in taken if name in given}, stage="read", where=file.name)
    names = list(found) if isinstance(found, Mapping) else list(getattr(found, "fields", ()))
    if not names:
        raise StudyError(f"the reader returns a {type(found).__name__}, not columns by name")
    arrays = {name: found[name] for name in names}
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) > 1:
        raise StudyError(f"the reader returns columns of {', '.join(map(str, sorted(lengths)))} events")
    columns, problems = {}, {}
    for name, array in arrays.items():
        try:
            columns[name] = type_of(array)
        except DataError as error:
            problems[name] = error.problem
    return Description(lengths.pop(), columns, problems=problems)


def _coarse(starts: Sequence[int], events: int) -> list[int]:
    """First events of clusters, small ones put together."""
    if not starts:
        return []
    least = max(_CLUSTER_EVENTS, events // _CLUSTERS)
    sizes = [stop - start for start, stop in zip(starts, [*starts[1:], events], strict=True)]
    if min(sizes[:-1], default=least) >= least:
        return list(starts)
    kept: list[int] = []
    for start in starts:
        if not kept or (start - kept[-1] >= least and events - start >= least):
            kept.append(start)
    return kept


def _usable(held: Description) -> tuple[dict[str, str], dict[str, Any]]:
    """Columns with types that a schema may have, and why others have none."""
    columns, problems = {}, dict(held.problems)
    for name, kind in held.columns.items():
        try:
            columns[name] = Column(name, kind).type
        except StudyError:
            problems[name] = f"type {kind}"
    return columns, problems
