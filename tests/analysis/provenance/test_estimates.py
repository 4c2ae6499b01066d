"""Estimates of time and disk from earlier records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.provenance.estimates import Estimate, estimate
from analysis.provenance.local_store import LocalStore

KEYS = [f"{number:012x}" for number in range(8)]
NEW = "c" * 12


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


def write(root: Path, folder: str, label: str, seconds: float, size: int) -> None:
    place = root / "study/Fit" / folder
    place.mkdir(parents=True, exist_ok=True)
    prefix = f"{label}." if label else ""
    manifest = json.dumps({"made": {"seconds": seconds}})
    (place / f"{prefix}manifest.json").write_text(manifest)
    (place / f"{prefix}parquet").write_bytes(b"x" * (size - len(manifest)))


def found(root: Path, *labels: str, name: str = "proton") -> Estimate | None:
    return estimate(LocalStore(root), f"study/Fit/{name}-{NEW}", labels)


def test_time_and_size_grow_with_the_events(root: Path):
    write(root, f"proton-{KEYS[0]}", "events_0-100", 2.0, 1000)
    write(root, f"proton-{KEYS[0]}", "events_100-150", 1.0, 500)
    told = found(root, "events_0-1000", "events_1000-1500")
    assert told is not None
    assert (told.seconds, told.longest, told.size) == pytest.approx((30.0, 20.0, 15_000))


def test_records_of_the_same_key_know_best(root: Path):
    write(root, f"proton-{NEW}", "events_0-100", 1.0, 1000)
    write(root, f"proton-{KEYS[0]}", "events_0-100", 9.0, 9000)
    assert found(root, "events_100-200") == Estimate(1.0, 1.0, 1000)


def test_other_keys_of_the_same_name_come_before_other_names(root: Path):
    write(root, f"helium-{KEYS[0]}", "events_0-100", 9.0, 9000)
    assert found(root, "events_0-100") == Estimate(9.0, 9.0, 9000)
    write(root, f"proton-{KEYS[1]}", "events_0-100", 1.0, 1000)
    assert found(root, "events_0-100") == Estimate(1.0, 1.0, 1000)


def test_one_record_counts_as_it_is(root: Path):
    write(root, f"default-{KEYS[0]}", "", 60.0, 700)
    assert found(root, "", name="default") == Estimate(60.0, 60.0, 700)


def test_nothing_is_known(root: Path):
    assert found(root, "events_0-10") is None
    place = root / "study/Fit" / f"proton-{KEYS[0]}"
    place.mkdir(parents=True)
    assert found(root, "events_0-10") is None
    for damage in ("", "[]", '{"made": {}}', '{"made": {"seconds": "x"}}'):
        (place / "events_0-10.manifest.json").write_text(damage)
        assert found(root, "events_0-10") is None


def test_nothing_is_to_be_made(root: Path):
    assert found(root) == Estimate(0.0, 0.0, 0)
