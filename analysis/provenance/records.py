"""Records: cached results that know what made them.

A record is payload files and one manifest, which is written last. All records of one key lie in one place; a *label*
tells those of one place apart (the chunks of a data set) and begins the names of their files.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import RecordError, StoreError
from analysis.provenance import environment
from analysis.provenance.keys import KeyParts
from analysis.provenance.manifest_text import manifest_text
from analysis.provenance.source_texts import keep_texts
from analysis.provenance.store import ContentError, Store, sha256_of

__all__ = ["MANIFEST", "Draft", "Record"]

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Record:
    """One record, there or not.

    Args:
        store: where it lies.
        place: relative folder, ``<study>/<Task>/<name>-<key>``.
        label: tells the records of one place apart; empty if there is only one.
        payload: names of its payload files, without the label.
    """

    store: Store
    place: str
    label: str
    payload: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key, which the place's name ends with."""
        return self.place.rpartition("-")[2]

    @property
    def address(self) -> str:
        """Address of the record, for people."""
        return self.store.url(self.place, self.file_name("") if self.label else "")

    def file_name(self, name: str) -> str:
        """Name of a payload file, or of the manifest, in the store."""
        return f"{self.label}.{name}".rstrip(".") if self.label else name

    def is_complete(self, listing: Mapping[str, int] | None = None) -> bool:
        """Whether manifest and payload are all there.

        Args:
            listing: of the record's place; without it each file is asked for.
        """
        names = [self.file_name(name) for name in (MANIFEST, *self.payload)]
        if listing is not None:
            return all(name in listing for name in names)
        return all(self.store.size(self.place, name) is not None for name in names)

    def manifest(self) -> dict[str, Any]:
        """The manifest.

        Raises:
            RecordError: it is missing or not readable as one; a damaged one is set aside.
        """
        name = self.file_name(MANIFEST)
        if self.store.size(self.place, name) is None:
            raise RecordError(
                f"the record {self.address} has no manifest, so it does not count as complete",
                cure="run the same command again: the record is made anew",
            )
        try:
            manifest = json.loads(self.store.read(self.place, name))
            _check_manifest(manifest)
        except ValueError as error:
            raise self._damaged(name, f"its manifest {name} is damaged ({error})") from error
        if (manifest["record"].get("key"), manifest["record"].get("label")) != (self.key, self.label):
            raise self._damaged(name, f"its manifest {name} is that of another record")
        return manifest

    def path(self, name: str) -> Path:
        """A local path of a payload file, after checking its size, and its digest where it had to be brought here.

        Raises:
            RecordError: it is missing or not what the manifest says; the record is set aside. Or the record has no such
                payload.
        """
        self._check_name(name)
        manifest = self.manifest()
        self._check_size(manifest, name)
        file_name = self.file_name(name)
        try:
            return self.store.localize(self.place, file_name, manifest["payload"][name]["sha256"])
        except ContentError as error:
            raise self._damaged(file_name, error.problem) from error

    def paths(self) -> dict[str, Path]:
        """:meth:`path` of every payload file, by name."""
        return {name: self.path(name) for name in self.payload}

    def verify(self) -> None:
        """Check size and SHA-256 of every payload file.

        Raises:
            RecordError: one differs from the manifest; the record is set aside.
        """
        manifest = self.manifest()
        for name in dict.fromkeys((*self.payload, *manifest["payload"])):
            self._check_size(manifest, name)
            file_name = self.file_name(name)
            found = self.store.sha256(self.place, file_name)
            expected = manifest["payload"][name]["sha256"]
            if found != expected:
                raise self._damaged(file_name, f"{file_name} has SHA-256 {found}, its manifest says {expected}")

    def _check_name(self, name: str) -> None:
        if name not in self.payload:
            raise RecordError(f"{name!r} is not among the payload {self.payload} of {self.place}")

    def _check_size(self, manifest: Mapping[str, Any], name: str) -> None:
        file_name = self.file_name(name)
        expected = manifest["payload"].get(name, {}).get("size")
        found = self.store.size(self.place, file_name)
        if found is None or expected is None or found != expected:
            size = "is missing" if found is None else f"has {found} bytes"
            raise self._damaged(file_name, f"{file_name} {size}, its manifest says {expected} bytes")

    def _damaged(self, file_name: str, what: str) -> RecordError:
        problem = f"the record {self.address} is damaged: {what}"
        # the manifest goes first: without it the record is incomplete, whatever happens next
        names = dict.fromkeys((self.file_name(MANIFEST), file_name))
        try:
            moved = [new for name in names if (new := self.store.set_aside(self.place, name))]
        except StoreError as error:
            return RecordError(f"{problem}; it cannot be set aside: {error.problem}", cure=f"delete it; {error.cure}")
        return RecordError(
            problem + (f"; set aside as {', '.join(moved)}" if moved else ""),
            cure="run the same command again: the record is made anew",
        )

    @contextlib.contextmanager
    def writing(self, waiting: Callable[[], None]) -> Iterator[Draft | None]:
        """Write the record: yields a draft, or ``None`` if another process completed it meanwhile.

        When the block ends well, every payload file moves to its place and the manifest follows; when it does not,
        nothing of it stays.

        Args:
            waiting: called once if another process is writing this record.

        Raises:
            RecordError: the block did not write a payload file.
            StoreError: the store is full, not writable or not reachable.
        """
        with self.store.lock(self.place, self.label, waiting):
            if self.is_complete():
                yield None
                return
            with self.store.draft(self.place, self.label) as folder:
                draft = Draft(self, folder)
                yield draft
                draft.commit()


@dataclass
class Draft:
    """A record in the making.

    Args:
        record: what it becomes.
        folder: local folder for the payload.
        parts: what decides the result.
        inputs: the records that were used, as JSON.
        seeds: of the random numbers that were used.
        parameters: all parameters of the task, also those that decide nothing.
        read_in_place: bytes and files that were read where they are.
        sources: contents of the files from outside that it was made of: SHA-256, or checksum and size.
        warnings: what looks wrong in the making, in sentences.
        pinned: pinned records that it was made of, directly or not, as JSON.
    """

    record: Record
    folder: Path
    parts: KeyParts | None = None
    inputs: list[dict[str, Any]] = field(default_factory=list)
    seeds: dict[str, int] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    read_in_place: dict[str, int] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    pinned: list[dict[str, Any]] = field(default_factory=list)
    measurement: environment.Measurement = field(default_factory=environment.Measurement)

    def path(self, name: str) -> Path:
        """Return the path to write a payload file to.

        Raises:
            RecordError: the record has no such payload.
        """
        self.record._check_name(name)
        return self.folder / self.record.file_name(name)

    @property
    def workspace(self) -> Path:
        """A folder that outlives a killed writer and is deleted when the record is complete."""
        return self.record.store.workspace(self.record.place, self.record.label)

    def keep(self, file: Path) -> None:
        """Save a file of the workspace, now that it is whole, where the next writer finds it on any machine."""
        name = file.relative_to(self.workspace).as_posix()
        self.record.store.keep_workspace(self.record.place, self.record.label, name)

    def commit(self) -> None:
        """Move the payload to the store, then the manifest, and delete the workspace.

        If that fails, what was moved is taken back.

        Raises:
            RecordError: a payload file was not written, or is a link to something outside the store.
            StoreError: the store is full, not writable or not reachable.
        """
        record = self.record
        payload: dict[str, dict[str, Any]] = {}
        for name in record.payload:
            path = self.path(name)
            if path.is_symlink() or not path.is_file():
                raise RecordError(f"{record.place}: the payload {name!r} was not written as a file")
            payload[name] = {"size": path.stat().st_size, "sha256": sha256_of(path)}
        # written before anything moves: on a full store, this is what fails
        manifest = self.folder / record.file_name(MANIFEST)
        manifest.write_text(manifest_text(self._manifest(payload)), encoding="ascii")
        files = [self.folder / record.file_name(name) for name in record.payload] + [manifest]
        if self.parts:
            keep_texts(record.store, record.place, self.parts, self.folder)
        # a manifest that lost its payload must not vouch for the new one
        record.store.remove(record.place, manifest.name)
        try:
            for name, file in zip([*record.payload, ""], files, strict=True):
                record.store.put(record.place, file.name, file, payload[name]["sha256"] if name else "")
        except BaseException:
            with contextlib.suppress(StoreError):
                for file in reversed(files):
                    record.store.remove(record.place, file.name)
            raise
        record.store.discard_workspace(record.place, record.label)

    def _manifest(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        study, family, _ = self.record.place.split("/", 2)
        return {
            "format": FORMAT,
            "record": {
                "study": study,
                "family": family,
                "place": self.record.place,
                "label": self.record.label,
                "key": self.record.key,
            },
            "payload": dict(payload),
            "inputs": self.inputs,
            "parts": self.parts or {},
            "parameters": self.parameters,
            "seeds": self.seeds,
            **({"read_in_place": self.read_in_place} if self.read_in_place else {}),
            **({"sources": self.sources} if self.sources else {}),
            "made": self.measurement.stop() | {"device": environment.device()},
            "source": environment.source(),
            "host": environment.host(),
            "software": environment.software(),
            **({"warnings": self.warnings} if self.warnings else {}),
            **({"pinned": self.pinned} if self.pinned else {}),
        }


def _check_manifest(manifest: Any) -> None:
    """Raise a ``ValueError`` if the content of a manifest cannot be one."""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"not a manifest of format {FORMAT}")
    parts = [manifest.get(name) for name in ("record", "parts", "payload")]
    if not all(isinstance(part, dict) for part in parts):
        raise ValueError("it lacks a part")
    for name, file in manifest["payload"].items():
        if not isinstance(file, dict) or not file.keys() >= {"size", "sha256"}:
            raise ValueError(f"size and digest of {name} are missing")
