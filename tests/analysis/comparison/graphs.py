"""Two small graphs of records in a store of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record


def write(store: LocalStore, family: str, series: str, label: str = "", **parts: Any) -> Record:
    """Make a record; ``inputs`` are records by role, ``payload`` texts or other contents by file name."""
    inputs: dict[str, list[Record]] = parts.pop("inputs", {})
    payload: dict[str, Any] = parts.pop("payload", {"parquet": "events"})
    key_parts = KeyParts(family, inputs={role: used[0].key for role, used in inputs.items()}, **parts)
    record = Record(store, f"toy/{family}/{series}-{key_parts.key()}", label, tuple(payload))
    with record.writing(lambda: None) as draft:
        if draft is None:
            # both graphs have it
            return record
        draft.parts = key_parts
        draft.inputs = [
            {"role": role, "place": used[0].place, "key": used[0].key, "labels": [one.label for one in used]}
            for role, used in inputs.items()
        ]
        for name, content in payload.items():
            if hasattr(content, "save"):
                content.save(draft.path(name))
            else:
                draft.path(name).write_text(content if isinstance(content, str) else json.dumps(content))
    return record


def store_in(folder: Path) -> LocalStore:
    """An empty store."""
    folder.mkdir()
    return LocalStore(folder)
