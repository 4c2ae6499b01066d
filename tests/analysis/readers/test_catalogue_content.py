from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checking.names import check_unique
from analysis.readers.catalogue_content import catalogue_of, names_of, places_of
from analysis.readers.file_description import FileDescription


def file(address: str, identity: str = "sha256:aa", **columns: str) -> FileDescription:
    return FileDescription(address, 10, identity, 0, 5, columns=columns)


def content(*files: FileDescription, output: str = "/work/files.yaml") -> dict:
    addresses = [one.address for one in files]
    return catalogue_of(files, places_of(addresses, "", ""), names_of(addresses, {}), Path(output), "")


@pytest.mark.parametrize(
    ("addresses", "names"),
    [
        (["/a/x.root", "/b/y.root"], ["x.root", "y.root"]),
        (["/a/c/x.root", "/b/c/x.root"], ["a_c_x.root", "b_c_x.root"]),
        (["root://h//a/x.root", "s3://b/a/x.root", "/a/x.root"], ["h_a_x.root", "b_a_x.root", "a_x.root"]),
        (["/run1/a.root", "/run2/a.root", "/run1_a.root"], ["run1_a.root", "run2_a.root", "run1_a.root"]),
        (["https://h/x%20y.root"], ["x_y.root"]),
        (["/d/x y.root", "/d/x-y.root", "/d/x,y.root"], ["d_x_y.root", "x-y.root", "d_x_y.root"]),
        (["/d/..x...root", "/d/-.root"], ["x.root", "root"]),
        (["/a/Run1.root", "/b/run1.root"], ["a_Run1.root", "b_run1.root"]),
        (["/d/µ 1.root", "/d/a\nb.root", "/d/=,;:.root"], ["_1.root", "a_b.root", "_.root"]),
    ],
)
def test_names(addresses: list[str], names: list[str]) -> None:
    found = list(names_of(addresses, {}).values())
    # whatever a study allows, and nothing twice
    check_unique("file", found)
    assert len({name.lower() for name in found}) == len(found)
    if len(set(names)) == len(names):
        assert found == names
    else:
        assert [one for one, name in zip(found, names, strict=True) if names.count(name) == 1] == [
            name for name in names if names.count(name) == 1
        ]


def test_long_names_keep_their_ending() -> None:
    long = "x" * 200
    names = list(names_of([f"/d/{long}{n}.root" for n in range(3)], {}).values())
    check_unique("file", names)
    assert all(name.endswith(".root") for name in names)


def test_names_that_are_taken() -> None:
    assert names_of(["/a/x.root", "/b/x.root"], {"/b/x.root": "x.root"}) == {
        "/a/x.root": "a_x.root",
        "/b/x.root": "x.root",
    }


@pytest.mark.parametrize(
    ("addresses", "folder", "urls"),
    [
        (["root://h//x/a.root", "root://h//x/y/b.root"], "root://h//x", [None, "y/b.root"]),
        (["s3://one/a.root", "s3://one/b.root"], "s3://one", [None, None]),
        (["s3://one/a.root", "s3://two/b.root"], None, ["s3://one/a.root", "s3://two/b.root"]),
        (["root://h//x/a.root", "/x/b.root"], None, ["root://h//x/a.root", "/x/b.root"]),
        (["/work/d/a.root", "/work/d/~b.root"], "d", [None, "./~b.root"]),
        (["/other/d/a.root"], "/other/d", [None]),
        (["/workshop/a.root"], "/workshop", [None]),
        (["https://h/x/a%20b.root"], "https://h/x", ["a%20b.root"]),
    ],
)
def test_addresses(addresses: list[str], folder: str | None, urls: list[str | None]) -> None:
    found = content(*map(file, addresses))
    assert found.get("folder") == folder
    assert [one.get("url") for one in found["files"]] == urls


def test_what_a_server_says_of_the_content() -> None:
    (one,) = content(file("root://h//x/a.root", "adler32:0a1b2c3d"))["files"]
    assert one == {"name": "a.root", "size": 10, "checksum": "adler32:0a1b2c3d", "events": 5}


def test_cells_of_text_fit_all_files_types() -> None:
    same = content(file("/d/a.csv", x="int64", y="bool"), file("/d/b.csv", x="float64", y="int64"))
    assert same["columns"] == {"x": "float64", "y": "string"}
    # in other files, a type is a fact
    other = content(file("/d/a.root", x="int64"), file("/d/b.root", x="float64"))
    assert other["others"] == {"x": "column 'x' is int64 in 1 and float64 in 1 of 2 files, float64 in b.root"}
