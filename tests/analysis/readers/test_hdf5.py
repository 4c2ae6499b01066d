from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.readers.chunks import read_chunk
from analysis.readers.data_file import DataFile
from analysis.readers.hdf5 import describe, read
from analysis.study import Schema
from tests.analysis.readers.writing import dataset_of

LISTS = [np.arange(number % 4, dtype=np.float32) for number in range(10)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with h5py.File(tmp_path / "some.h5", "w") as file:
        group = file.create_group("run/events")
        group.create_dataset("x", data=np.arange(10, dtype=">f4"), chunks=(4,), compression="gzip", shuffle=True)
        group["flag"] = np.arange(10) % 2 == 0
        group["name"] = [f"µ{number}" for number in range(10)]
        group["pair"] = np.array([["a", "bb"]] * 10, dtype=h5py.string_dtype())
        group["letters"] = np.array([f"e{number}" for number in range(10)], "S4")
        group["image"] = np.arange(60).reshape(10, 2, 3)
        group["muon/pt"] = np.arange(10.0)
        lists = group.create_dataset("hits", (10,), h5py.vlen_dtype(np.float32))
        for number, values in enumerate(LISTS):
            lists[number] = values
        group["bins"] = ["low", "high"]
        group["scalar"] = 3
        group["link"] = np.array([group.ref] * 10, h5py.ref_dtype)
        group["wave"] = np.zeros(10, "c8")
        table = np.zeros(10, [("n", ">i2"), ("p4", "f4", (4,)), ("deep", [("a", "i4")])])
        table["n"], table["p4"][:, 3] = range(10), range(10)
        file["table"] = table
    return tmp_path / "some.h5"


@pytest.mark.parametrize(
    ("tree", "name", "kind", "values"),
    [
        ("run/events", "x", "float32", [3.0, 4.0]),
        ("/run/events/", "flag", "bool", [False, True]),
        ("run/events", "name", "string", ["µ3", "µ4"]),
        ("run/events", "pair", "var * string", [["a", "bb"]] * 2),
        ("run/events", "letters", "string", ["e3", "e4"]),
        ("run/events", "image", "var * var * int64", [[[18, 19, 20], [21, 22, 23]], [[24, 25, 26], [27, 28, 29]]]),
        ("run/events", "hits", "var * float32", [[0.0, 1.0, 2.0], []]),
        ("run/events", "muon/pt", "float64", [3.0, 4.0]),
        ("run", "events/muon/pt", "float64", [3.0, 4.0]),
        ("table", "n", "int16", [3, 4]),
        ("table", "p4", "var * float32", [[0.0, 0.0, 0.0, 3.0], [0.0, 0.0, 0.0, 4.0]]),
    ],
)
def test_types_of_columns(path: Path, tree: str, name: str, kind: str, values: list[Any]):
    dataset = dataset_of(path.name, tree=tree, columns=(name,), events=10)
    events = read_chunk([path], dataset, 3, 5)
    assert (str(events[name].type.content), events[name].to_list()) == (kind, values)
    assert str(read_chunk([path], dataset, 4, 4)[name].type.content) == kind
    if "muon" not in name:
        assert describe(DataFile.local(path), tree).columns[name] == kind


@pytest.mark.parametrize(
    ("tree", "name", "message"),
    [
        ("run/events", "link", "of the type object, which is not read: references"),
        ("run/events", "wave", "of the type complex64, which is not read"),
        ("table", "deep", "which is not read: it is no number"),
        ("run/events", "scalar", "has no column 'scalar'"),
        ("run/events", "muon", "has no column 'muon'; it has: bins, flag, hits"),
        ("run/events", "bins", "the column 'bins' has 2 events, the catalogue says 10"),
        ("run/event", "x", r"has no group 'run/event'; did you mean 'run/events'\?; it holds: run/events"),
        ("", "x", "has 3 groups: run/events, run/events/muon, table"),
    ],
)
def test_what_is_not_read(path: Path, tree: str, name: str, message: str):
    with pytest.raises(DataError, match=message) as caught:
        read_chunk([path], dataset_of(path.name, tree=tree, columns=(name,), events=10), 0, 10)
    assert "damaged" not in str(caught.value)


def test_what_is_described(path: Path):
    found = describe(DataFile.local(path), "run/events")
    assert (found.events, list(found.clusters), found.others) == (10, [0, 4, 8], ("run/events/muon", "table"))
    assert found.problems["bins"] == "it has 2 values, not 10"
    assert set(found.problems) == {"bins", "link", "wave"}
    with pytest.raises(DataError, match="has 3 groups"):
        describe(DataFile.local(path), "")


def test_the_only_group_needs_no_name(tmp_path: Path):
    for place in ("x", "events/x"):
        with h5py.File(tmp_path / "some.h5", "w") as file:
            file[place] = np.arange(3)
        dataset = dataset_of("some.h5", columns=("x",), events=3)
        assert read_chunk([tmp_path / "some.h5"], dataset, 0, 3).x.to_list() == [0, 1, 2]
        assert describe(DataFile.local(tmp_path / "some.h5"), "").tree == place[:-1].strip("/")
    with h5py.File(tmp_path / "some.h5", "w") as file:
        file["number"] = 3
    with pytest.raises(DataError, match="has no group of events"):
        describe(DataFile.local(tmp_path / "some.h5"), "")


def test_packing_that_this_machine_does_not_know(tmp_path: Path):
    with h5py.File(tmp_path / "some.h5", "w") as file:
        facts = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        facts.set_chunk((4,))
        # optional, or it could not be written here; 305 is for private use
        facts.set_filter(305, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple((10,))
        h5py.h5d.create(file.id, b"x", h5py.h5t.IEEE_F64LE, space, dcpl=facts)
    with pytest.raises(DataError, match="it is packed by filter 305, which this machine has no program for"):
        read_chunk([tmp_path / "some.h5"], dataset_of("some.h5", columns=("x",), events=10), 0, 10)


def test_chunks_that_are_not_needed_are_not_read(tmp_path: Path):
    with h5py.File(tmp_path / "some.h5", "w") as file:
        file.create_dataset(
            "packed", data=np.random.default_rng(1).normal(size=200_000), chunks=(10_000,), compression=1
        )
        file["plain"] = np.arange(200_000.0)
    for name in ("packed", "plain"):
        file = DataFile.local(tmp_path / "some.h5")
        found = read(file, Schema("", (name,)), 100_000, 110_000, 200_000)[name]
        with h5py.File(tmp_path / "some.h5") as content:
            assert np.array_equal(found, content[name][100_000:110_000])
        assert file.bytes_read < 0.1 * file.size
        file.close()
