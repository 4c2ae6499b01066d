from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

import analysis.study as s
from analysis.catalogues import read_catalogue
from analysis.errors import StudyError
from analysis.readers.catalogue_writing import write_catalogue

FILES: list[dict[str, Any]] = [
    {"name": "a.root", "size": 10, "sha256": "a" * 64, "events": 100, "clusters": 40},
    {"name": "b.root", "url": "below/b.root", "size": 11, "checksum": "adler32:0a1b2c3d", "events": 5},
    {"name": "c.root", "url": "s3://bucket/c.root", "size": 12, "checksum": "etag:x", "events": 9, "clusters": [0, 4]},
]
CONTENT = {"format": 1, "tree": "Events", "columns": {"pt": "float32", "run": "int64"}, "files": FILES}


@pytest.fixture(params=["yaml", "json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"files.{request.param}"


def test_what_is_written_is_read(path: Path) -> None:
    write_catalogue({**CONTENT, "mirror": "m", "others": {"eta": "column 'eta' is float32 in 1 of 3 files"}}, path)
    # a file is a line: differences can be read
    assert sum("root" in line for line in path.read_text().splitlines()) == 3
    found = read_catalogue(path)
    assert found.files == (
        s.SourceFile("a.root", f"{path.parent}/a.root", "a" * 64, 10, 100, "m/a.root", clusters=40),
        s.SourceFile("b.root", f"{path.parent}/below/b.root", "", 11, 5, "m/b.root", "adler32:0a1b2c3d"),
        s.SourceFile("c.root", "s3://bucket/c.root", "", 12, 9, "m/c.root", "etag:x", (0, 4)),
    )
    assert (found.tree, found.columns) == ("Events", CONTENT["columns"])
    with pytest.raises(StudyError, match=r"column 'eta' is float32 in 1 of 3 files"):
        found.schema("eta")


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("root://host//x", "root://host//x/a.root"),
        ("/data/x", "/data/x/a.root"),
        ("sub", "{here}/sub/a.root"),
        ("https://example.org/x/", "https://example.org/x/a.root"),
    ],
)
def test_addresses_are_relative_to_the_folder(path: Path, folder: str, expected: str) -> None:
    write_catalogue({**CONTENT, "folder": folder}, path)
    assert read_catalogue(path).files[0].url == expected.format(here=path.parent)


def test_by_hand_in_any_style(tmp_path: Path) -> None:
    path = tmp_path / "files.yaml"
    path.write_text(
        "# mine\nformat: 1\nfiles:\n- name: a.csv\n  events: 3\n  sha256: '0e1'\n- {name: b.csv, events: 0}\n"
    )
    assert [(one.name, one.events, one.sha256) for one in read_catalogue(path).files] == [
        ("a.csv", 3, "0e1"),
        ("b.csv", 0, ""),
    ]


def test_choosing_files_and_columns(path: Path) -> None:
    write_catalogue(CONTENT, path)
    found = read_catalogue(path)
    assert [file.name for file in found.matching("[bc]*", "b.root")] == ["b.root", "c.root"]
    with pytest.raises(StudyError, match=r"no file of the catalogue .* is called 'aa\.root'; did you mean 'a\.root'\?"):
        found.matching("*", "aa.root")
    assert found.schema("run", missing=("run",)) == s.Schema("Events", (s.Column("run", "int64"),), ("run",))
    assert found.schema().names == ("pt", "run")
    with pytest.raises(StudyError, match=r"has no column 'ruun'; did you mean 'run'\?"):
        found.schema("ruun")


def test_files_with_several_trees_have_no_schema_together(path: Path) -> None:
    write_catalogue({"format": 1, "trees": "events lie in the tree 'a' in x, the tree 'b' in y", "files": FILES}, path)
    with pytest.raises(StudyError, match="events lie in the tree 'a' in x"):
        read_catalogue(path).schema("pt")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"format": 2, "files": []}, "is no catalogue of files of format 1\n  cure: delete it, or name another file"),
        ({"format": 1}, "is no catalogue"),
        ([1], "is no catalogue"),
        ({**CONTENT, "colums": {}}, "nothing is called 'colums'; did you mean 'columns'"),
        ({**CONTENT, "columns": "pt"}, "its columns is 'pt'"),
        ({"format": 1, "files": [{"events": 1}]}, "file 1: it has no name"),
        ({"format": 1, "files": [FILES[0], {"name": "x"}]}, r"file 2 \(x\): KeyError\('events'\)"),
        (
            {"format": 1, "files": [{"name": "x", "events": 1, "sise": 1}]},
            "nothing is called 'sise'; did you mean 'size'",
        ),
        *(
            ({"format": 1, "files": [FILES[0], {"name": name, "events": 1}]}, f"file 2: the file {name!r} has {said}")
            for name, said in (("../x", "a name with '/'"), ("a,b", "a name with ','"), ("", "an empty name"))
        ),
        ({"format": 1, "files": [{"name": 7, "events": 1}]}, "file 1: the file 7 has a int as its name"),
        ({"format": 1, "files": [{"name": "x", "events": -1}]}, "file 1: the file 'x' has -1 events"),
        (
            {"format": 1, "files": [{"name": "x", "events": 1, "checksum": "crc:1"}]},
            "file 1: .*has the checksum 'crc:1'",
        ),
        (
            {"format": 1, "files": [{"name": "x", "events": 9, "clusters": [4, 2]}]},
            "file 1: .*clusters that begin at 4, 2",
        ),
    ],
)
def test_what_is_no_catalogue(path: Path, content: Any, message: str) -> None:
    path.write_text(json.dumps(content))
    with pytest.raises(StudyError, match=message) as error:
        read_catalogue(path)
    assert error.value.cure


def test_paths_are_no_names(path: Path) -> None:
    address = "/data/my run, 2 = new/µ:1 (copy).root"
    path.write_text(json.dumps({"format": 1, "files": [{"name": "copy.root", "url": address, "events": 1}]}))
    assert read_catalogue(path).files[0].url == address


def test_damaged_and_missing_ones(path: Path) -> None:
    write_catalogue(CONTENT, path)
    path.write_text(path.read_text()[:-30])
    with pytest.raises(StudyError, match=f"the catalogue {path} is no (YAML|JSON)"):
        read_catalogue(path)
    with pytest.raises(StudyError, match=f"there is no catalogue .*; did you mean '{path.name}'") as error:
        read_catalogue(path.with_name("filse" + path.suffix))
    assert "law run DescribeFiles" in error.value.cure
    # to be pasted as it stands
    with pytest.raises(StudyError) as error:
        read_catalogue(path.with_name(f"my files{path.suffix}"))
    assert error.value.cure.endswith(f"--output 'my files{path.suffix}'")


def test_beside_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    write_catalogue(CONTENT, tmp_path / "files.yaml")
    (tmp_path / "catalogued.py").write_text('import analysis.study as s\nFILES = s.catalogue("files.yaml")\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    found = importlib.import_module("catalogued").FILES
    assert found.files[0].url == f"{tmp_path}/a.root"


def test_five_thousand_files_in_a_moment(path: Path) -> None:
    borders = list(range(0, 400_000, 9_973))
    many = [
        {**FILES[1], "name": f"{n}.root", "url": f"{n}.root", "checksum": f"adler32:{n:08x}", "events": 400_000}
        | {"clusters": borders if n % 2 else 10_000}
        for n in range(5000)
    ]
    write_catalogue({**CONTENT, "columns": {f"c{n}": "float32" for n in range(1500)}, "files": many}, path)
    begin = time.process_time()
    found = read_catalogue(path)
    study = s.Study("many", datasets=(s.Dataset("data", "D", "measured", found.files, found.schema("c1", "c2")),))
    study.with_statistics("default").with_changes({})
    # about 0.3 s; other processes make it more
    assert time.process_time() - begin < 1.5
    assert study.dataset("data").events == 2_000_000_000
