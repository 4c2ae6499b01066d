from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.readers.chunks import read_chunk
from analysis.readers.csv import describe
from analysis.readers.data_file import DataFile
from analysis.study import Column
from tests.analysis.readers.writing import dataset_of

X, N, S = Column("x", "float64"), Column("n", "int16"), Column("s", "string")


def _read(path: Path, text: str | bytes, *columns: Column | str, events: int, start: int = 0, missing: tuple = ()):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_chunk([path], dataset_of(path.name, columns=columns, events=events, missing=missing), start, events)


def test_values_and_what_is_missing(tmp_path: Path):
    text = 'n,x,s\n1,2.5,a\n-2,,"b, c"\n3,1e3,\n4,-0.5,""\n'
    events = _read(tmp_path / "some.csv", text, X, N, S, events=4, missing=("x", "s"))
    assert events.fields == ["x", "n", "s", "identity"]
    assert events.x.to_list() == [2.5, None, 1000.0, -0.5]
    assert events.n.to_list() == [1, -2, 3, 4]
    assert events.s.to_list() == ["a", "b, c", None, ""]
    with pytest.raises(DataError, match="the column 'x' has no value in event 1 "):
        _read(tmp_path / "some.csv", text, X, events=4)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("some.csv", "\ufeffµ,b\n1,true\n2,False\n"),
        ("some.csv", "b,µ\r\ntrue,1\r\n\r\nFalse,2"),
        ("some.tsv", "µ\tb\n1\t1\n2\t0\n"),
        ("some.csv", '"b","µ"\n"true"," 1"\n"false","2 "\n'),
        ("some.csv", 'other,b,µ\n"two\nlines",true,1\nx,false,2\n'),
    ],
)
def test_ways_to_write_a_table(tmp_path: Path, name: str, text: str):
    columns = (Column("µ", "uint8"), Column("b", "bool"))
    for packed in (False, True):
        path = tmp_path / (f"{name}.gz" if packed else name)
        content = gzip.compress(text.encode()) if packed else text
        events = _read(path, content, *columns, events=2)
        assert (events["µ"].to_list(), events.b.to_list()) == ([1, 2], [True, False])
        assert describe(DataFile.local(path), "").columns["µ"] == "int64"


def test_a_table_of_one_column(tmp_path: Path):
    events = _read(tmp_path / "some.csv", "x\n1\n\n3\n", X, events=3, missing=("x",))
    assert events.x.to_list() == [1.0, None, 3.0]


@pytest.mark.parametrize(
    ("text", "events", "message"),
    [
        ("n,x\n1,2\n3,oh\n", 2, r"row 3 \(the header is row 1\), column 'x': 'oh' is no float64"),
        ("n,x\n1,2\n70000,1\n", 2, r"row 3 \(the header is row 1\), column 'n': '70000' is no int16"),
        ("n,x\n1.0,2\n", 1, "row 2 .* column 'n': '1.0' is no int16"),
        ("n,x\n1,2\n3\n", 2, "row 3 .*: Expected 2 columns, got 1"),
        ("n,x\n1,2,3\n", 1, "row 2 .*: Expected 2 columns, got 3"),
        ("1,2.5\n3,4.5\n", 2, r"\(its first line names no columns\) has no column 'n', 'x'; it has: 1, 2.5"),
        ("n,y\n3,4.5\n", 1, "has no column 'x'"),
        ("n,n,x\n1,2,3\n", 1, "two columns are called 'n'"),
        ("", 1, "is not a text file of columns or is damaged .it is empty"),
        ("\n", 1, "is not a text file of columns or is damaged .its first line names no columns"),
        ("n,x\n1,2\n", 2, "has 1 events, the catalogue says 2"),
        ("n,x\n1,2\n3,4\n5,6\n", 2, "has 3 events, the catalogue says 2"),
        ("n,x\n1,nan\n", 1, "the column 'x' is nan in event 0 "),
        ("n,x\n1,1e999\n", 1, "the column 'x' is inf in event 0 "),
        (b"n,x,\xb5\n1,2,3\n", 1, "its first line is no text in UTF-8"),
        ("n,x\n1,2\n".encode("utf-16"), 1, "its first line is no text in UTF-8"),
    ],
)
def test_what_is_no_table(tmp_path: Path, text: str | bytes, events: int, message: str):
    with pytest.raises(DataError, match=rf"some\.csv.*{message}") as caught:
        _read(tmp_path / "some.csv", text, N, X, events=events)
    assert "cure: " in str(caught.value)


def test_texts_of_another_encoding(tmp_path: Path):
    with pytest.raises(DataError, match=r"row 3 .*column 's': .*invalid UTF8"):
        _read(tmp_path / "some.csv", b"s\na\n\xb5\n", S, events=2)
    # what is not read does not matter
    assert _read(tmp_path / "some.csv", b"s,n\na,1\n\xb5,2\n", N, events=2).n.to_list() == [1, 2]


def test_rows_are_counted_in_a_long_file(tmp_path: Path):
    rows = [f"{number},{number / 8}" for number in range(300_000)]
    rows[250_000] = "250000,what"
    text = "\n".join(["n,x", *rows])
    assert len(text) > 3 << 20
    columns = (Column("n", "int32"), X)
    with pytest.raises(DataError, match=r"row 250002 .*, column 'x': 'what' is no float64"):
        _read(tmp_path / "some.csv", text, *columns, events=300_000)
    dataset = dataset_of("some.csv", columns=columns, events=300_000)
    found = read_chunk([tmp_path / "some.csv"], dataset, 70_000, 150_000)
    assert np.array_equal(found.n.to_numpy(), np.arange(70_000, 150_000))


def test_it_is_read_up_to_the_last_event_that_is_wanted(tmp_path: Path):
    path = tmp_path / "some.csv"
    path.write_text("x\n" + "0.123456789\n" * 500_000)
    file = DataFile.local(path)
    from analysis.readers.csv import read

    found = read(file, dataset_of("some.csv", columns=(X,)).schema, 10, 20, 500_000)["x"]
    assert found.to_list() == [0.123456789] * 10
    assert file.bytes_read < 0.6 * file.size


def test_types_have_to_be_declared(tmp_path: Path):
    with pytest.raises(StudyError, match="the column 'x' has no type, and a text file has none") as caught:
        _read(tmp_path / "some.csv", "x\n1\n", "x", events=1)
    assert "Column('x', 'float64')" in str(caught.value)
    with pytest.raises(StudyError, match=r"the column 'x' is declared as var \* int8"):
        _read(tmp_path / "some.csv", "x\n1\n", Column("x", "var * int8"), events=1)


def test_types_are_found(tmp_path: Path):
    path = tmp_path / "some.csv"
    path.write_text(
        "bool,int,large,float,text,number,empty,mixed\n"
        "true,1,1,1,a,1,,true\n"
        "FALSE,-2,18446744073709551615,2.5,b,2,,1\n"
        ",,,,,,,\n"
        "True,3,3,nan,c,3e4,,0\n"
    )
    found = describe(DataFile.local(path), "")
    assert found.columns == {
        "bool": "bool",
        "int": "int64",
        "large": "uint64",
        "float": "float64",
        "text": "string",
        "number": "float64",
        "mixed": "string",
    }
    assert (found.events, found.problems) == (4, {"empty": "it has no value"})


def test_damaged_compression(tmp_path: Path):
    packed = gzip.compress(b"x\n" + b"1.25\n" * 1000)
    with pytest.raises(DataError, match=r"some\.csv\.gz is not a text file of columns or is damaged"):
        _read(tmp_path / "some.csv.gz", packed[:-20], X, events=1000)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.csv", "1,2.5\n2,3.5\n", r"its first line has numbers \(1, 2\.5\), not names"),
        ("a.csv", "run;pt\n1;2.5\n", "has semicolons between names, where commas are expected"),
        ("a.csv", "run\tpt\n1\t2.5\n", "has tabs between names, where commas are expected"),
        ("a.tsv", "run,pt\n1,2.5\n", "has commas between names, where tabs are expected"),
    ],
)
def test_a_first_line_that_names_no_columns(tmp_path: Path, name: str, text: str, problem: str):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(DataError, match=problem):
        describe(DataFile.local(path), "")
