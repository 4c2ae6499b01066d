from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from analysis.errors import DataError
from analysis.readers.chunks import read_chunk
from analysis.readers.data_file import DataFile
from analysis.readers.fits import describe, read
from analysis.study import Schema
from tests.analysis.readers.writing import dataset_of


def _objects(lists: list[list[float]], kind: str) -> np.ndarray:
    found = np.empty(len(lists), object)
    found[:] = [np.array(one, kind) for one in lists]
    return found


COLUMNS = [
    fits.Column("TIME", "D", array=np.arange(5.0)),
    fits.Column("PIXEL", "J", null=-99, array=np.array([1, -99, 3, 4, 5])),
    fits.Column("ENERGY", "E", array=np.array([1, np.nan, 3, 4, np.inf])),
    fits.Column("OK", "L", array=np.array([True, False, True, False, True])),
    fits.Column("SOURCE", "6A", array=np.array(["Crab", "", "M 87", " x", "Vela X"])),
    fits.Column("PAIR", "6A", dim="(3,2)", array=np.array([["a", "bcd"]] * 5)),
    fits.Column("IMAGE", "6E", dim="(3,2)", array=np.arange(30).reshape(5, 2, 3)),
    fits.Column("HITS", "PE()", array=_objects([[], [1], [2, 3], [], [4]], "f4")),
    fits.Column("IDS", "QK()", array=_objects([[7], [], [8, 9], [], []], "i8")),
    fits.Column("STATE", "I", array=np.arange(5, dtype=np.int16)),
    fits.Column("VISIBILITY", "C", array=np.zeros(5, "c8")),
    fits.Column("BITS", "3X", array=np.zeros((5, 3), bool)),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    events = fits.BinTableHDU.from_columns(COLUMNS, name="EVENTS")
    # a temperature in steps of half a degree
    events.header["TSCAL10"], events.header["TZERO10"] = 0.5, 20
    intervals = fits.BinTableHDU.from_columns([fits.Column("START", "D", array=np.arange(3.0))], name="GTI")
    unnamed = fits.BinTableHDU.from_columns([fits.Column("N", "K", array=np.arange(2))])
    image = fits.PrimaryHDU(np.zeros((40, 40)))
    fits.HDUList([image, events, fits.ImageHDU(np.zeros((2, 2))), intervals, unnamed]).writeto(tmp_path / "some.fits")
    return tmp_path / "some.fits"


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("TIME", "float64", [1.0, 2.0, 3.0]),
        ("PIXEL", "?int32", [None, 3, 4]),
        ("ENERGY", "?float32", [None, 3.0, 4.0]),
        ("OK", "bool", [False, True, False]),
        ("SOURCE", "string", ["", "M 87", " x"]),
        ("PAIR", "var * string", [["a", "bcd"]] * 3),
        ("IMAGE", "var * var * float32", np.arange(30.0).reshape(5, 2, 3)[1:4].tolist()),
        ("HITS", "var * float32", [[1.0], [2.0, 3.0], []]),
        ("IDS", "var * int64", [[], [8, 9], []]),
        ("STATE", "float64", [20.5, 21.0, 21.5]),
    ],
)
def test_types_of_columns(path: Path, name: str, kind: str, values: list[Any]):
    missing = (name,) if "?" in kind else ()
    dataset = dataset_of(path.name, tree="EVENTS", columns=(name,), events=5, missing=missing)
    events = read_chunk([path], dataset, 1, 4)
    assert (str(events[name].type.content), events[name].to_list()) == (kind, values)
    assert str(read_chunk([path], dataset, 2, 2)[name].type.content) == kind
    assert describe(DataFile.local(path), "EVENTS").columns[name] == kind.removeprefix("?")


def test_it_agrees_with_astropy(path: Path):
    names = ("TIME", "OK", "IMAGE", "STATE", "HITS")
    found = read(DataFile.local(path), Schema("EVENTS", names), 0, 5, 5)
    with fits.open(path) as content:
        table = content["EVENTS"].data
        for name in names:
            assert [np.asarray(one).tolist() for one in table[name]] == found[name].tolist()


@pytest.mark.parametrize(
    ("tree", "name", "message"),
    [
        (
            "EVENTS",
            "VISIBILITY",
            "the column 'VISIBILITY' is of the type C, which is not read: its numbers are complex",
        ),
        ("EVENTS", "BITS", "the column 'BITS' is of the type 3X, which is not read"),
        ("EVENTS", "TIMES", r"the table 'EVENTS' has no column 'TIMES'; did you mean 'TIME'\?"),
        ("EVENTS", "ENERGY", "the column 'ENERGY' has no value in event 1 "),
        ("EVENTS", "PIXEL", "the column 'PIXEL' has no value in event 1 "),
        ("GTI", "START", "the table 'GTI' has 3 events, the catalogue says 5"),
        ("GTO", "START", r"has no table 'GTO'; did you mean 'GTI'\?; it holds: EVENTS, GTI, 4"),
        ("0", "START", "has no table '0'"),
    ],
)
def test_what_is_not_read(path: Path, tree: str, name: str, message: str):
    with pytest.raises(DataError, match=message) as caught:
        read_chunk([path], dataset_of(path.name, tree=tree, columns=(name,), events=5), 0, 5)
    assert "damaged" not in str(caught.value)


def test_what_is_infinite_is_not_missing(path: Path):
    dataset = dataset_of(path.name, columns=("ENERGY",), events=5, missing=("ENERGY",))
    with pytest.raises(DataError, match="the column 'ENERGY' is inf in event 4 "):
        read_chunk([path], dataset, 0, 5)


def test_tables_by_name_and_by_number(path: Path):
    for tree, column, events in (
        ("", "TIME", 5),
        ("1", "TIME", 5),
        ("GTI", "START", 3),
        ("3", "START", 3),
        ("4", "N", 2),
    ):
        dataset = dataset_of(path.name, tree=tree, columns=(column,), events=events)
        assert read_chunk([path], dataset, 0, events)[column].to_list() == list(range(events))
        found = describe(DataFile.local(path), tree)
        assert (found.events, len(found.others)) == (events, 2)
    assert describe(DataFile.local(path), "").problems.keys() == {"VISIBILITY", "BITS"}


def test_a_file_of_images(tmp_path: Path):
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "some.fits")
    with pytest.raises(DataError, match="has no table of events"):
        describe(DataFile.local(tmp_path / "some.fits"), "")


@pytest.mark.parametrize("part", [0.1, 0.3, 0.7])
def test_a_file_cut_short(path: Path, part: float):
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(DataError, match=r"some\.fits is not a FITS file or is damaged|has no table"):
        read_chunk([path], dataset_of(path.name, tree="GTI", columns=("START",), events=3), 0, 3)


def test_lists_that_are_not_within_the_file(path: Path):
    content = bytearray(path.read_bytes())
    with fits.open(path) as file:
        offset, width = file["EVENTS"].fileinfo()["datLoc"], file["EVENTS"].header["NAXIS1"]
        place = file["EVENTS"].data.dtype.fields["HITS"][1]
    content[offset + width + place + 4 : offset + width + place + 8] = (1 << 30).to_bytes(4, "big")
    path.write_bytes(content)
    with pytest.raises(DataError, match="lists of the column 'HITS' are not within the file"):
        read_chunk([path], dataset_of(path.name, columns=("HITS",), events=5), 0, 5)


def test_a_packed_table(path: Path):
    with fits.open(path) as file:
        file["EVENTS"].header["ZTABLE"] = True
        file.writeto(path.with_name("packed.fits"))
    with pytest.raises(DataError, match="the table is packed by fpack; unpack it with funpack"):
        read_chunk([path.with_name("packed.fits")], dataset_of("packed.fits", columns=("TIME",), events=5), 0, 5)


def test_rows_that_are_not_needed_are_not_read(tmp_path: Path):
    columns = [fits.Column(name, "D", array=np.arange(100_000.0)) for name in "xy"]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "some.fits")
    file = DataFile.local(tmp_path / "some.fits")
    found = read(file, Schema("", ("y",)), 50_000, 60_000, 100_000)["y"]
    assert np.array_equal(found, np.arange(50_000.0, 60_000.0))
    assert file.bytes_read < 0.15 * file.size
