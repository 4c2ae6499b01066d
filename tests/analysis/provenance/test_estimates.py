"""Estimates of time and disk from earlier records."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.provenance.estimates import Estimate, estimate
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from tests.analysis.provenance.stored import rewritten, write_of

NEW = "c" * 12


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


def write(root: Path, label: str, seconds: float, size: int, *, series: str = "proton", seed: str = "1") -> str:
    """Write a record of a size, its manifest included; returns the place."""
    store, parts = LocalStore(root), KeyParts("Fit", {"seed": seed})
    record = write_of(
        store, f"study/Fit/{series}", parts, label, change=lambda one: one["made"].update(seconds=seconds)
    )
    manifest = store.size(record.place, record.manifest_name)
    assert manifest is not None
    (root / record.place / record.file_name("bin")).write_bytes(b"x" * (size - manifest))
    return record.place


def found(root: Path, *labels: str, place: str = f"study/Fit/proton-{NEW}") -> Estimate | None:
    return estimate(LocalStore(root), place, labels)


def test_time_and_size_grow_with_the_events(root: Path):
    write(root, "events_0-100", 2.0, 100_000)
    write(root, "events_100-150", 1.0, 50_000)
    told = found(root, "events_0-1000", "events_1000-1500")
    assert told is not None
    assert (told.seconds, told.longest, told.size) == pytest.approx((30.0, 20.0, 1_500_000))


def test_records_of_the_same_key_know_best(root: Path):
    own = write(root, "events_0-100", 1.0, 100_000)
    write(root, "events_0-100", 9.0, 900_000, seed="2")
    assert found(root, "events_100-200", place=own) == Estimate(1.0, 1.0, 100_000)


def test_other_keys_of_the_same_name_come_before_other_names(root: Path):
    write(root, "events_0-100", 9.0, 900_000, series="helium")
    assert found(root, "events_0-100") == Estimate(9.0, 9.0, 900_000)
    write(root, "events_0-100", 1.0, 100_000)
    assert found(root, "events_0-100") == Estimate(1.0, 1.0, 100_000)


def test_one_record_counts_as_it_is(root: Path):
    write(root, "", 60.0, 70_000, series="default")
    assert found(root, "", place=f"study/Fit/default-{NEW}") == Estimate(60.0, 60.0, 70_000)


def test_nothing_is_known(root: Path):
    assert found(root, "events_0-10") is None
    place = root / f"study/Fit/proton-{'a' * 12}"
    place.mkdir(parents=True)
    assert found(root, "events_0-10") is None
    for damage in ("", "[]", '{"made": {}}', '{"made": {"seconds": "x"}}'):
        (place / "events_0-10.manifest.json").write_text(damage)
        assert found(root, "events_0-10") is None


@pytest.mark.parametrize("seconds", ["x", -1.0, True, 10**400, None])
def test_what_is_no_time_is_no_estimate(root: Path, seconds: object):
    place = write(root, "events_0-10", 1.0, 100_000)
    rewritten(root / place / "events_0-10.manifest.json", lambda one: one["made"].update(seconds=seconds))
    assert found(root, "events_0-10") is None


def test_nothing_is_to_be_made(root: Path):
    assert found(root) == Estimate(0.0, 0.0, 0)
