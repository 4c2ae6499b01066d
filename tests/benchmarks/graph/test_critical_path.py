from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.conftest import rows

# seconds and inputs of records by place and label; two chunks of raw events, a calibration of the first data set's
STORE = {
    ("toy/Simulate/run-0", "events_0-5"): (3.0, []),
    ("toy/Simulate/run-0", "events_5-9"): (4.0, []),
    ("toy/Derive/all-1", ""): (1.0, [("toy/Simulate/run-0", ["events_0-5", "events_5-9"])]),
    ("toy/Apply/run-2", "events_0-5"): (2.5, [("toy/Simulate/run-0", ["events_0-5"]), ("toy/Derive/all-1", [""])]),
    ("toy/Apply/run-2", "events_5-9"): (2.0, [("toy/Simulate/run-0", ["events_5-9"]), ("toy/Derive/all-1", [""])]),
    # made of records of another store
    ("toy/Draw/other-3", ""): (7.0, [("toy/Elsewhere/run-4", [""])]),
}


def test_longest_chain_of_records(tmp_path: Path, benchmark_here: Callable[..., str]) -> None:
    for (place, label), (seconds, inputs) in STORE.items():
        manifest = {
            "record": {"place": place, "label": label},
            "made": {"seconds": seconds},
            "inputs": [{"place": used, "labels": labels} for used, labels in inputs],
        }
        folder = tmp_path / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{label}.manifest.json".removeprefix(".")).write_text(json.dumps(manifest))
    printed = benchmark_here("graph/critical_path.py", str(tmp_path))
    assert rows(printed)[1:] == [["Simulate run", "1", "4.0"], ["Derive all", "1", "1.0"], ["Apply run", "1", "2.5"]]
    assert "6 records take 19.5 s, the longest chain 7.5 s: at most 2.60 times as fast" in printed


def test_a_store_without_records_has_none(tmp_path: Path, benchmark_here: Callable[..., str]) -> None:
    assert "0 records take 0.0 s" in benchmark_here("graph/critical_path.py", str(tmp_path))
