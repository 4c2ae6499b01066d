from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from analysis.errors import DataError, StudyError
from analysis.events.identity import identify
from analysis.readers.chunks import read_chunk
from analysis.studies.htautau.datasets import COLLISIONS, DIMUON, SCHEMA, SIMULATION
from analysis.study import Dataset, Schema, SourceFile

VBF = SIMULATION[1]


@pytest.fixture
def vbf(mirror: Path) -> Path:
    return mirror / VBF.files[0].mirror


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., tuple[Path, Dataset]]:
    """Write columns to a ROOT file that the returned data set describes."""

    def _write(name: str = "some.root", tree: str = "Events", **columns: Any) -> tuple[Path, Dataset]:
        columns = {key: np.asarray(column) for key, column in columns.items()}
        with uproot.recreate(tmp_path / name) as content:
            content.mktree(tree, {key: column.dtype for key, column in columns.items()})
            if len(next(iter(columns.values()))):
                content[tree].extend(columns)
        events = len(next(iter(columns.values())))
        file = SourceFile(name=name, url="", sha256="", size=None, events=events, mirror=name)
        return tmp_path / name, Dataset("some", "", "simulated", (file,), Schema("Events", tuple(columns)))

    return _write


@pytest.mark.parametrize("dataset", [*SIMULATION, COLLISIONS[0], DIMUON], ids=lambda dataset: dataset.name)
def test_all_of_a_data_set(mirror: Path, dataset: Dataset) -> None:
    path, schema = mirror / dataset.files[0].mirror, dataset.schema
    assert schema is not None
    events = read_chunk([path], dataset, 0, dataset.events)
    assert len(events) == dataset.events
    assert events.fields == [*schema.branches, "identity"]
    stored = uproot.open(path)["Events"].arrays(list(schema.branches))
    for name in schema.branches:
        if name in schema.missing:
            assert ak.array_equal(ak.fill_none(events[name], -999.0), stored[name], dtype_exact=False)
        else:
            assert ak.array_equal(events[name], stored[name])
    assert np.array_equal(events.identity, identify(dataset.name, 0, dataset.events))


def test_a_missing_jet_is_missing(mirror: Path, vbf: Path) -> None:
    events = read_chunk([vbf], VBF, 0, VBF.events)
    stored = uproot.open(vbf)["Events"].arrays(library="np")
    for name in SCHEMA.missing:
        there = stored[name] != -999.0
        assert 0 < there.sum() < len(there)
        assert np.array_equal(ak.to_numpy(ak.is_none(events[name])), ~there)
        assert np.array_equal(ak.to_numpy(ak.drop_none(events[name])), stored[name][there])
        assert str(events[name].type.content) == "?float32"
    assert np.array_equal(ak.to_numpy(ak.is_none(events.jpt_1)), ak.to_numpy(events.njets) < 1)
    assert np.array_equal(ak.to_numpy(ak.is_none(events.mjj)), ak.to_numpy(events.njets) < 2)


@pytest.mark.parametrize("dataset", [COLLISIONS[0], DIMUON], ids=lambda dataset: dataset.name)
def test_chunks_put_together_are_the_whole(mirror: Path, dataset: Dataset) -> None:
    paths = [mirror / dataset.files[0].mirror]
    edges = [0, 1, 350, 351, 6_000, 6_000, dataset.events]
    parts = [read_chunk(paths, dataset, a, b) for a, b in itertools.pairwise(edges)]
    whole = read_chunk(paths, dataset, 0, dataset.events)
    assert [len(part) for part in parts] == list(np.diff(edges))
    assert {str(part.type.content) for part in parts} == {str(whole.type.content)}
    assert ak.array_equal(ak.concatenate(parts), whole)


def test_a_chunk_over_several_files(mirror: Path) -> None:
    files = (SIMULATION[0].files[0], VBF.files[0], SIMULATION[0].files[0])
    dataset = replace(VBF, name="three", files=files)
    paths = [mirror / file.mirror for file in files]
    assert dataset.events == 813 + 1015 + 813
    events = read_chunk(paths, dataset, 800, 813 + 1015 + 10)
    first, second = (read_chunk([paths[i]], replace(VBF, files=(files[i],)), 0, files[i].events) for i in (0, 1))
    for name in ("pt_1", "mjj", "gen_match"):
        assert events[name].to_list() == [
            *first[name][800:].to_list(),
            *second[name].to_list(),
            *first[name][:10].to_list(),
        ]
    assert np.array_equal(events.identity, identify("three", 800, 13 + 1015 + 10))
    assert read_chunk(paths, dataset, 813, 814).pt_1[0] == second.pt_1[0]


def test_only_the_branches_of_the_schema_are_read(vbf: Path) -> None:
    few = replace(VBF, schema=Schema("Events", ("mjj", "pt_1"), ("mjj",)))
    assert read_chunk([vbf], few, 0, 10).fields == ["mjj", "pt_1", "identity"]


def test_ranges_and_files_that_do_not_fit(vbf: Path) -> None:
    with pytest.raises(DataError, match=r"has 1015 events, not \[1000, 1016\)"):
        read_chunk([vbf], VBF, 1000, 1016)
    with pytest.raises(DataError, match="has 1 files, but 2 were given"):
        read_chunk([vbf, vbf], VBF, 0, 10)


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.root does not exist"):
        read_chunk([tmp_path / "none.root"], VBF, 0, 10)


@pytest.mark.parametrize("part", [0.0, 0.00001, 0.001, 0.1, 0.5, 0.9, 0.999, 0.99999])
def test_a_file_cut_short(tmp_path: Path, vbf: Path, part: float) -> None:
    content = vbf.read_bytes()
    (tmp_path / "cut.root").write_bytes(content[: int(part * len(content))])
    with pytest.raises(DataError, match=r"cut\.root is not a ROOT file or is damaged"):
        read_chunk([tmp_path / "cut.root"], VBF, 0, VBF.events)


def test_a_file_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "page.root").write_text("<html>" * 1000)
    with pytest.raises(DataError, match=r"page\.root is not a ROOT file"):
        read_chunk([tmp_path / "page.root"], VBF, 0, 10)


def test_damaged_baskets(tmp_path: Path, vbf: Path) -> None:
    content = bytearray(vbf.read_bytes())
    content[20_000:60_000] = bytes(40_000)
    (tmp_path / "zeros.root").write_bytes(content)
    with pytest.raises(DataError, match=r"zeros\.root is not a ROOT file or is damaged"):
        read_chunk([tmp_path / "zeros.root"], VBF, 0, VBF.events)


def test_a_missing_tree(write: Callable[..., tuple[Path, Dataset]]) -> None:
    path, dataset = write(tree="Other", x=[1.0])
    with pytest.raises(DataError, match=r"some\.root has no tree 'Events'; it holds: Other"):
        read_chunk([path], dataset, 0, 1)


def test_missing_branches(write: Callable[..., tuple[Path, Dataset]]) -> None:
    path, dataset = write(x=[1.0], y=[1.0])
    asked = replace(dataset, schema=Schema("Events", ("x", "mass", "charge")))
    with pytest.raises(DataError, match=r"some\.root: .* has no branch 'mass', 'charge'; it has: x, y"):
        read_chunk([path], asked, 0, 1)


def test_a_wrong_number_of_events(write: Callable[..., tuple[Path, Dataset]]) -> None:
    path, dataset = write(x=[1.0, 2.0, 3.0])
    more = replace(dataset, files=(replace(dataset.files[0], events=4),))
    with pytest.raises(DataError, match=r"some\.root: .* has 3 events, the catalogue says 4"):
        read_chunk([path], more, 0, 2)


def test_a_tree_without_events(write: Callable[..., tuple[Path, Dataset]]) -> None:
    path, dataset = write(x=np.zeros(0))
    more = replace(dataset, files=(replace(dataset.files[0], events=4),))
    with pytest.raises(DataError, match="has 0 events, the catalogue says 4"):
        read_chunk([path], more, 0, 4)
    assert len(read_chunk([path], dataset, 0, 0)) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_values_that_are_not_finite(write: Callable[..., tuple[Path, Dataset]], value: float, kind: type) -> None:
    x: np.ndarray = np.arange(100).astype(kind)
    x[[57, 60]] = value
    path, dataset = write(y=np.zeros(100), x=x)
    with pytest.raises(DataError, match=r"some\.root: the column 'x' is .* in event 57 .* not finite in 2 places"):
        read_chunk([path], dataset, 10, 90)
    assert len(read_chunk([path], dataset, 61, 90)) == 29


def test_large_values_are_finite(write: Callable[..., tuple[Path, Dataset]]) -> None:
    path, dataset = write(x=np.full(1000, np.finfo(np.float32).max, dtype=np.float32), y=np.full(1000, 1e308))
    assert len(read_chunk([path], dataset, 0, 1000)) == 1000


def test_values_of_lists_that_are_not_finite(tmp_path: Path) -> None:
    lists = ak.Array([[1.0, 2.0], [], [3.0, np.nan], [4.0]])
    with uproot.recreate(tmp_path / "lists.root") as content:
        content.mktree("Events", {"x": lists.type.content})
        content["Events"].extend({"x": lists})
    file = SourceFile("lists.root", "", "", None, 4, "")
    dataset = Dataset("lists", "", "measured", (file,), Schema("Events", ("x",)))
    with pytest.raises(DataError, match="the column 'x' is nan in event 2 "):
        read_chunk([tmp_path / "lists.root"], dataset, 1, 4)
    assert read_chunk([tmp_path / "lists.root"], dataset, 3, 4).x.to_list() == [[4.0]]


def test_files_without_a_schema(vbf: Path) -> None:
    with pytest.raises(StudyError, match=f"{VBF.name!r} has files but no schema"):
        read_chunk([vbf], replace(VBF, schema=None), 0, 1)
