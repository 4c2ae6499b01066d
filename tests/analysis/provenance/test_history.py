"""The earlier record that a key differs least from."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import StoreError
from analysis.provenance.history import MOST_READ, earlier_record, nearest_record
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from tests.analysis.provenance.stored import rewritten, write_of

NOW = KeyParts("Fit", parameters={"toys": "new", "seed": "1"}, inputs={"events": "11"})
PLACE = f"study/Fit/default-{NOW.key()}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


def write(
    root: Path,
    end: str,
    toys: str,
    *,
    series: str = "default",
    label: str = "",
    seed: str = "1",
    events: str = "11",
    change: Callable[[dict[str, Any]], object] = lambda manifest: None,
) -> Path:
    """Write a record whose making ended at midnight of that day; returns its place."""
    parts = KeyParts("Fit", parameters={"toys": toys, "seed": seed}, inputs={"events": events})

    def of_that_day(manifest: dict[str, Any]) -> None:
        manifest["made"]["end"] = f"{end}T00:00:00.000+00:00"
        change(manifest)

    return root / write_of(LocalStore(root), f"study/Fit/{series}", parts, label, change=of_that_day).place


def toys(root: Path, place: str = PLACE, label: str = "") -> str | None:
    found = nearest_record(LocalStore(root), place, NOW, label)
    return None if found is None else found[0].parts.parameters["toys"]


def test_the_newest_of_the_same_name_among_equally_near_ones(root: Path):
    old = write(root, "2026-01-02", "old")
    write(root, "2026-01-01", "older")
    write(root, "2026-01-03", "new")  # itself
    write(root, "2026-01-04", "another name", series="by-default")
    write(root, "2026-01-04", "another name", series="default-2")
    (root / "study/Fit/default-notes").mkdir()
    found = nearest_record(LocalStore(root), PLACE, NOW)
    assert found is not None
    earlier, differences = found
    assert (earlier.key, earlier.time) == (old.name.rpartition("-")[2], "2026-01-02 00:00:00 UTC")
    assert [str(one) for one in differences] == ["parameter toys: 'old' -> 'new'"]


def test_the_nearest_before_the_newest(root: Path):
    write(root, "2026-01-02", "newest", seed="2")
    write(root, "2026-01-01", "nearest")
    assert toys(root) == "nearest"


def test_what_changed_in_the_task_counts_before_its_inputs(root: Path):
    write(root, "2026-01-02", "old", events="11")
    write(root, "2026-01-01", "new", events="22")
    assert toys(root) == "new"


def test_only_those_written_to_last_are_read(root: Path):
    for number in range(MOST_READ + 1):
        # the one that was written to first is the nearest, and is not looked at
        folder = write(root, f"2026-01-0{number + 1}", str(number), seed="1" if number == 0 else "2")
        os.utime(folder, (number, number))
    assert toys(root) == str(MOST_READ)


def test_nothing_before(root: Path):
    assert toys(root) is None
    write(root, "2026-01-03", "new")  # itself
    (root / f"study/Fit/default-{'a' * 12}").mkdir()
    assert toys(root) is None


def test_names_are_no_patterns(root: Path):
    write(root, "2026-01-03", "another name", series="runXB")
    assert toys(root, f"study/Fit/run.B-{NOW.key()}") is None


@pytest.mark.parametrize("label", ["", "events_10-20", "events_20-30"])
def test_one_of_many_labels(root: Path, label: str):
    for one in ("events_0-10", "events_10-20"):
        write(root, "2026-01-02", "old", label=one)
    assert toys(root, label=label) == "old"


DAMAGES = [
    *("", "{", "[]", "null", '{"made": 1}'),
    '{"made": {"end": "x"}, "parts": null}',
    '{"made": {"end": "x"}, "parts": {"x": 1}}',
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_manifests_explain_nothing(root: Path, damage: str):
    write(root, "2026-01-01", "older")
    place = write(root, "2026-01-02", "old", label="b")
    (place / "a.manifest.json").write_text(damage)
    (place / "not-a-manifest.json").write_text(damage)
    assert toys(root, label="a") == "old"  # by the other label
    os.unlink(place / "b.manifest.json")
    assert toys(root, label="a") == "older"


LIES = {
    "other parts": lambda one: one["parts"]["parameters"].update(toys="new"),
    "an end that is no text": lambda one: one["made"].update(end=3),
    "an end that is no time": lambda one: one["made"].update(end="tomorrow"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_lies_explain_nothing(root: Path, lie: Callable[[dict[str, Any]], object]):
    place = write(root, "2026-01-02", "old")
    write(root, "2026-01-01", "older", seed="2")
    assert toys(root) == "old"
    rewritten(place / "manifest.json", lie)
    assert toys(root) == "older"


def test_a_manifest_of_an_earlier_format_explains_as_well(root: Path):
    place = write(root, "2026-01-02", "old", change=lambda one: one.update(format=1))
    file = place / "manifest.json"
    earlier = json.loads(file.read_bytes())
    del earlier["digest"]
    file.write_text(json.dumps(earlier, indent=1))
    assert toys(root) == "old"


def test_an_earlier_record_of_a_place(root: Path):
    place = write(root, "2026-01-02", "old")
    found = earlier_record(LocalStore(root), str(place.relative_to(root)))
    assert found is not None
    assert found.parts.parameters["toys"] == "old"
    assert earlier_record(LocalStore(root), PLACE) is None


def test_an_unreachable_store_is_an_error(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be reached"):
        nearest_record(LocalStore(tmp_path / "not" / "mounted"), PLACE, NOW)
