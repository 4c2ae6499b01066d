"""What was different in the making of two results."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from analysis.comparison.making import Cause, Change, causes, conditions, marks
from analysis.comparison.pairs import pair_records
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record
from analysis.provenance.source_texts import FOLDER, _file_of
from tests.analysis.comparison.graphs import store_in, write
from tests.analysis.provenance.stored import rewritten


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path / "store")


def graph(store: LocalStore, scale: float, code: str = "aa", **more: Any) -> Record:
    raw = {name: [write(store, "FetchData", name)] for name in ("run", "next")}
    events = {
        f"events {name}": [
            write(
                store,
                "Calibrate",
                name,
                inputs={"raw": one},
                configuration={"scale": scale},
                code={"toy:calibrate": code},
            )
        ]
        for name, one in raw.items()
    }
    return write(store, "Fit", "fit", inputs={**events, **more.pop("inputs", {})}, **more)


def test_root_causes_come_first_and_what_only_follows_says_nothing(store: LocalStore):
    a, b = graph(store, 1.0), graph(store, 1.02, "bb")
    found = causes(pair_records([([a], [b])], [store]))
    assert found == [
        Cause(
            "Calibrate",
            ("run", "next"),
            (Change("code toy:calibrate changed"), Change("configuration scale: 1.0 -> 1.02")),
        ),
        Cause("Fit", ("fit",), ()),
    ]


def test_the_code_of_both_is_told_where_the_store_has_it(store: LocalStore):
    a, b = graph(store, 1.0), graph(store, 1.0, "bb")
    for name, text in (("aa", "def calibrate(x):\n    return x\n"), ("bb", "def calibrate(x):\n    return 2 * x\n")):
        parts = KeyParts("Calibrate", code={"toy:calibrate": name})
        content = gzip.compress(json.dumps({"toy:calibrate": text}).encode())
        (store.root / FOLDER).mkdir(exist_ok=True)
        (store.root / FOLDER / _file_of(parts)).write_bytes(content)
    first, _ = causes(pair_records([([a], [b])], [store]))
    assert first.changes == (
        Change("code toy:calibrate changed", (" def calibrate(x):", "-    return x", "+    return 2 * x")),
    )


def test_inputs_that_only_one_has_are_told(store: LocalStore):
    extra = write(store, "DeriveScale", "scale")
    a, b = graph(store, 1.0), graph(store, 1.0, parameters={"fold": "2"}, inputs={"scale": [extra]})
    (fit,) = causes(pair_records([([a], [b])], [store]))
    assert tuple(one.what for one in fit.changes) == (
        "parameter fold: nothing -> '2'",
        f"input scale: nothing -> '{extra.key}'",
    )


def edit(record: Record, **changes: Any) -> None:
    def change(manifest: dict[str, Any]) -> None:
        for part, values in changes.items():
            manifest[part] = manifest.get(part, {}) | values if isinstance(values, dict) else values

    rewritten(Path(record.store.url(record.place, "manifest.json")), change)


def test_conditions_are_counted_over_records(store: LocalStore):
    a, b = graph(store, 1.0), graph(store, 1.02)
    commit = "0123456789abcdef"
    edit(a, source={"commit": commit, "dirty": False}, host={"name": "desk", "processor": "A"})
    edit(b, source={"commit": commit, "dirty": True}, host={"name": "desk", "processor": "B"}, seeds={"training": 2})
    packages = json.loads(Path(b.store.url(b.place, "manifest.json")).read_text())["software"]["packages"]
    before, mine = packages["numpy"], {**packages, "numpy": "99.0", "extra": "1"}
    edit(b, software={"packages": mine})
    assert conditions(pair_records([([a], [b])], [store]), ("a", "b")) == {
        "seed training: None -> 2": 1,
        f"package numpy: {before} -> 99.0": 1,
        "packages only in the b environment: extra": 1,
        "processor: A -> B": 1,
        "commit: 0123456789ab -> 0123456789ab with changes": 1,
    }


def test_what_was_adopted_or_pinned_is_told_once(store: LocalStore):
    a, b = graph(store, 1.0), graph(store, 1.02)
    place, time = "toy/Calibrate/run-0123456789ab", "2026-11-30T10:00:00+00:00"
    old = KeyParts("Fit", {"toys": "1"})
    adopted = {
        "adoption": "1",
        "from": {"place": f"toy/Fit/fit-{old.key()}", "key": old.key()},
        "reason": "a comment",
        "of": ["toy/Fit/fit"],
        "time": time,
        "source": {"commit": None, "dirty": None},
        "verified": [],
        "before": {"inputs": [], "parts": old.as_dict()},
    }
    edit(a, adopted=adopted)
    edit(b, pinned=[{"place": place, "option": option, "made": time} for option in ("x", "y")])
    assert marks(pair_records([([a], [b])], [store]), ("a", "b")) == [
        f"a: Fit fit was adopted from {old.key()}, because: a comment",
        "b: made of Calibrate run-0123456789ab, which was pinned",
    ]
