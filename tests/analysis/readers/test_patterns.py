from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.errors import StoreError, StudyError
from analysis.provenance.remote.options import Options
from analysis.readers.patterns import expand
from tests.analysis.provenance.remote.folders import Server

NAMES = (
    "run2.root",
    "run10.root",
    "b c.root",
    "deep/run1.root",
    "deep/er/run3.root",
    "deep/er/notes.txt",
    ".run0.root",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(name)
    return tmp_path / "data"


CASES = [
    ("*.root", ["b c.root", "run2.root", "run10.root"]),
    ("run?.root", ["run2.root"]),
    ("run[0-9][0-9].root", ["run10.root"]),
    ("*/*.root", ["deep/run1.root"]),
    ("deep/**/*.root", ["deep/er/run3.root", "deep/run1.root"]),
    ("**/run*.root", ["deep/er/run3.root", "deep/run1.root", "run2.root", "run10.root"]),
    ("deep/**", ["deep/er/notes.txt", "deep/er/run3.root", "deep/run1.root"]),
    (".run*", [".run0.root"]),
    ("run2.root", ["run2.root"]),
]


@pytest.mark.parametrize(("pattern", "expected"), CASES)
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_files_of_this_machine(folder: Path, pattern: str, expected: list[str], scheme: str) -> None:
    found, problems = expand([f"{scheme}{folder}/{pattern}"], Options())
    assert found == [f"{folder}/{name}" for name in expected]
    assert problems == {}


def test_relative_and_own_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder / "deep"))
    (folder / "odd[1].root").touch()
    found, _ = expand(["run10.root", "~/*.root", "./run*.root", "odd[1].root", "../data/deep/run1.root"], Options())
    names = ["run10.root", "deep/run1.root", "run2.root", "odd[1].root"]
    assert found == [f"{folder}/{name}" for name in names]


def test_links(folder: Path) -> None:
    (folder / "deep" / "round").symlink_to(folder)
    # one names it, another one only comes by
    assert expand([f"{folder}/deep/round/run2.root"], Options())[0] == [f"{folder}/deep/round/run2.root"]
    assert expand([f"{folder}/*/round/run2*"], Options())[0] == [f"{folder}/deep/round/run2.root"]
    assert len(expand([f"{folder}/**/*.root"], Options())[0]) == 5


def test_files_of_servers(server: Server, folder: Path) -> None:
    files = server.files()
    for name in NAMES:
        files.upload(folder / name, name)
    for pattern, expected in CASES:
        if "?" in pattern and server.kind == "http":
            continue
        found, problems = expand([f"{server.url}/{pattern}"], server.options)
        shown = [name.replace(" ", "%20") if server.kind == "http" else name for name in expected]
        base = f"{folder}/" if server.kind == "file" else f"{files.url}/"
        assert found == [base.replace(str(folder), str(server.folder)) + name for name in shown]
        assert problems == {}
    with pytest.raises(StudyError, match=r"no file matches .*/deep/\*\.rot") as error:
        expand([f"{server.url}/deep/*.rot"], server.options)
    assert "run1.root" in str(error.value)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("*.rot", r"no file matches '.*\*\.rot'"),
        ("run3.root", r"there is no file '.*run3\.root'; did you mean 'run2\.root'\?"),
        ("depe/*.root", r"no file matches '.*depe/\*\.root'; did you mean 'deep'\?"),
        ("deep/er/*.csv", "the folder 'er' holds: notes.txt, run3.root"),
        ("deep", r"'.*/deep' is a folder"),
    ],
)
def test_what_matches_nothing(folder: Path, pattern: str, message: str) -> None:
    with pytest.raises(StudyError) as error:
        expand([f"{folder}/run2.root", f"{folder}/{pattern}"], Options())
    assert re.search(message, str(error.value))


def test_secrets_are_refused_and_not_repeated() -> None:
    for address in ("sftp://me:geheim@host/x/*.root", "https://host/x.root?token=geheim", "root://a:geheim@h//x.root"):
        with pytest.raises(StoreError, match=r"with a password|no pattern there") as error:
            expand([address], Options())
        assert "geheim" not in str(error.value)


def test_a_question_mark_is_no_pattern_in_addresses_of_http() -> None:
    with pytest.raises(StoreError, match=r"an address of http:// has a '\?', which is no pattern there") as error:
        expand(["http://host/run_0?.root"], Options())
    assert "write * or [0-9] in its place" in error.value.cure


def test_servers_that_cannot_be_asked_stop_no_others(folder: Path) -> None:
    pattern = "http://127.0.0.1:9/x/*.root"
    found, problems = expand([pattern, f"{folder}/run2.root"], Options(attempts=1, timeout=2.0))
    assert found == [f"{folder}/run2.root"]
    assert "cannot be reached" in problems[pattern]
