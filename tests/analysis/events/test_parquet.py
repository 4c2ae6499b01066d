from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.events.parquet import read_events, write_events
from analysis.events.root import read_chunk
from analysis.studies.htautau.datasets import DIMUON, SIMULATION
from analysis.study import Dataset


@pytest.fixture(scope="module")
def events(mirror: Path) -> ak.Array:
    return read_chunk([mirror / SIMULATION[1].files[0].mirror], SIMULATION[1], 0, SIMULATION[1].events)


@pytest.mark.parametrize("dataset", [SIMULATION[1], DIMUON], ids=lambda dataset: dataset.name)
@pytest.mark.parametrize("count", [0, 1, 1015])
def test_what_is_written_is_read(mirror: Path, tmp_path: Path, dataset: Dataset, count: int) -> None:
    events = read_chunk([mirror / dataset.files[0].mirror], dataset, 0, count)
    write_events(events, tmp_path / "events.parquet")
    again = read_events(tmp_path / "events.parquet")
    assert again.type == events.type
    assert ak.array_equal(again, events)


def test_some_columns(tmp_path: Path, events: ak.Array) -> None:
    write_events(events, tmp_path / "events.parquet")
    some = read_events(tmp_path / "events.parquet", ["mjj", "identity", "pt_1"])
    assert some.fields == ["mjj", "identity", "pt_1"]
    assert ak.array_equal(some, events[["mjj", "identity", "pt_1"]])
    with pytest.raises(DataError, match=r"events\.parquet has no field 'mass'; it has: pt_1, "):
        read_events(tmp_path / "events.parquet", ["pt_1", "mass"])


def test_the_same_events_give_the_same_bytes(mirror: Path, tmp_path: Path, events: ak.Array) -> None:
    write_events(events, tmp_path / "one.parquet")
    paths = [mirror / SIMULATION[1].files[0].mirror]
    parts = [read_chunk(paths, SIMULATION[1], start, min(start + 100, 1015)) for start in range(0, 1015, 100)]
    write_events(ak.concatenate(parts), tmp_path / "two.parquet")
    write_events(read_events(tmp_path / "one.parquet"), tmp_path / "three.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "three.parquet").read_bytes()


def test_what_is_missing_leaves_no_trace(tmp_path: Path) -> None:
    """Numbers below a mask must not reach the file: they would make equal events differ in bytes."""
    for name, below in (("one", -999.0), ("two", 5.0)):
        layout = ak.contents.ByteMaskedArray(
            ak.index.Index8(np.array([1, 0, 1], dtype=np.int8)),
            ak.contents.NumpyArray(np.array([1.0, below, 2.0])),
            valid_when=True,
        )
        write_events(ak.Array({"x": layout}), tmp_path / f"{name}.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file(tmp_path: Path, events: ak.Array, part: float) -> None:
    path = tmp_path / "events.parquet"
    write_events(events, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(DataError, match=r"events\.parquet is damaged"):
        read_events(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.parquet does not exist"):
        read_events(tmp_path / "none.parquet")
