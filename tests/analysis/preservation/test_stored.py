"""Records in a local store, read by nothing but Python."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import PreservationError
from analysis.preservation.stored import Found, StoredRecords, preserved_records, verified


def stored(store: Path, series: str, content: bytes, end: str, label: str = "") -> dict[str, Any]:
    """A record of one file, whose key is its content's digest."""
    digest = hashlib.sha256(content).hexdigest()
    place = f"s/Fit/{series}-{digest[:12]}"
    prefix = f"{label}." if label else ""
    manifest = {
        "record": {"study": "s", "family": "Fit", "place": place, "label": label, "key": digest[:12]},
        "payload": {"fit.json": {"size": len(content), "sha256": digest}},
        "inputs": [],
        "parts": {},
        "seeds": {},
        "made": {"end": end, "device": "cpu"},
        "host": {"machine": "", "processor": ""},
        "software": {"python": "", "packages": {}, "lock_sha256": None},
    }
    (store / place).mkdir(parents=True, exist_ok=True)
    (store / place / f"{prefix}fit.json").write_bytes(content)
    (store / place / f"{prefix}manifest.json").write_text(json.dumps(manifest))
    return manifest


def test_the_youngest_record_stands_for_a_name(tmp_path: Path) -> None:
    young = stored(tmp_path, "a-b", b"2", "2026-02")
    old = stored(tmp_path, "a-b", b"1", "2026-01")
    branch = stored(tmp_path, "c", b"3", "2026-01", label="events_0-5")
    records = StoredRecords(tmp_path, "s")
    assert records.manifest("Fit/a-b") == young
    assert records.manifest("Fit/a-b", old["record"]["key"]) == old
    assert records.manifest("Fit/a-b", "another") == young
    assert records.manifest("Fit/c/events_0-5") == branch
    assert records.manifest("Fit/c") is None
    assert records.contents() == {hashlib.sha256(content).hexdigest() for content in (b"1", b"2", b"3")}
    assert records.file(branch, "fit.json").read_bytes() == b"3"


def test_workspaces_and_other_files_are_no_records(tmp_path: Path) -> None:
    stored(tmp_path, "a", b"1", "2026-01")
    place = next((tmp_path / "s" / "Fit").iterdir())
    (place / ".set-aside").mkdir()
    (place / "xmanifest.json").write_text("{")
    (tmp_path / "s" / "Fit" / ".draft").mkdir()
    (tmp_path / "s" / "Fit" / ".draft" / "manifest.json").write_text("{")
    assert len(StoredRecords(tmp_path, "s").contents()) == 1
    (place / "manifest.json").write_text("{")
    with pytest.raises(PreservationError, match=r"manifest\.json is no manifest"):
        StoredRecords(tmp_path, "s")
    with pytest.raises(PreservationError, match="there is no store"):
        StoredRecords(tmp_path / "none", "s")


def test_a_hostile_place_is_none(tmp_path: Path) -> None:
    manifest = stored(tmp_path, "a", b"1", "2026-01")
    records = StoredRecords(tmp_path, "s")
    for place in ("../../etc", "/etc", "", ".git/hooks", "a\x1b[2J"):
        with pytest.raises(PreservationError, match="is no place in a store") as caught:
            records.file({"record": {**manifest["record"], "place": place}}, "passwd")
        assert "\x1b" not in str(caught.value)
    for name in ("../x", "/etc/passwd", ".ssh"):
        with pytest.raises(PreservationError, match="is no place in a store"):
            records.file(manifest, name)


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_links_and_pipes_are_no_records(tmp_path: Path, kind: str) -> None:
    store, elsewhere = tmp_path / "store", tmp_path / "elsewhere"
    preserved = {"Fit/a": stored(store, "a", b"1", "2026")}
    stored(elsewhere, "b", b"2", "2026")
    (place,) = (store / "s" / "Fit").iterdir()
    (other,) = (elsewhere / "s" / "Fit").iterdir()
    (place.parent / other.name).symlink_to(other)
    (place / "fit.json").unlink()
    if kind == "fifo":
        os.mkfifo(place / "fit.json")
        os.mkfifo(place / "x.manifest.json")
    else:
        (tmp_path / "same").write_bytes(b"1")
        (place / "fit.json").symlink_to(tmp_path / "same")
        (place / "x.manifest.json").symlink_to(other / "manifest.json")
    records = StoredRecords(store, "s")
    assert records.manifest("Fit/b") is None
    assert verified(preserved, records) == [Found("Fit/a", "DIFFERS", ("fit.json",))]


def test_digests_are_read_anew(tmp_path: Path) -> None:
    names = ("same", "changed", "gone", "times", "other")
    contents = {f"records/{name}": json.dumps(stored(tmp_path, name, name.encode(), "2026")).encode() for name in names}
    preserved = preserved_records(contents)
    place = {path.name.rpartition("-")[0]: path for path in (tmp_path / "s" / "Fit").iterdir()}
    for name in ("changed", "times"):
        (place[name] / "fit.json").write_bytes(b"x")
    (place["gone"] / "fit.json").unlink()
    (place["other"] / "manifest.json").unlink()
    told: list[str] = []
    found = verified(preserved, StoredRecords(tmp_path, "s"), report=told.append)
    assert {one.record: (one.verdict, one.files) for one in found} == {
        "Fit/same": ("same", ()),
        "Fit/changed": ("DIFFERS", ("fit.json",)),
        "Fit/times": ("DIFFERS", ("fit.json",)),
        "Fit/gone": ("DIFFERS", ("fit.json",)),
        "Fit/other": ("missing", ()),
    }
    assert sorted(told) == sorted(preserved)
    times = {"Fit/times": preserved["Fit/times"]}
    assert verified(times, StoredRecords(tmp_path, "s"), unlike=lambda family, name: name == "fit.json") == [
        Found("Fit/times", "same")
    ]
