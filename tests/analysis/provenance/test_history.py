"""The record that a key replaced."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import StoreError
from analysis.provenance.history import previous_parts
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore

OLD, OLDER, NEW = "a" * 12, "b" * 12, "c" * 12


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def write(root: Path, folder: str, end: Any, toys: str, name: str = "manifest.json") -> None:
    place = root / "study/Fit" / folder
    place.mkdir(parents=True, exist_ok=True)
    parts = KeyParts("Fit", parameters={"toys": toys}).as_dict()
    (place / name).write_text(json.dumps({"made": {"end": end}, "parts": parts}))


def toys(root: Path, folder: str) -> str | None:
    found = previous_parts(LocalStore(root), f"study/Fit/{folder}")
    return None if found is None else found[1].parameters["toys"]


def test_the_newest_of_the_same_name(root: Path):
    write(root, f"default-{OLD}", "2026-01-02T00:00:00.000+00:00", "old")
    write(root, f"default-{OLDER}", "2026-01-01T23:59:59.999+00:00", "older")
    write(root, f"default-{NEW}", "2026-01-03T00:00:00.000+00:00", "itself")
    write(root, f"by-default-{OLD}", "2026-01-04T00:00:00.000+00:00", "another name")
    write(root, f"default-2-{OLD}", "2026-01-04T00:00:00.000+00:00", "another name")
    write(root, "default-notes", "2026-01-04T00:00:00.000+00:00", "no key")
    assert toys(root, f"default-{NEW}") == "old"
    found = previous_parts(LocalStore(root), f"study/Fit/default-{NEW}")
    assert found is not None
    assert found[0].startswith("2026-01-02")


def test_nothing_before(root: Path):
    root.mkdir()
    assert toys(root, f"default-{NEW}") is None
    write(root, f"default-{NEW}", "2026-01-03", "itself")
    (root / "study/Fit" / f"default-{OLD}").mkdir()
    assert toys(root, f"default-{NEW}") is None


def test_names_are_no_patterns(root: Path):
    write(root, f"runXB-{OLD}", "2026-01-03", "another name")
    assert toys(root, f"run.B-{NEW}") is None


def test_one_of_many_labels(root: Path):
    for label in ("events_0-10", "events_10-20"):
        write(root, f"default-{OLD}", "2026-01-02", "old", f"{label}.manifest.json")
    assert toys(root, f"default-{NEW}") == "old"


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
    assert toys(root, f"default-{NEW}") == "old"  # by the other label
    os.unlink(place / "b.manifest.json")
    assert toys(root, f"default-{NEW}") == "older"


def test_an_end_that_is_no_text(root: Path):
    write(root, f"default-{OLD}", 3, "old")
    write(root, f"default-{OLDER}", "2026-01-01", "older")
    assert toys(root, f"default-{NEW}") in {"old", "older"}


def test_an_unreachable_store_is_an_error(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be reached"):
        previous_parts(LocalStore(tmp_path / "not" / "mounted"), f"study/Fit/default-{NEW}")
