from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import uproot

from analysis.errors import DataError, StudyError
from analysis.provenance.remote.options import Options
from analysis.readers.describing import describe_files
from analysis.readers.file_description import describe_file, identify, reader_named
from tests.analysis.provenance.remote.folders import Server
from tests.analysis.readers.conftest import Write


def test_a_file_of_this_machine(clustered: Write) -> None:
    path = clustered("a.root")
    found = describe_file(str(path))
    assert found.identity == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert (found.size, found.changed) == (path.stat().st_size, path.stat().st_ctime_ns)
    assert (found.events, found.tree, found.clusters) == (10_000, "Events", 2_000)
    assert found.columns == {f"x{i}": "float32" for i in range(10)}
    assert found.problems == {}
    assert identify(str(path), Options()) == (found.size, "", found.changed)


def test_small_clusters_are_put_together(clustered: Write) -> None:
    found = describe_file(str(clustered("a.root", clusters=30, events=300)))
    assert found.clusters == (0, 1200, 2400, 3600, 4800, 6000, 7200)
    assert describe_file(str(clustered("b.root", clusters=3, events=7))).clusters == 21


def test_a_file_on_a_server(server: Server, clustered: Write) -> None:
    path = clustered("a b.root")
    files = server.files()
    files.upload(path, "data/a b.root")
    address = f"{server.url}/data/{'a%20b' if server.kind == 'http' else 'a b'}.root"
    if server.kind == "file":
        address = str(server.folder) + "/data/a b.root"
    found = describe_file(address, options=server.options)
    local = describe_file(str(path))
    assert (found.address, found.size, found.events) == (address, local.size, local.events)
    assert (found.columns, found.clusters, found.tree) == (local.columns, local.clusters, local.tree)
    if server.kind != "file":
        assert found.identity == files.identity("data/a b.root")[1].text
        assert not found.is_local
    with pytest.raises(DataError, match=r"it is not there|cannot be read"):
        describe_file(address.replace(".root", "_.root"), options=server.options)


@pytest.fixture
def bad(tmp_path: Path, clustered: Write) -> dict[str, str]:
    """Files that cannot be described, and why, by address."""
    folder = tmp_path / "bad"
    folder.mkdir()
    whole = clustered("whole.root").read_bytes()
    (folder / "cut.root").write_bytes(whole[: len(whole) // 2])
    (folder / "text.root").write_text("run,pt\n1,2\n")
    (folder / "empty.root").touch()
    (folder / "notes.txt").write_text("none")
    (folder / "folder.root").mkdir()
    with uproot.recreate(folder / "none.root") as content:
        content.mktree("Events", {"x": "float32"})
    with uproot.recreate(folder / "histogram.root") as content:
        content["h"] = np.histogram([1.0, 2.0])
    with uproot.recreate(folder / "two.root") as content:
        content["a"], content["b"] = {"x": np.ones(3)}, {"x": np.ones(2)}
    (folder / "gone.root").symlink_to(folder / "nowhere")
    reasons = {
        "cut.root": "is not a ROOT file or is damaged",
        "text.root": "is not a ROOT file or is damaged",
        "empty.root": "it is empty",
        "notes.txt": "its name ends with none of root, ",
        "folder.root": "cannot be read",
        "none.root": "it has no events in the tree 'Events'",
        "histogram.root": "has no tree of events",
        "two.root": "has 2 trees: a, b",
        "gone.root": "No such file",
    }
    return {str(folder / name): reason for name, reason in reasons.items()}


def test_bad_files_stop_no_others(clustered: Write, bad: dict[str, str]) -> None:
    good = [str(clustered(f"{number}.root", number, events=10)) for number in range(12)]
    seen = []
    listed = [*good[:6], *bad, *good[6:]]
    found, problems = describe_files(listed, done=lambda one, new: seen.append((one, new)))
    assert [one.address for one in found] == good
    assert list(problems) == list(bad)
    for address, reason in bad.items():
        assert reason in problems[address], address
    assert len(seen) == len(listed)
    assert sum(new for _, new in seen) == len(good)


def test_a_tree_that_is_named(bad: dict[str, str]) -> None:
    two = next(address for address in bad if address.endswith("two.root"))
    assert describe_file(two, tree="b").events == 2
    with pytest.raises(DataError, match="has no tree 'c'"):
        describe_file(two, tree="c")


def test_what_is_known_and_still_true_is_not_read(clustered: Write) -> None:
    address = str(clustered("a.root", events=10))
    (first,), _ = describe_files([address])
    told = []
    found, _ = describe_files([address], known=lambda one: first, done=lambda one, new: told.append(new))
    assert found == [first]
    assert told == [False]


def test_a_server_that_does_not_answer_is_asked_once() -> None:
    listed = [f"http://127.0.0.1:9/x/{number}.root" for number in range(200)]
    # each would wait for half a second, eight of them at a time
    found, problems = describe_files(listed, options=Options(attempts=2, wait=0.5, timeout=2.0))
    assert found == []
    assert list(problems) == listed
    assert len(set(problems.values())) <= 8


READER = """
import numpy as np
from analysis.errors import DataError


def read(file, start, stop):
    numbers = np.frombuffer(file.read(), "<f8")
    return {"x": numbers[start:stop], "n": np.arange(len(numbers), dtype=np.int16)[start:stop]}


def fail(file):
    raise ValueError("no such thing")


def nothing(file):
    return 3


def uneven(file):
    return {"x": np.ones(3), "y": np.ones(4)}
"""
DESCRIBE = """

from analysis.readers.description import Description


def describe(file, tree):
    return Description(7, {"x": "float64", "odd": "complex128"}, tree=tree)
"""


def test_a_reader_of_a_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reads_raw.py").write_text(READER)
    (tmp_path / "describes_raw.py").write_text(READER + DESCRIBE)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "a.raw").write_bytes(np.arange(5.0).tobytes())
    address = str(tmp_path / "a.raw")
    counted = describe_file(address, read=reader_named("reads_raw:read"))
    assert (counted.events, counted.columns, counted.clusters) == (5, {"x": "float64", "n": "int16"}, ())
    asked = describe_file(address, tree="t", read=reader_named("describes_raw:read"))
    assert (asked.events, asked.columns, asked.tree) == (7, {"x": "float64"}, "t")
    assert asked.problems == {"odd": "type complex128"}
    for name, message in (
        ("fail", "ValueError: no such thing"),
        ("nothing", "returns a int, not columns by name"),
        ("uneven", "columns of 3, 4 events"),
    ):
        _, problems = describe_files([address], read=reader_named(f"reads_raw:{name}"))
        assert message in problems[address]
    assert reader_named("") is None
    with pytest.raises(StudyError, match="has no function 'raed'"):
        reader_named("reads_raw:raed")


def test_a_file_that_changes_while_it_is_read(clustered: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    import analysis.readers.file_description as module

    path = clustered("a.root", events=10)
    other = clustered("b.root", events=20)
    digest = module.sha256_of

    def meanwhile(file: Path) -> str:
        shutil.copy(other, path)
        return digest(file)

    monkeypatch.setattr(module, "sha256_of", meanwhile)
    with pytest.raises(DataError, match="changes while it is read"):
        describe_file(str(path))
