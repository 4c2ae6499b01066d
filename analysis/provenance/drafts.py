"""Records in the making: what is written of one, and how it gets into the store."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import RecordError, StoreError
from analysis.provenance import environment
from analysis.provenance.keys import KeyParts, canonical_json
from analysis.provenance.manifests import FORMAT, manifest_text
from analysis.provenance.source_texts import keep_texts
from analysis.provenance.store import sha256_of

if TYPE_CHECKING:
    from analysis.provenance.records import Record

__all__ = ["Draft"]

# file of a workspace: digest of what the inputs held
_MADE_OF = "inputs.sha256"


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
        varying: payload files that hold times, so that no two makings have the same.
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
    varying: tuple[str, ...] = ()
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

    @cached_property
    def workspace(self) -> Path:
        """A folder that outlives a killed writer and is deleted when the record is complete.

        What a writer left that used inputs with other content is deleted.
        """
        store, place, label = self.record.store, self.record.place, self.record.label
        mark = store.workspace(place, label) / _MADE_OF
        made_of = hashlib.sha256(canonical_json(self.inputs).encode()).hexdigest()
        known = mark.read_text(encoding="ascii", errors="replace") if mark.is_file() else ""
        if known != made_of:
            if known:
                store.discard_workspace(place, label)
                mark = store.workspace(place, label) / _MADE_OF
            mark.write_text(made_of, encoding="ascii")
            store.keep_workspace(place, label, _MADE_OF, now=True)
        return mark.parent

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
            payload[name] |= {"varying": True} if name in self.varying else {}
        # written before anything moves: on a full store, this is what fails
        manifest = self.folder / record.manifest_name
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
