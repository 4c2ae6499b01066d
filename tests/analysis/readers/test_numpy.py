from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.readers.chunks import read_chunk
from analysis.readers.data_file import DataFile
from analysis.readers.numpy import describe, read
from tests.analysis.readers.writing import dataset_of

ARRAYS = {
    "x": np.arange(5.0),
    "big": np.arange(5, dtype=">i2"),
    "matrix": np.arange(10).reshape(5, 2),
    "by columns": np.asfortranarray(np.arange(10).reshape(5, 2)),
    "bytes": np.array(list("abcde"), "S1"),
    "day": np.array(["1970-01-02"] * 5, "M8[D]"),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_of_an_archive(tmp_path: Path, save):
    # a number that is of the file, not of an event, does not matter
    save(tmp_path / "some.npz", **ARRAYS, year=2026)
    dataset = dataset_of("some.npz", columns=tuple(ARRAYS), events=5)
    for start, stop in ((0, 5), (2, 4), (5, 5)):
        events = read_chunk([tmp_path / "some.npz"], dataset, start, stop)
        for name in ("x", "big", "matrix", "by columns"):
            assert events[name].to_list() == ARRAYS[name][start:stop].tolist()
        assert events["bytes"].to_list() == list("abcde")[start:stop]
        assert events.day.to_list() == [86_400 * 10**9] * (stop - start)
    found = describe(DataFile.local(tmp_path / "some.npz"), "")
    assert (found.events, found.columns["by columns"], found.columns["day"]) == (5, "var * int64", "int64")


@pytest.mark.filterwarnings("ignore:Stored array in format 3.0")
def test_fields_of_an_array(tmp_path: Path):
    table = np.zeros(4, [("µ", "f8"), ("Ω", ">i4", (2,))])
    table["µ"], table["Ω"][:, 1] = range(4), range(4)
    np.save(tmp_path / "some.npy", table)
    dataset = dataset_of("some.npy", columns=("Ω", "µ"), events=4)
    events = read_chunk([tmp_path / "some.npy"], dataset, 1, 3)
    assert (events["µ"].to_list(), events["Ω"].to_list()) == ([1.0, 2.0], [[0, 1], [0, 2]])
    assert describe(DataFile.local(tmp_path / "some.npy"), "").columns == {"µ": "float64", "Ω": "var * int32"}


def test_objects_of_python_are_not_read(tmp_path: Path):
    lists = np.empty(2, object)
    lists[:] = [[1], [1, 2]]
    np.savez(tmp_path / "some.npz", lists=lists)
    with pytest.raises(DataError, match=r"the column 'lists' is of the type object.* run code when read"):
        read_chunk([tmp_path / "some.npz"], dataset_of("some.npz", columns=("lists",), events=2), 0, 2)
    assert "object" in describe(DataFile.local(tmp_path / "some.npz"), "").problems["lists"]


def test_columns_without_names(tmp_path: Path):
    np.save(tmp_path / "some.npy", np.zeros((3, 2)))
    for ask in (lambda: describe(DataFile.local(tmp_path / "some.npy"), ""), lambda: _read(tmp_path / "some.npy", 3)):
        with pytest.raises(DataError, match=r"float64 and the shape \(3, 2\), whose columns have no names") as caught:
            ask()
        assert "np.savez(file, pt=..., eta=...)" in str(caught.value)


def _read(path: Path, events: int):
    return read_chunk([path], dataset_of(path.name, columns=("x",), events=events), 0, events)


def test_arrays_of_different_lengths(tmp_path: Path):
    np.savez(tmp_path / "some.npz", x=np.zeros(3), bins=np.zeros(2))
    assert len(_read(tmp_path / "some.npz", 3)) == 3
    with pytest.raises(DataError, match="different numbers of events: x has 3, bins has 2"):
        describe(DataFile.local(tmp_path / "some.npz"), "")


def test_an_archive_of_something_else(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "some.npz", "w") as archive:
        archive.writestr("word/document.xml", "<xml/>")
    with pytest.raises(DataError, match=r"is not a file of NumPy or is damaged \(it holds word/document\.xml"):
        _read(tmp_path / "some.npz", 3)


def test_rows_that_are_not_needed_are_not_read(tmp_path: Path):
    np.savez(tmp_path / "some.npz", x=np.arange(200_000.0), y=np.zeros(200_000))
    file = DataFile.local(tmp_path / "some.npz")
    found = read(file, dataset_of("some.npz", columns=("x",)).schema, 100_000, 110_000, 200_000)["x"]
    assert np.array_equal(found, np.arange(100_000.0, 110_000.0))
    assert file.bytes_read < 0.1 * file.size
