"""The earlier record that a key differs least from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import StoreError
from analysis.provenance.history import MOST_READ, earlier_record, nearest_record
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore

OLD, OLDER, NEW = "a" * 12, "b" * 12, "c" * 12
NOW = KeyParts("Fit", parameters={"toys": "new", "seed": "1"}, inputs={"events": "11"})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def write(
    root: Path, folder: str, end: Any, toys: str, name: str = "manifest.json", seed: str = "1", events: str = "11"
) -> None:
    place = root / "study/Fit" / folder
    place.mkdir(parents=True, exist_ok=True)
    parts = KeyParts("Fit", parameters={"toys": toys, "seed": seed}, inputs={"events": events}).as_dict()
    (place / name).write_text(json.dumps({"made": {"end": end}, "parts": parts}))


def toys(root: Path, folder: str = f"default-{NEW}", label: str = "") -> str | None:
    found = nearest_record(LocalStore(root), f"study/Fit/{folder}", NOW, label)
    return None if found is None else found[0].parts.parameters["toys"]


def test_the_newest_of_the_same_name_among_equally_near_ones(root: Path):
    write(root, f"default-{OLD}", "2026-01-02T00:00:00.000+00:00", "old")
    write(root, f"default-{OLDER}", "2026-01-01T23:59:59.999+00:00", "older")
    write(root, f"default-{NEW}", "2026-01-03T00:00:00.000+00:00", "itself")
    write(root, f"by-default-{OLD}", "2026-01-04T00:00:00.000+00:00", "another name")
    write(root, f"default-2-{OLD}", "2026-01-04T00:00:00.000+00:00", "another name")
    write(root, "default-notes", "2026-01-04T00:00:00.000+00:00", "no key")
    found = nearest_record(LocalStore(root), f"study/Fit/default-{NEW}", NOW)
    assert found is not None
    earlier, differences = found
    assert (earlier.key, earlier.time) == (OLD, "2026-01-02 00:00:00 UTC")
    assert [str(one) for one in differences] == ["parameter toys: 'old' -> 'new'"]


def test_the_nearest_before_the_newest(root: Path):
    write(root, f"default-{OLD}", "2026-01-02", "newest", seed="2")
    write(root, f"default-{OLDER}", "2026-01-01", "nearest")
    assert toys(root) == "nearest"


def test_what_changed_in_the_task_counts_before_its_inputs(root: Path):
    write(root, f"default-{OLD}", "2026-01-02", "old", events="11")
    write(root, f"default-{OLDER}", "2026-01-01", "new", events="22")
    assert toys(root) == "new"


def test_only_those_written_to_last_are_read(root: Path):
    for number in range(MOST_READ + 1):
        folder = f"default-{number:012x}"
        # the one that was written to first is the nearest, and is not looked at
        write(root, folder, f"2026-01-0{number + 1}", str(number), seed="1" if number == 0 else "2")
        os.utime(root / "study/Fit" / folder, (number, number))
    assert toys(root) == str(MOST_READ)


def test_nothing_before(root: Path):
    root.mkdir()
    assert toys(root) is None
    write(root, f"default-{NEW}", "2026-01-03", "itself")
    (root / "study/Fit" / f"default-{OLD}").mkdir()
    assert toys(root) is None


def test_names_are_no_patterns(root: Path):
    write(root, f"runXB-{OLD}", "2026-01-03", "another name")
    assert toys(root, f"run.B-{NEW}") is None


@pytest.mark.parametrize("label", ["", "events_10-20", "events_20-30"])
def test_one_of_many_labels(root: Path, label: str):
    for one in ("events_0-10", "events_10-20"):
        write(root, f"default-{OLD}", "2026-01-02", "old", f"{one}.manifest.json")
    assert toys(root, label=label) == "old"


DAMAGES = [
    *("", "{", "[]", "null", '{"made": 1}'),
    '{"made": {"end": "x"}, "parts": null}',
    '{"made": {"end": "x"}, "parts": {"x": 1}}',
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_manifests_explain_nothing(root: Path, damage: str):
    write(root, f"default-{OLDER}", "2026-01-01", "older")
    write(root, f"default-{OLD}", "2026-01-02", "old", "b.manifest.json")
    place = root / "study/Fit" / f"default-{OLD}"
    (place / "a.manifest.json").write_text(damage)
    (place / "not-a-manifest.json").write_text(damage)
    assert toys(root, label="a") == "old"  # by the other label
    os.unlink(place / "b.manifest.json")
    assert toys(root, label="a") == "older"


def test_an_end_that_is_no_text(root: Path):
    write(root, f"default-{OLD}", 3, "old")
    write(root, f"default-{OLDER}", "2026-01-01", "older")
    assert toys(root) in {"old", "older"}


def test_an_earlier_record_of_a_place(root: Path):
    write(root, f"default-{OLD}", "2026-01-02", "old")
    found = earlier_record(LocalStore(root), f"study/Fit/default-{OLD}")
    assert found is not None
    assert found.parts.parameters["toys"] == "old"
    assert earlier_record(LocalStore(root), f"study/Fit/default-{NEW}") is None


def test_an_unreachable_store_is_an_error(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be reached"):
        nearest_record(LocalStore(tmp_path / "not" / "mounted"), f"study/Fit/default-{NEW}", NOW)
