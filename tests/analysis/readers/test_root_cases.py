"""ROOT files as they come: each is read with the right values, or refused with its true reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from analysis.errors import DataError, StudyError
from analysis.events.parquet import read_events, write_events
from analysis.readers.chunks import read_chunk
from analysis.readers.data_file import DataFile
from analysis.readers.root import describe, read
from analysis.study import Column, Schema
from tests.analysis.readers.writing import dataset_of

FILES = Path(__file__).parent / "data"
MATRIX = [[1.0, 1.0]] * 3
VECTORS = [
    [],
    [[], []],
    [[10.0], [], [10.0, 20.0]],
    [[20.0, -21.0, -22.0]],
    [[200.0], [-201.0], [202.0]],
]
NUMBERS = ("v_int16", "v_int32", "v_int64", "v_uint16", "v_uint32", "v_uint64")

# file, tree, number of events, branch, type, and the values of the first events
READ: list[tuple[str, str, int, str, str, list[Any]]] = [
    ("uproot-vectorVectorDouble", "t", 5, "x", "var * var * float64", VECTORS),
    ("matrix", "Events", 6, "x", "var * var * float64", [MATRIX] * 6),
    ("missing", "Events", 3, "j", "var * float64", [[1.0, -999.0], [], [2.0]]),
    *(("uproot-issue38a", "ntupler/tree", 1, name, f"var * {name[2:]}", [[1, 2, 3]]) for name in NUMBERS),
    ("uproot-issue38a", "ntupler/tree", 1, "v_bool", "var * bool", [[False, True]]),
    ("uproot-issue38a", "ntupler/tree", 1, "v_float", "var * float32", [[999.0, -999.0]]),
    ("uproot-issue38a", "ntupler/tree", 1, "v_double", "var * float64", [[999.0, -999.0]]),
    ("uproot-nesteddirs", "one/two/tree", 100, "Str", "string", ["evt-000", "evt-001"]),
    ("uproot-nesteddirs", "one/two/tree", 100, "SliceInt32", "var * int32", [[], [1], [2, 2], [3, 3, 3]]),
    ("uproot-nesteddirs", "one/two/tree", 100, "ArrayFloat64", "var * float64", [[0.0] * 10, [1.0] * 10]),
    ("uproot-nesteddirs", "one/tree", 4, "three", "string", ["uno", "dos", "tres", "quatro"]),
    ("uproot-nesteddirs", "three/tree", 100, "evt/P3/P3.Py", "float64", [0.0, 1.0, 2.0]),
    ("uproot-nesteddirs", "three/tree", 100, "evt/StlVecStr", "var * string", [[], ["vec-001"], ["vec-002"] * 2]),
    ("uproot-issue31", "T", 5, "data/size", "int32", [4, 4, 6, 5, 5]),
    ("uproot-issue31", "T", 5, "data/name", "string", ["one", "two", "three", "four", "five"]),
    ("names", "Events", 4, "identity", "float64", [0.0, 1.0, 2.0, 3.0]),
    ("names", "Events", 4, "τ τ", "float64", [0.0, 1.0, 2.0, 3.0]),
    ("names", "Events", 4, "a.b", "float64", [0.0, 1.0, 2.0, 3.0]),
]


@pytest.mark.parametrize(("file", "tree", "events", "branch", "kind", "values"), READ, ids=lambda one: str(one)[:20])
def test_it_is_read(file: str, tree: str, events: int, branch: str, kind: str, values: list[Any], tmp_path: Path):
    path = FILES / f"{file}.root"
    dataset = dataset_of(path.name, tree=tree, columns=(Column("found", source=branch),), events=events)
    found = read_chunk([path], dataset, 0, events)
    assert str(found.found.type.content) == kind
    assert found.found[: len(values)].to_list() == values
    last = read_chunk([path], dataset, events - 1, events)
    assert last.found.to_list() == found.found[-1:].to_list()
    declared = dataset_of(path.name, tree=tree, columns=(Column("found", kind, source=branch),), events=events)
    assert read_chunk([path], declared, 0, events).type == found.type
    write_events(found, tmp_path / "events.parquet")
    assert read_events(tmp_path / "events.parquet").to_list() == found.to_list()
    described = describe(DataFile.local(path), tree)
    assert (described.events, described.columns[branch]) == (events, kind)


def test_lists_of_lists_of_an_object():
    path = FILES / "uproot-issue519.root"
    found = read_chunk([path], dataset_of(path.name, tree="testtree", columns=("testbranch",), events=10), 0, 10)
    assert str(found.testbranch.type.content) == "var * var * float32"
    assert found.testbranch[1, 0, 0] == np.float32(0.15334472)
    stored = uproot.open(path)["testtree/testbranch"].array()
    assert ak.array_equal(found.testbranch, stored, dtype_exact=True)


def test_missing_values_in_lists_and_alone(tmp_path: Path):
    path = FILES / "missing.root"
    dataset = dataset_of(path.name, tree="Events", columns=("nj", "j", "i"), missing=("j", "i"), events=3)
    found = read_chunk([path], dataset, 0, 3)
    assert str(found.type.content) == "{nj: int32, j: var * ?float64, i: ?int32, identity: uint64}"
    assert (found.j.to_list(), found.i.to_list()) == ([[1.0, None], [], [2.0]], [1, None, 2])
    write_events(found, tmp_path / "events.parquet")
    back = read_events(tmp_path / "events.parquet")
    assert (back.to_list(), back.type) == (found.to_list(), found.type)
    # of an event in which nothing is missing, too
    assert read_chunk([path], dataset, 2, 3).type.content == found.type.content


@pytest.mark.parametrize(
    ("file", "tree", "branch", "message"),
    [
        ("uproot-issue31", "T", "data", "the branch 'data' of the tree 'T' is an object with branches of its own"),
        ("uproot-issue-400", "orange", "orange", r"the branch 'orange' .* kind that uproot cannot read \(type Evtake_"),
        ("uproot-issue501", "T", "point", r"the branch 'point' .* kind that uproot cannot read \(type x\[15\]\[2\]"),
        ("uproot-issue38a", "ntupler", "v_int16", "has no tree 'ntupler'; .*it holds: ntupler/tree"),
        ("uproot-nesteddirs", "tree", "Str", "no tree 'tree'.*it holds: one/two/tree, one/tree, three/tree"),
        ("uproot-nesteddirs", "one/two/treee", "Str", r"did you mean 'one/two/tree'\?"),
        ("names", "Events", "pt_u", "has no branch 'pt_u'; did you mean 'pt_µ'"),
    ],
)
def test_it_is_refused(file: str, tree: str, branch: str, message: str):
    path = FILES / f"{file}.root"
    events = {"uproot-issue-400": 100, "uproot-issue501": 1, "uproot-issue31": 5, "names": 4}.get(file, 100)
    dataset = dataset_of(path.name, tree=tree, columns=(branch,), events=events)
    with pytest.raises(DataError, match=message) as caught:
        read_chunk([path], dataset, 0, 1)
    assert "damaged" not in str(caught.value)
    assert "fetch the data again" not in str(caught.value)
    assert path.name in str(caught.value)


@pytest.mark.parametrize(
    ("file", "tree", "branch"), [("uproot-issue-400", "orange", "orange"), ("uproot-issue501", "T", "point")]
)
def test_what_is_refused_is_described(file: str, tree: str, branch: str):
    found = describe(DataFile.local(FILES / f"{file}.root"), "")
    assert (found.tree, list(found.columns), list(found.problems)) == (tree, [], [branch])
    assert found.problems[branch].startswith("type ")


def test_the_framework_s_own_name_is_refused_in_a_schema():
    with pytest.raises(StudyError, match="reads the branch 'identity'") as caught:
        Schema("Events", ("identity",))
    assert "Column('number', source='identity')" in str(caught.value)


def test_several_trees_are_told():
    with pytest.raises(DataError, match="has 3 trees: one/two/tree, one/tree, three/tree"):
        describe(DataFile.local(FILES / "uproot-nesteddirs.root"), "")
    assert describe(DataFile.local(FILES / "uproot-nesteddirs.root"), "one/tree").others == (
        "one/two/tree",
        "three/tree",
    )


def test_what_is_no_number_is_found_at_any_depth(tmp_path: Path):
    path = tmp_path / "deep.root"
    values = np.zeros((9, 3, 2))
    values[6, 2, 1] = np.nan
    with uproot.recreate(path) as content:
        content.mktree("Events", {"x": ("f8", (3, 2))})
        content["Events"].extend({"x": values})
    dataset = dataset_of(path.name, tree="Events", columns=("x",), events=9)
    with pytest.raises(DataError, match=r"deep\.root: the column 'x' is nan in event 6 .* not finite in 1 places"):
        read_chunk([path], dataset, 2, 9)
    assert len(read_chunk([path], dataset, 0, 6)) == 6


def test_arrays_of_fixed_length_have_the_name_that_the_study_knows(tmp_path: Path):
    with uproot.recreate(tmp_path / "some.root") as content:
        content.mktree("Events", {"p4": ("f4", (4,))})
        content["Events"].extend({"p4": np.arange(8, dtype=np.float32).reshape(2, 4)})
    dataset = dataset_of("some.root", tree="Events", columns=("p4",), events=2)
    assert read_chunk([tmp_path / "some.root"], dataset, 1, 2).p4.to_list() == [[4.0, 5.0, 6.0, 7.0]]


def test_lists_of_a_damaged_file_that_end_nowhere(tmp_path: Path):
    path = tmp_path / "bits.root"
    with uproot.recreate(path, compression=None) as content:
        content.mktree("Events", {"pt": "var * float32"})
        content["Events"].extend({"pt": ak.Array([[1.0, 2.0], [], [3.0]] * 100)})
    with uproot.open(path) as content:
        basket = content["Events/pt"].basket(0)
        offsets = (np.asarray(basket.byte_offsets) + basket.member("fKeylen")).astype(">i4")
    there = path.read_bytes()
    assert there.count(offsets.tobytes()) == 1
    damaged = offsets.copy()
    damaged[150] += 2**16
    path.write_bytes(there.replace(offsets.tobytes(), damaged.tobytes()))
    dataset = dataset_of(path.name, tree="Events", columns=("pt",), events=300)
    with pytest.raises(DataError, match=r"bits\.root: the column 'pt' has lists that lie outside of its values"):
        read_chunk([path], dataset, 0, 300)


def test_an_ntuple_is_read_by_clusters_and_at_once(tmp_path: Path):
    path = tmp_path / "clusters.root"
    random = np.random.default_rng(1)
    counts = random.poisson(3, 40_000)
    lists = ak.unflatten(random.random(counts.sum()), counts)
    events = ak.zip({"x": random.random(40_000), "y": random.random(40_000), "lists": lists}, depth_limit=1)
    with uproot.recreate(path, compression=None) as content:
        ntuple = content.mkrntuple("Events", events[:10_000])
        for start in range(10_000, 40_000, 10_000):
            ntuple.extend(events[start : start + 10_000])
    schema = Schema("Events", ("x", "lists"))

    def used(start: int, stop: int) -> DataFile:
        file = DataFile.local(path)
        found = read(file, schema, start, stop, 40_000)
        for name in schema.names:
            assert found[name].to_list() == events[name][start:stop].to_list()
        return file

    one = 10_000 * 8 + 8 * (10_000 + counts[10_000:20_000].sum())
    # beginnings of the file and its description come in blocks
    for start, stop in ((10_000, 20_000), (12_000, 12_001)):
        file = used(start, stop)
        assert one <= file.bytes_read < one + 6 * 2**15
        assert file.requests < 9
    for start, stop in ((0, 40_000), (9_999, 10_001), (39_999, 40_000), (20_000, 20_000), (40_000, 40_000), (0, 0)):
        used(start, stop)
