"""Small records of the real kind, for tests of stores full of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from analysis.provenance.environment import Measurement
from analysis.provenance.keys import KeyParts
from analysis.provenance.records import Record
from analysis.provenance.store import Store

__all__ = ["PAYLOAD", "write_record"]

PAYLOAD = ("numbers.bin", "json")


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
    place: str = "",
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
        place: to write to, if its key is decided elsewhere.
        parameters: of the task.
    """
    parts = KeyParts(
        family,
        parameters={"version": str(version), "series": series},
        inputs={f"input {number}": one.key for number, one in enumerate(inputs)},
    )
    where = place or f"{study}/{family}/{series}-{parts.key()}"
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
