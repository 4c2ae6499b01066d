"""Small records of the real kind, for tests of stores full of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis.errors import RecordError
from analysis.provenance.environment import Measurement
from analysis.provenance.keys import KeyParts
from analysis.provenance.manifests import manifest_text
from analysis.provenance.records import Record
from analysis.provenance.store import Store

__all__ = ["PAYLOAD", "rewritten", "verify", "write_of", "write_record"]

PAYLOAD = ("numbers.bin", "json")


def rewritten(path: Path, change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Change a manifest as whoever can write to a store can: the digest of its text is right; returns it.

    Args:
        path: of the manifest.
        change: of what it says, in place.
    """
    manifest = json.loads(path.read_bytes())
    manifest.pop("digest", None)
    change(manifest)
    path.write_text(manifest_text(manifest))
    return manifest


def write_of(
    store: Store,
    name: str,
    parts: KeyParts,
    label: str = "",
    *,
    payload: Mapping[str, bytes] = MappingProxyType({"bin": b"12345"}),
    change: Callable[[dict[str, Any]], object] = lambda manifest: None,
) -> Record:
    """Write a record of given parts.

    Args:
        store: a local one.
        name: of the record's place, without the key that is the one of its parts.
        parts: that decide it.
        label: of the record.
        payload: contents by name.
        change: of what its manifest says, in place.
    """
    record = Record(store, f"{name}-{parts.key()}", label, tuple(payload))
    with record.writing(lambda: None) as draft:
        assert draft is not None
        draft.parts = parts
        for file, content in payload.items():
            draft.path(file).write_bytes(content)
    rewritten(Path(store.url(record.place, record.manifest_name)), change)
    return record


@dataclass
class _Past(Measurement):
    days: float = 0.0

    def stop(self) -> dict[str, Any]:
        end = (datetime.now(UTC) - timedelta(days=self.days)).isoformat(timespec="milliseconds")
        return super().stop() | {"end": end}


def write_record(
    store: Store,
    family: str,
    *,
    series: str = "default",
    study: str = "study",
    labels: Sequence[str] = ("",),
    version: int = 0,
    inputs: Sequence[Record] = (),
    days: float = 10.0,
    parts: KeyParts | None = None,
    parameters: dict[str, str] | None = None,
) -> Record:
    """Write records of one key, unless they are there; returns the first one.

    Args:
        store: to write to.
        family: of the task.
        series: of the records.
        study: of the records.
        labels: of the records.
        version: another one gives another key.
        inputs: that they are made of.
        days: since they were made.
        parts: that decide the key, instead of version and inputs.
        parameters: of the task.
    """
    parts = parts or KeyParts(
        family,
        parameters={"version": str(version), "series": series},
        inputs={f"input {number}": one.key for number, one in enumerate(inputs)},
    )
    where = f"{study}/{family}/{series}-{parts.key()}"
    records = [Record(store, where, label, PAYLOAD) for label in labels]
    for record in records:
        with record.writing(lambda: None) as draft:
            if draft is None:
                continue
            draft.parts, draft.parameters = parts, parameters or {}
            draft.inputs = [
                {"role": f"input {number}", "place": one.place, "key": one.key, "labels": [one.label]}
                for number, one in enumerate(inputs)
            ]
            draft.path("numbers.bin").write_bytes(f"{where} {record.label}".encode() * 10)
            draft.path("json").write_text("{}\n")
            draft.measurement = _Past(days=days)
    return records[0]


def verify(record: Record) -> str:
    """Check sizes and digests of a record; returns what is wrong with it, empty if nothing is."""
    try:
        record.verify()
    except RecordError as error:
        return error.problem
    return ""
