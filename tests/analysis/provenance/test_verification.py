"""All records of a study, checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import StoreError
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record, records_of
from tests.analysis.provenance.stored import verify, write_of


def write(store: LocalStore, family: str, label: str) -> Record:
    return write_of(store, f"study/{family}/default", KeyParts(family), label)


def test_records_are_found_and_checked(tmp_path: Path):
    store = LocalStore(tmp_path / "data")
    labels = [("Fit", ""), ("Fill", "events_0-5"), ("Fill", "events_5-9")]
    written = [write(store, family, label) for family, label in labels]
    found = list(records_of(store, "study"))
    assert [(r.place.split("/")[1], r.label) for r in found] == [labels[1], labels[2], labels[0]]
    assert [verify(record) for record in found] == ["", "", ""]
    assert list(records_of(store, "other")) == []
    (store.root / written[1].place / "events_0-5.bin").write_bytes(b"12354")
    problems = [verify(record) for record in records_of(store, "study")]
    assert sum("events_0-5.bin has SHA-256" in problem for problem in problems) == 1
    assert not written[1].is_complete()
    assert len(list(records_of(store, "study"))) == 2


def test_a_missing_payload_is_found(tmp_path: Path):
    store = LocalStore(tmp_path / "data")
    record = write(store, "Fit", "")
    store.remove(record.place, "bin")
    (found,) = records_of(store, "study")
    assert "bin is missing, its manifest says 5 bytes" in verify(found)
    assert list(records_of(store, "study")) == []


def test_an_unreachable_store_is_an_error(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be reached"):
        list(records_of(LocalStore(tmp_path / "not" / "mounted"), "study"))
