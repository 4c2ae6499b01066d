"""Checking, unpacking and running again, step by step."""

from __future__ import annotations

import configparser
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import PreservationError
from analysis.preservation import archive, rerunning
from analysis.preservation.description import FILE, Description
from analysis.preservation.rerunning import Settings, checked, folder_for, rerun, unpacked
from analysis.preservation.surroundings import wheels_variables

from .rerunnable import DATA, edited, made


@pytest.fixture
def capsule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ERUMFLOW_MIRROR", raising=False)
    return made(tmp_path)


def rewritten(capsule: Path, change: dict[str, bytes | None], *, said: bool) -> None:
    """Members put into a capsule, or taken out; ``said``: as its description says."""
    members: dict[str, bytes | Path] = {name: archive.read(capsule, name) for name in archive.digests(capsule)}
    for name, content in change.items():
        members.pop(name, None)
        if content is not None:
            members[name] = content
    archive.write(capsule, members)
    if said:
        # any change of another member writes the description anew
        edited(capsule, "source/setup.sh", lambda text: text + b"\n")


def test_folders_are_named_after_the_file() -> None:
    assert folder_for(Path("/a/b/airshower.capsule.zip")) == Path("airshower-rerun")
    assert folder_for(Path("x.zip")) == Path("x-rerun")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"source/more.py": b""}, "source/more.py does not belong there"),
        ({"source/setup.sh": None}, "source/setup.sh is missing"),
        ({"source/setup.sh": b"evil\n"}, "source/setup.sh has been changed"),
        ({FILE: None}, f"has no {FILE}"),
        ({FILE: b"{}"}, "does not describe a capsule"),
    ],
)
def test_members_are_those_of_the_description(capsule: Path, change: dict[str, bytes | None], problem: str) -> None:
    checked(capsule)
    rewritten(capsule, change, said=False)
    with pytest.raises(PreservationError, match=problem):
        checked(capsule)


def test_unpacking_is_whole_or_not_at_all(capsule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description, folder = checked(capsule), tmp_path / "to" / "folder"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(archive, "_copy", killed)
        with pytest.raises(KeyboardInterrupt):
            unpacked(capsule, description, folder)
    assert list(folder.parent.iterdir()) == []
    assert not unpacked(capsule, description, folder)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        *description.members,
        FILE,
    }
    assert unpacked(capsule, description, folder)
    (folder / "source" / "study.txt").unlink()
    with pytest.raises(PreservationError, match=r"source/study\.txt is missing"):
        unpacked(capsule, description, folder)
    with pytest.raises(PreservationError, match="cannot be made"):
        unpacked(capsule, description, capsule)


def run(capsule: Path, folder: Path, **settings: object) -> dict:
    """Run again; returns what the study saw."""
    unpacked(capsule, checked(capsule), folder)
    description = Description.from_json((folder / FILE).read_bytes())
    store = rerun(description, replace(Settings(folder), **settings), lambda text: None)  # type: ignore[arg-type]
    return json.loads((store / "seen.json").read_text())


def test_wheels_inside_are_the_only_ones(capsule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://packages.example.org")
    monkeypatch.setenv("UV_INDEX", "https://packages.example.org")
    rewritten(capsule, {"wheels/pip-1.0-py3-none-any.whl": b"pip"}, said=True)
    folder = tmp_path / "to, here"
    seen = run(capsule, folder)["environment"]
    assert wheels_variables(folder / "wheels").items() <= seen.items()
    assert "packages.example.org" not in str(seen)
    assert seen["PIP_FIND_LINKS"].endswith("/to%2C%20here/wheels")
    assert seen["ERUMFLOW_PIP"] == str(folder / "wheels" / "pip-1.0-py3-none-any.whl")
    assert seen["ERUMFLOW_PYTHON"] == sys.executable


def test_wheels_of_another_python_ask_for_it(capsule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    rewritten(capsule, {"wheels/x.whl": b"x", "environment/pip-2.0-py3-none-any.whl": b"pip"}, said=True)
    folder = tmp_path / "to"
    unpacked(capsule, checked(capsule), folder)
    other = replace(checked(capsule), python="3.99.1")
    with pytest.raises(PreservationError, match=r"for Python 3\.99") as caught:
        rerun(other, Settings(folder), lambda text: None)
    assert "install Python 3.99" in caught.value.cure
    python = programs / "python3.99"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    store = rerun(other, Settings(folder), lambda text: None)
    seen = json.loads((store / "seen.json").read_text())["environment"]
    assert seen["ERUMFLOW_PYTHON"] == str(python)
    assert seen["ERUMFLOW_PIP"].endswith("/environment/pip-2.0-py3-none-any.whl")


def test_jax_runs_on_what_the_lock_is_for(capsule: Path, tmp_path: Path) -> None:
    folder = tmp_path / "to"
    unpacked(capsule, checked(capsule), folder)
    for lock, expected in (("requirements.lock", "cpu"), ("requirements-cuda13.lock", "cuda13")):
        description = replace(checked(capsule), lock=lock)
        store = rerun(description, Settings(folder), lambda text: None)
        assert json.loads((store / "seen.json").read_text())["environment"]["ERUMFLOW_JAX"] == expected


def test_records_inside_need_no_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    capsule = made(tmp_path, data=False)
    (tmp_path / "mirror" / "tiny").mkdir(parents=True)
    said: list[str] = []
    rewritten(capsule, {"store/tiny/begin": b"1"}, said=True)
    folder = tmp_path / "to"
    unpacked(capsule, checked(capsule), folder)
    # this study reads its input nevertheless: nobody looked for it before, so it is the study that fails
    with pytest.raises(PreservationError, match="did not come to its end"):
        rerun(checked(capsule), Settings(folder, mirrors=(tmp_path / "mirror",)), said.append)
    assert [text.partition(":")[0] for text in said] == [
        "making the environment from the lock",
        "running from the records inside",
    ]
    (tmp_path / "mirror" / "tiny" / "events.txt").write_bytes(DATA)
    assert rerun(checked(capsule), Settings(folder, mirrors=(tmp_path / "mirror",)), said.append) == folder / "store"


def test_sites_of_whoever_runs_it_lie_beside_the_capsules_settings(capsule: Path, tmp_path: Path) -> None:
    mine, folder = tmp_path / "mine.cfg", tmp_path / "to"
    mine.write_text(
        "[store]\nroot: elsewhere\n[site_mine]\nprepare:\n    module load python\n    ulimit -v 5\n[studies]\nx\n"
    )
    run(capsule, folder, settings=mine)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(folder / "source" / "law_rerun.cfg")
    assert {name: dict(parser[name]) for name in parser.sections()} == {
        "site_mine": {"prepare": "\nmodule load python\nulimit -v 5"}
    }
    # going on without them
    run(capsule, folder)
    assert (folder / "source" / "law_rerun.cfg").read_text().strip() == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [(None, "there is no file"), ("no settings", "cannot be read"), ("[store]\nroot: x\n", "describes no site")],
)
def test_settings_that_describe_no_site_are_refused(
    capsule: Path, tmp_path: Path, text: str | None, problem: str
) -> None:
    mine = tmp_path / "mine.cfg"
    if text is not None:
        mine.write_text(text)
    with pytest.raises(PreservationError, match=problem):
        run(capsule, tmp_path / "to", settings=mine)


def test_a_disk_that_is_too_full_is_told_before_anything_is_made(
    capsule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerunning, "ROOM", 10**18)
    with pytest.raises(PreservationError, match=r"has [\d.]+ GB free, and a rerun takes about") as caught:
        run(capsule, tmp_path / "to")
    assert "--folder" in caught.value.cure
    assert not (tmp_path / "to" / "store").exists()


def mirrors_seen(store: Path) -> str:
    """The folders with copies that the graph was told."""
    told: str = json.loads((store / "seen.json").read_text())["environment"]["ERUMFLOW_MIRROR"]
    return told


def test_copies_are_looked_for_in_the_capsule_and_in_folders_of_whoever_runs_it(capsule: Path, tmp_path: Path) -> None:
    more, odd, folder = tmp_path / "more", tmp_path / "more: 2", tmp_path / "to"
    more.mkdir()
    unpacked(capsule, checked(capsule), folder)
    store = rerun(checked(capsule), Settings(folder, mirrors=(more,)), lambda text: None)
    assert mirrors_seen(store) == f"{folder}/data:{more}"
    with pytest.raises(PreservationError, match=r"more: 2 has ':' in its name"):
        rerun(checked(capsule), Settings(folder, mirrors=(odd,)), lambda text: None)
    # colons of one that is alone are its own
    rewritten(capsule, {"data/tiny/events.txt": None}, said=True)
    (odd / "tiny").mkdir(parents=True)
    (odd / "tiny" / "events.txt").write_bytes(DATA)
    unpacked(capsule, checked(capsule), tmp_path / "again")
    store = rerun(checked(capsule), Settings(tmp_path / "again", mirrors=(odd,)), lambda text: None)
    assert mirrors_seen(store) == f"file://{odd}"


def brought(capsule: Path, place: str) -> None:
    """Let a capsule's input be a file of its package, with a place where copies are looked for."""
    text = json.loads(archive.read(capsule, "inputs.json"))
    text["inputs"][0] |= {"address": "source/events.txt", "mirror": place}
    rewritten(capsule, {"source/events.txt": DATA, "inputs.json": json.dumps(text).encode()}, said=True)


def test_a_file_of_the_study_is_found_where_copies_are(
    tmp_path: Path, capsule: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewritten(capsule, {"data/tiny/events.txt": None}, said=True)
    brought(capsule, "tiny/events.txt")
    folder = tmp_path / "to"
    unpacked(capsule, checked(capsule), folder)
    store = rerun(checked(capsule), Settings(folder), lambda text: None)
    assert mirrors_seen(store) == f"{folder}/data"
    assert (folder / "data/tiny/events.txt").samefile(folder / "source/events.txt")
    # going on
    assert unpacked(capsule, checked(capsule), folder)
    assert rerun(checked(capsule), Settings(folder), lambda text: None) == store


def test_no_file_is_put_outside_the_folder(tmp_path: Path, capsule: Path) -> None:
    brought(capsule, "../../outside/events.txt")
    folder = tmp_path / "to"
    unpacked(capsule, checked(capsule), folder)
    before = sorted(tmp_path.iterdir())
    rerun(checked(capsule), Settings(folder), lambda text: None)
    assert sorted(tmp_path.iterdir()) == before
