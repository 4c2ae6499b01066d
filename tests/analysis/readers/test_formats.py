"""The same columns from files of all formats give the same records."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError, StoreError, StudyError
from analysis.events.parquet import read_events, write_events
from analysis.readers.chunks import read_chunk
from analysis.readers.data_file import DataFile
from analysis.readers.description import Description
from analysis.step import Step
from analysis.study import Column, Dataset
from tests.analysis.readers.writing import EVENTS, FLAT, JAGGED, MISSING, dataset_of, flat_columns, jagged_columns

TYPES = {name: name if name != "lacking" else "float32" for name in flat_columns()}
LISTS = {"pt": "var * float32", "charge": "var * int16", "energy": "var * float64"}
# text has no types
TYPED = [name for name in FLAT if "csv" not in name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    for name, (_, write) in FLAT.items():
        write(folder / name, flat_columns())
    (folder / "lists").mkdir()
    for name in JAGGED:
        FLAT[name][1](folder / "lists" / name, jagged_columns())
    return folder


def _dataset(name: str, types: dict[str, str], *, typed: bool) -> Dataset:
    columns = tuple(Column(one, types[one] if typed else "") for one in types)
    missing = tuple(one for one in ("lacking", "energy") if one in types)
    return dataset_of(name, tree=FLAT[name][0], columns=columns, missing=missing)


def _bytes(events: ak.Array, folder: Path) -> bytes:
    write_events(events, folder / "events.parquet")
    return (folder / "events.parquet").read_bytes()


@pytest.fixture(scope="module")
def flat_record(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the columns give without any reader."""
    from analysis.events.identity import identify

    columns = {name: ak.from_numpy(array) for name, array in flat_columns().items()}
    columns["lacking"] = ak.mask(columns["lacking"], columns["lacking"] != MISSING)
    columns["identity"] = ak.from_numpy(identify("some", 0, EVENTS))
    return _bytes(ak.zip(columns, depth_limit=1), tmp_path_factory.mktemp("record"))


@pytest.mark.parametrize("typed", [True, False], ids=["declared", "as in the file"])
@pytest.mark.parametrize("name", FLAT)
def test_flat_columns_give_the_same_bytes(folder: Path, flat_record: bytes, tmp_path: Path, name: str, typed: bool):
    if not typed and name not in TYPED:
        return
    dataset = _dataset(name, TYPES, typed=typed)
    whole = read_chunk([folder / name], dataset, 0, EVENTS)
    assert _bytes(whole, tmp_path) == flat_record
    edges = [0, 1, 70, 121, 121, 299, EVENTS]
    parts = [read_chunk([folder / name], dataset, *pair) for pair in itertools.pairwise(edges)]
    assert {str(part.type.content) for part in parts} == {str(whole.type.content)}
    assert _bytes(ak.concatenate(parts), tmp_path) == flat_record


@pytest.mark.parametrize("typed", [True, False], ids=["declared", "as in the file"])
@pytest.mark.parametrize("name", JAGGED)
def test_lists_give_the_same_bytes(folder: Path, tmp_path: Path, name: str, typed: bool):
    reference = _dataset("tree.root", LISTS, typed=True)
    record = _bytes(read_chunk([folder / "lists" / "tree.root"], reference, 0, EVENTS), tmp_path)
    dataset = _dataset(name, LISTS, typed=typed)
    whole = read_chunk([folder / "lists" / name], dataset, 0, EVENTS)
    assert str(whole.type.content) == (
        "{pt: var * float32, charge: var * int16, energy: var * ?float64, identity: uint64}"
    )
    written = jagged_columns()
    assert whole.pt.to_list() == written["pt"].to_list()
    assert ak.fill_none(whole.energy, MISSING).to_list() == written["energy"].to_list()
    assert _bytes(whole, tmp_path) == record
    assert read_events(tmp_path / "events.parquet").to_list() == whole.to_list()
    parts = [
        read_chunk([folder / "lists" / name], dataset, *pair) for pair in itertools.pairwise([0, 2, 200, 201, 300])
    ]
    assert {str(part.type.content) for part in parts} == {str(whole.type.content)}
    assert _bytes(ak.concatenate(parts), tmp_path) == record


@pytest.mark.parametrize("name", FLAT)
def test_files_are_described(folder: Path, name: str):
    found = _describe(folder / name, "")
    assert (found.events, dict(found.problems), found.others) == (EVENTS, {}, ())
    assert found.tree == ("EVENTS" if "fits" in name else FLAT[name][0])
    # numbers in text are of the narrowest of the types that all fit
    text = {f"{sign}int{bits}": "int64" for sign in ("", "u") for bits in (8, 16, 32)} | {"float32": "float64"}
    text |= {"lacking": "float64"}
    expected = TYPES if name in TYPED else {one: text.get(one, kind) for one, kind in TYPES.items()}
    assert {one: found.columns[one] for one in TYPES} == expected
    clusters = {"tree.root": [0, 200], "some.parquet": [0, 120, 240], "some.h5": [0, 70, 140, 210, 280]}
    assert list(found.clusters) == clusters.get(name, [0] if name == "ntuple.root" else [])


@pytest.mark.parametrize("name", JAGGED)
def test_lists_are_described(folder: Path, name: str):
    assert dict(_describe(folder / "lists" / name, "").columns).items() >= LISTS.items()


def _describe(path: Path, tree: str) -> Description:
    from analysis.readers.choice import ENDINGS, suffix_of

    step = Step(f"analysis.readers.{ENDINGS[suffix_of(path.name)]}:describe")
    file = DataFile.local(path)
    try:
        found: Any = step.load()(file, tree)
    finally:
        file.close()
    return found


@pytest.mark.parametrize("name", FLAT)
def test_columns_that_are_not_there(folder: Path, name: str):
    dataset = dataset_of(name, tree=FLAT[name][0], columns=(Column("float46", "float64"),))
    with pytest.raises(
        DataError, match=r"has no (branch|column) 'float46'; did you mean 'float64'\?; it has: "
    ) as caught:
        read_chunk([folder / name], dataset, 0, EVENTS)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", FLAT)
def test_numbers_of_events_that_differ(folder: Path, name: str):
    dataset = dataset_of(name, tree=FLAT[name][0], columns=(Column("int8", "int8"),), events=EVENTS + 1)
    with pytest.raises(DataError, match=f"has {EVENTS} events, the catalogue says {EVENTS + 1}"):
        read_chunk([folder / name], dataset, 250, EVENTS + 1)


@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize("damage", ["cut", "empty", "foreign"])
def test_damaged_files(folder: Path, tmp_path: Path, name: str, damage: str):
    content = (folder / name).read_bytes()
    half = {"cut": content[: len(content) // 2], "empty": b"", "foreign": b"\x89PNG\r\n" + bytes(range(256)) * 20}[
        damage
    ]
    path = tmp_path / name
    path.write_bytes(half)
    dataset = _dataset(name, TYPES, typed=True)
    with pytest.raises(DataError, match=f"{name}.*(is not an? .* or is damaged|row|is no text)") as caught:
        read_chunk([path], dataset, 0, EVENTS)
    assert "cure: " in str(caught.value)
    # half of a text is one
    if not (name == "some.csv" and damage == "cut"):
        with pytest.raises(DataError, match=name) as caught:
            _describe(path, "")


@pytest.mark.parametrize("name", [name for name in FLAT if not FLAT[name][0] and "fits" not in name])
def test_a_tree_where_there_is_none(folder: Path, name: str):
    dataset = dataset_of(name, tree="Events", columns=(Column("int8", "int8"),))
    with pytest.raises(StudyError, match=f"{name}: the tree 'Events' is asked for, but .* holds one table"):
        read_chunk([folder / name], dataset, 0, EVENTS)


@pytest.mark.parametrize("name", [name for name in FLAT if name in TYPED and "npy" not in name and "gz" not in name])
def test_only_what_is_needed_is_read(tmp_path: Path, name: str):
    random = np.random.default_rng(1)
    write = FLAT[name][1]
    names = [f"x{number}" for number in range(8)]
    write(tmp_path / name, {one: random.normal(size=50_000) for one in names})
    file = DataFile.local(tmp_path / name)
    read = dataset_of(name, tree=FLAT[name][0], columns=("x3",)).reader.load()
    dataset = dataset_of(name, tree=FLAT[name][0], columns=("x3",), events=50_000)
    read(file, dataset.schema, 0, 50_000, 50_000)
    used = file.bytes_read
    file.close()
    # rows lie together in tables
    share = 1.05 if name in ("some.fits", "table.hdf5") else 0.25
    assert used < share * file.size


@pytest.mark.parametrize("name", FLAT)
def test_a_standard_reader_needs_a_schema(folder: Path, name: str):
    dataset = _dataset(name, TYPES, typed=True)
    with pytest.raises(StudyError, match=f"{name} is read without a schema"):
        read_chunk([folder / name], replace(dataset, schema=None, read=dataset.reader), 0, EVENTS)


class _Server:
    """A server that answers so many times."""

    def __init__(self, content: bytes, answers: int) -> None:
        self._content, self._answers = content, answers

    def ranges(self, wanted: Any) -> list[bytes]:
        self._answers -= 1
        if self._answers < 0:
            raise StoreError("the server is away", cure="wait")
        return [self._content[start:stop] for start, stop in wanted]

    def close(self) -> None:
        pass


@pytest.mark.parametrize("name", FLAT)
def test_a_server_that_goes_away_is_told_as_such(folder: Path, name: str):
    content = (folder / name).read_bytes()
    dataset = _dataset(name, TYPES, typed=True)
    read = dataset.reader.load()
    for answers in range(100):
        file = DataFile(name, len(content), _Server(content, answers))
        try:
            found = read(file, dataset.schema, 0, EVENTS, EVENTS)
        except StoreError:
            continue
        break
    # what arrives in between is not taken for the whole
    assert answers > 0
    assert np.array_equal(ak.to_numpy(found["int8"]), flat_columns()["int8"])
