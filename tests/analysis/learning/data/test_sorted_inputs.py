from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError, StoreError, TrainingError
from analysis.events.identity import fold_of
from analysis.learning.data.sorted_inputs import sort_inputs, sort_input_files
from analysis.learning.data.inputs import TrainingInputs

CHILD = Path(__file__).with_name("sort_until.py")


@pytest.fixture(scope="module")
def events(pulses):
    """A few hundred events, a tenth of them not trainable."""
    inputs = pulses(600)
    return dataclasses.replace(inputs, trainable=np.arange(600) % 10 != 0)


@pytest.fixture(scope="module")
def datasets(events, tmp_path_factory):
    """The same events as files of two data sets, one of which comes in two parts."""
    return cut(events, tmp_path_factory.mktemp("folded"), {"light": (0, 250, 300), "heavy": (300, 600)})


def cut(inputs: TrainingInputs, folder: Path, edges: dict[str, tuple[int, ...]]) -> dict[str, list[Path]]:
    """Files of consecutive events."""
    datasets = {}
    for name, some in edges.items():
        datasets[name] = [folder / f"{name}{start}.safetensors" for start in some[:-1]]
        for path, (start, stop) in zip(datasets[name], pairwise(some), strict=True):
            inputs.select(np.arange(start, stop)).save(path)
    return datasets


def arrange_in_child(
    folder: Path, memory: int, kind: str, limit: int | str, paths: list[Path]
) -> subprocess.CompletedProcess:
    command = [sys.executable, str(CHILD), str(folder), str(memory), kind, str(limit), *map(str, paths)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def assert_same(one, other):
    assert one.digest == other.digest
    assert one.layout == other.layout
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        assert array.dtype == other.arrays[name].dtype
        assert np.array_equal(array, other.arrays[name])


def test_trainable_events_in_the_order_of_their_identity(events):
    arranged = sort_inputs([events])
    rows = np.argsort(events.identity)
    rows = rows[events.trainable[rows]]
    assert len(arranged) == len(rows) == 540
    assert not arranged.mapped
    expected = events.select(rows).arrays()
    assert arranged.arrays.keys() == {name for name in expected if name != "trainable" and "spectators" not in name}
    for name, array in arranged.arrays.items():
        assert array.dtype == expected[name].dtype
        assert np.array_equal(array, expected[name])


@pytest.mark.parametrize("memory", [10**9, 100_000, 10_000, 100])
def test_files_give_the_same_whatever_the_memory(events, datasets, memory, tmp_path):
    arranged = sort_input_files(datasets, tmp_path / "work", memory)
    assert arranged.mapped == (memory < 540 * 300)
    assert_same(arranged, sort_inputs([events]))
    assert (tmp_path / "work").exists() == arranged.mapped


def test_the_order_and_the_chunks_of_the_parts_change_nothing(events, tmp_path):
    whole = sort_inputs([events])
    turned = events.select(np.arange(600)[::-1])
    parts = [turned.select(np.arange(start, stop)) for start, stop in ((0, 1), (1, 1), (1, 400), (400, 600))]
    assert_same(sort_inputs(parts), whole)
    assert_same(sort_input_files(cut(turned, tmp_path, {"all": (0, 17, 18, 600)}), tmp_path, 1000), whole)


def test_the_digest_depends_on_content_and_names(events):
    weight = events.weight.copy()
    weight[1] += 1
    stations = dataclasses.replace(events.features["stations"], names=("noise", "other"))
    others = [
        dataclasses.replace(events, weight=weight),
        dataclasses.replace(events, classes=("a", "b")),
        dataclasses.replace(events, features={**events.features, "stations": stations}),
        dataclasses.replace(events, trainable=np.ones(600, bool)),
    ]
    assert len({sort_inputs([inputs]).digest for inputs in (events, *others)}) == 5
    # what networks do not see
    assert sort_inputs([dataclasses.replace(events, spectators={})]).digest == sort_inputs([events]).digest


@pytest.mark.parametrize("memory", [10**9, 10_000])
@pytest.mark.parametrize("folds", [3, 5, 7, 64])
def test_each_fold_is_one_range(datasets, memory, folds, tmp_path):
    arranged = sort_input_files(datasets, tmp_path, memory)
    fold, starts = fold_of(np.array(arranged.arrays["identity"]), folds), arranged.fold_starts(folds)
    assert starts.shape == (folds + 1,)
    assert starts.dtype == np.int64
    assert np.array_equal(np.repeat(np.arange(folds), np.diff(starts)), fold)


def test_folds_begin_at_their_smallest_identity(events):
    for folds in (3, 5, 6):
        # the last identity of one fold and the first of the next one, with all that lies between
        edges = [-(-(fold << 32) // folds) << 32 for fold in range(1, folds)]
        identity = np.array(sorted({0, 2**64 - 1, *edges, *(edge - 1 for edge in edges)}), np.uint64)
        some = dataclasses.replace(
            events.select(np.arange(len(identity))), identity=identity, trainable=np.ones(len(identity), bool)
        )
        assert np.array_equal(
            np.repeat(np.arange(folds), np.diff(sort_inputs([some]).fold_starts(folds))), fold_of(identity, folds)
        )


@pytest.mark.parametrize("memory", [10**9, 10_000])
def test_selected_events_are_in_memory(events, datasets, memory, tmp_path):
    arranged = sort_input_files(datasets, tmp_path, memory)
    rows = np.array([3, 500, 0])
    selected = arranged.select(rows)
    order = np.argsort(events.identity)
    expected = dataclasses.replace(events.select(order[events.trainable[order]][rows]), spectators={})
    assert selected.digest() == expected.digest()
    assert not any(isinstance(array.base, np.memmap) for array in selected.arrays().values())
    assert len(arranged.select(slice(5, 9))) == 4


def test_mapped_arrays_cannot_be_changed(datasets, tmp_path):
    arranged = sort_input_files(datasets, tmp_path, 10_000)
    with pytest.raises(ValueError, match="read-only"):
        arranged.arrays["weight"][0] = 1


def test_what_is_there_serves_again(datasets, tmp_path):
    first = sort_input_files(datasets, tmp_path / "work", 10_000)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("*")}
    # other memory and another order of the files are no other events
    again = sort_input_files(dict(reversed(datasets.items())), tmp_path / "work", 20_000)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("*")} == before
    assert_same(first, again)


def test_other_files_are_arranged_anew(events, datasets, tmp_path):
    first = sort_input_files(datasets, tmp_path / "work", 10_000)
    (tmp_path / "folded").mkdir()
    other = cut(dataclasses.replace(events, weight=events.weight + 1), tmp_path / "folded", {"light": (0, 300, 600)})
    second = sort_input_files(other, tmp_path / "work", 10_000)
    assert np.array_equal(second.arrays["weight"], first.arrays["weight"] + 1)
    assert len(list((tmp_path / "work").iterdir())) == 2
    assert_same(sort_input_files(datasets, tmp_path / "work", 10_000), first)


@pytest.mark.parametrize("damage", ["shorten", "remove", "description"])
def test_damaged_files_are_made_again(datasets, damage, tmp_path):
    first = sort_input_files(datasets, tmp_path, 10_000)
    expected = {name: np.array(array) for name, array in first.arrays.items()}
    (folder,) = tmp_path.iterdir()
    path = folder / "features.traces.values.npy"
    if damage == "shorten":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "remove":
        path.unlink()
    else:
        (folder / "arranged.json").write_text("{")
    again = sort_input_files(datasets, tmp_path, 10_000)
    assert again.digest == first.digest
    assert all(np.array_equal(array, expected[name]) for name, array in again.arrays.items())
    assert list(tmp_path.iterdir()) == [folder]


def test_files_hold_nothing_of_the_way_they_were_made(datasets, tmp_path):
    for name, memory in (("one", 50_000), ("two", 500)):
        sort_input_files(datasets, tmp_path / name, memory)
    one, two = (sorted((tmp_path / name).rglob("*.*")) for name in ("one", "two"))
    assert len(one) == len(two) == 11
    assert all(first.read_bytes() == second.read_bytes() for first, second in zip(one, two, strict=True))


@pytest.mark.parametrize("opened", ["bucket0", "bucket30", "weight.npy", "arranged.json"])
def test_a_killed_process_leaves_nothing_that_counts(datasets, opened, tmp_path):
    paths = [path for some in datasets.values() for path in some]
    killed = arrange_in_child(tmp_path, 40_000, "kill", opened, paths)
    assert killed.returncode == -9, killed.stderr
    left = [path.name for path in tmp_path.iterdir()]
    assert len(left) == 1
    assert left[0].startswith(".")
    arranged = sort_input_files(datasets, tmp_path, 40_000)
    assert_same(arranged, sort_input_files(datasets, tmp_path / "elsewhere", 10**9))
    # what the killed one left is gone
    left = [path.name for path in tmp_path.iterdir() if path.name != "elsewhere"]
    assert len(left) == 1
    assert left[0].startswith("arranged-")


def test_files_of_a_living_process_stay(datasets, tmp_path):
    sort_input_files(datasets, tmp_path, 10_000)
    (folder,) = tmp_path.iterdir()
    left = {pid: tmp_path / f".{folder.name}.{os.uname().nodename}.{pid}.part" for pid in (os.getppid(), os.getpid())}
    elsewhere = tmp_path / f".{folder.name}.another-machine.1.part"
    for path in (*left.values(), elsewhere):
        path.mkdir()
    shutil.rmtree(folder)
    sort_input_files(datasets, tmp_path, 10_000)
    assert set(tmp_path.iterdir()) == {folder, left[os.getppid()], elsewhere}


@pytest.mark.long
def test_memory_stays_bounded(pulses, tmp_path):
    bound, events = 6_000_000, pulses(200_000)
    # one file alone is larger than the bound
    edges = (0, 80_000, *range(110_000, 200_001, 15_000))
    paths = cut(events, tmp_path, {"pulses": edges})["pulses"]
    whole = sort_inputs([events])
    assert whole.nbytes > 10 * bound
    result = arrange_in_child(tmp_path / "work", bound, "memory", bound, paths)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["mapped"]
    # what Python and NumPy need anyway is about as much again
    assert found["held"] < 2 * bound
    assert found["digest"] == whole.digest
    assert_same(sort_input_files({"pulses": paths}, tmp_path / "work", bound), whole)
    # the limit is one: the same events do not fit under it
    failed = arrange_in_child(tmp_path / "other", 10**9, "memory", bound, paths)
    assert failed.returncode == 1
    assert "MemoryError" in failed.stderr


def test_a_file_that_cannot_grow_leaves_nothing(datasets, tmp_path):
    paths = [path for some in datasets.values() for path in some]
    for limit in (1_000, 50_000):  # in a bucket, in a sorted file
        result = arrange_in_child(tmp_path, 40_000, "size", limit, paths)
        found = json.loads(result.stdout)
        assert found["kind"] == "StoreError"
        assert str(tmp_path) in found["error"]
        assert "File too large" in found["error"]
        assert list(tmp_path.iterdir()) == []


def test_too_little_space_is_known_before_anything_is_written(events, tmp_path):
    # a file that claims more events than there is space for; what it does not say takes no space
    free = shutil.disk_usage(tmp_path).free
    some = events.select(np.arange(8)).arrays()
    number = 2 * free // 1_000_000_000 + 8
    kinds = {
        np.dtype(np.float16): "F16",
        np.dtype(np.float32): "F32",
        np.dtype(np.float64): "F64",
        np.dtype(np.int32): "I32",
        np.dtype(np.uint64): "U64",
        np.dtype(np.bool_): "BOOL",
    }
    layout = events.layout.to_json()
    layout["features"]["traces"] |= {"shape": [5, 100_000_000], "present": [5]}
    described = {"format": "erumflow training inputs 2", "layout": layout, "spectators": ["seen"]}
    header: dict[str, Any] = {"__metadata__": {"inputs": json.dumps(described)}}
    start, places = 0, {}
    for name, array in sorted(some.items(), key=lambda item: (-item[1].itemsize, item[0])):
        shape = [number, 5, 100_000_000] if name == "features.traces.values" else [number, *array.shape[1:]]
        stop = start + int(np.prod(shape, dtype=int)) * array.itemsize
        header[name], places[name], start = (
            {"dtype": kinds[array.dtype], "shape": shape, "data_offsets": [start, stop]},
            start,
            stop,
        )
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    path = tmp_path / "many.safetensors"
    with path.open("wb") as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        for name, content in (("identity", np.arange(number, dtype=np.uint64)), ("trainable", np.ones(number, bool))):
            file.seek(8 + len(encoded) + places[name])
            file.write(content.tobytes())
        file.truncate(8 + len(encoded) + start)
    with pytest.raises(StoreError, match=r"has .* GB of space left, but .* GB are needed") as error:
        sort_input_files({"many": [path]}, tmp_path / "work", 1_000_000)
    assert "more memory" in error.value.cure
    assert list((tmp_path / "work").iterdir()) == []


def test_a_folder_that_cannot_be_made(datasets, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be put in order in .*file"):
        sort_input_files(datasets, tmp_path / "file", 10_000)


@pytest.mark.parametrize("memory", [10**9, 10_000])
def test_events_that_are_there_twice(events, memory, tmp_path):
    first = events.select(np.arange(400))
    again = events.select(np.arange(200, 250))
    message = "45 events are there more than once, the first with identity "
    repeated = np.sort(again.identity[again.trainable])[0]
    with pytest.raises(DataError, match=f"{message}{repeated}"):
        sort_inputs([first, again])
    for number, part in enumerate((first, again)):
        part.save(tmp_path / f"{number}.safetensors")
    paths = [tmp_path / f"{number}.safetensors" for number in range(2)]
    with pytest.raises(DataError, match=f"{message}{repeated}"):
        sort_input_files({"all": paths}, tmp_path / "work", memory)
    assert not list(tmp_path.glob("work/*"))


def test_a_data_set_without_trainable_events(events, datasets, tmp_path):
    none = dataclasses.replace(events.select(np.arange(10)), trainable=np.zeros(10, bool))
    none.save(tmp_path / "none.safetensors")
    with pytest.raises(DataError, match=r"no event of the data set 'other' passes the training selection \(20 events"):
        sort_input_files({**datasets, "other": [tmp_path / "none.safetensors"] * 2}, tmp_path, 10**9)
    with pytest.raises(DataError, match=r"no event of the data set 'other' passes the training selection \(0 events"):
        sort_input_files({**datasets, "other": []}, tmp_path, 10**9)
    with pytest.raises(TrainingError, match="no trainable event"):
        sort_inputs([none])
    with pytest.raises(TrainingError, match="no trainable event"):
        sort_input_files({}, tmp_path, 10**9)


def test_parts_that_do_not_fit_together(events, datasets, gaussians, tmp_path):
    other = gaussians(10)
    other.save(tmp_path / "other.safetensors")
    with pytest.raises(DataError, match="different features"):
        sort_inputs([events, other])
    with pytest.raises(DataError, match="different features"):
        sort_input_files({**datasets, "other": [tmp_path / "other.safetensors"]}, tmp_path, 10**9)
    with pytest.raises(DataError, match="no training inputs"):
        sort_inputs([])


@pytest.mark.parametrize("memory", [10**9, 10_000])
def test_damaged_input_files_are_named(datasets, memory, tmp_path):
    path = tmp_path / "bad.safetensors"
    with pytest.raises(DataError, match=r"there is no file .*bad\.safetensors"):
        sort_input_files({**datasets, "bad": [path]}, tmp_path / "work", memory)
    inputs = TrainingInputs.load(datasets["heavy"][0])
    inputs.weight[7] = np.nan  # in a file that is whole
    inputs.save(path)
    with pytest.raises(DataError, match=rf"weight of event .* .identity {inputs.identity[7]}. is nan"):
        sort_input_files({"light": datasets["light"], "bad": [path]}, tmp_path / "work", memory)
    assert not list(tmp_path.glob("work/*"))


def test_identities_that_are_no_hashes(events, tmp_path):
    numbered = dataclasses.replace(events, identity=np.arange(600, dtype=np.uint64))
    datasets = cut(numbered, tmp_path, {"all": (0, 600)})
    assert_same(sort_input_files(datasets, tmp_path / "work", 1000), sort_inputs([numbered]))
