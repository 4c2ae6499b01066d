"""Where the files of a step are found, what a key knows of them, and how they travel."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import StudyError
from analysis.provenance import auxiliary
from analysis.provenance.auxiliary import content, digests, lent, located, name_of, packed, refuse_changed, steps_in
from analysis.provenance.keys import describe
from analysis.step import Step
from analysis.study import Dataset, Schema, SourceFile


@pytest.fixture
def step(write: Callable[..., None]) -> Callable[..., Step]:
    """``step(pileup="pileup.json")``: a step of a study that has this file beside its module."""
    text = "raise RuntimeError('imported')\ndef weigh(events, files): ...\n"
    write({"lab/physics.py": text, "lab/pileup.json": '{"mean": 21.0}\n'})

    def _step(**files: Any) -> Step:
        return Step("lab.physics:weigh", files=files)

    return _step


def folder(step: Callable[..., Step]) -> Path:
    return located(step(pileup="pileup.json"))["pileup"].parent


def test_a_path_may_be_said_in_several_ways(step: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = tmp_path / "a table.txt"
    other.write_text("1.0\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    files = {
        "beside": "pileup.json",
        "above": "../../a table.txt",
        "absolute": str(other),
        "path": other,
        "home": "~/a table.txt",
        "address": other.as_uri(),
    }
    found = located(step(**files))
    assert found.pop("beside") == folder(step) / "pileup.json"
    assert set(found.values()) == {other}


@pytest.mark.parametrize(
    ("declared", "problem", "cure"),
    [
        ("pilup.json", "there is no pilup.json in {folder}", "did you mean 'pileup.json'"),
        ("tables/pileup.json", "there is no folder {folder}/tables", "correct the path"),
        (".", "which is a folder ({folder})", "one by one"),
        ("https://example.org/pileup.json", "which is not on this machine", "beside the study's code"),
        ("file://elsewhere/pileup.json", "which is not on this machine", "beside the study's code"),
    ],
)
def test_what_is_not_there(step: Any, declared: str, problem: str, cure: str):
    with pytest.raises(StudyError) as caught:
        located(step(pileup=declared))
    assert f"physics:weigh' declares the file 'pileup': {declared!r}" in caught.value.problem
    assert problem.format(folder=folder(step)) in caught.value.problem
    assert cure in caught.value.cure
    with pytest.raises(StudyError, match="is of the module 'no_such', which does not exist"):
        located(Step("no_such:f", files={"pileup": "pileup.json"}))


def test_the_content_is_in_the_key_and_nothing_else(step: Any, tmp_path: Path):
    described = describe(step(pileup="pileup.json"))
    assert set(described) == {"function", "settings", "code", "files"}
    assert set(describe(step())) == {"function", "settings", "code"}
    copy = tmp_path / "copy.txt"
    copy.write_bytes((folder(step) / "pileup.json").read_bytes())
    assert describe(step(pileup=copy)) == described
    assert describe(step(other="pileup.json")) != described
    other = tmp_path / "other.json"
    other.write_text('{"mean": 22.0}\n')
    assert describe(step(pileup=other)) != described
    assert name_of(digests(step(pileup=other))["pileup"]) == "other.json"
    assert name_of("0" * 64) == ""


def test_a_file_that_is_edited_afterwards_is_refused(step: Any):
    one = step(pileup="pileup.json")
    (path,) = lent(one).values()
    text = path.read_text()
    os.utime(path, (1, 1))
    # as it was, at another time
    assert lent(one) == {"pileup": path}
    path.write_text(text.replace("21", "22"))
    with pytest.raises(StudyError, match=r"pileup\.json was edited while the command was running") as caught:
        lent(one)
    assert caught.value.cure == "run the same command again"
    with pytest.raises(StudyError, match=r"pileup\.json was changed while lab:weigh ran, which it is only lent to"):
        refuse_changed([path], "lab:weigh")
    with pytest.raises(StudyError, match="edited"):
        content(path)
    path.unlink()
    with pytest.raises(StudyError, match="edited"):
        refuse_changed([path])
    path.write_text(text)
    assert content(path) == text.encode()


@dataclass(frozen=True)
class Curves:
    shapes: tuple[Any, ...]
    named: dict[str, Any]


def test_steps_are_found_in_settings_and_not_in_catalogues():
    inner, other = Step("a:f"), Step("b:f")
    outer = Step("c:f", Curves((inner, "gaussian"), {"x": other}))
    assert list(steps_in({"stage": [outer]})) == [outer, inner, other]
    file = SourceFile("a.root", "https://example.org/a.root", "0" * 64, 1, 1, "a.root")
    dataset = Dataset("a", "A", "measured", (file,) * 3, Schema("Events", ("x",)))
    assert list(steps_in(dataset)) == []


def test_what_travels_is_found_elsewhere(step: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As a stranger has it: code and files in another folder, the old paths gone."""
    home, module = tmp_path / "home", folder(step)
    home.mkdir()
    (home / "corrections.json.gz").write_bytes(b"1")
    (tmp_path / "beside.txt").write_text("2")
    inside = step(pileup="pileup.json", absolute=str(module / "pileup.json"))
    outside = step(corrections=home / "corrections.json.gz", beside="../../beside.txt")
    again = step(corrections=home / "corrections.json.gz")
    files = packed([inside, outside, again], {module / "pileup.json": "more/lab/pileup.json"})
    index = json.loads(bytes(files.pop("files/index.json")))
    assert [row["name"] for row in index] == ["absolute", "corrections", "beside"]
    assert list(files.values()) == [home / "corrections.json.gz", tmp_path / "beside.txt"]
    assert all(name.split("/")[0] == "files" for name in files)
    assert packed([step(pileup="pileup.json")], {module / "pileup.json": "more/lab/pileup.json"}) == {}

    there = tmp_path / "there"
    for name, path in {**files, "more/lab/pileup.json": module / "pileup.json"}.items():
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_bytes(Path(path).read_bytes())  # type: ignore[arg-type]
    (there / "files" / "index.json").write_text(json.dumps(index))
    before = digests(outside), digests(inside)
    for path in (home / "corrections.json.gz", tmp_path / "beside.txt"):
        path.unlink()
    monkeypatch.setattr(auxiliary, "PROJECT", there)
    found = located(outside)
    assert (digests(outside), digests(inside)) == before
    assert found["corrections"].name == "corrections.json.gz"
    assert all(path.is_relative_to(there / "files") for path in found.values())
    assert located(inside)["absolute"] == there / "more" / "lab" / "pileup.json"
    # a path that the study makes of the folders of each machine
    assert located(step(beside="/nowhere/beside.txt"))["beside"] == found["beside"]

    (there / "files" / "index.json").write_text(json.dumps([{**row, "sha256": "0" * 64} for row in index]))
    auxiliary._index.cache_clear()
    with pytest.raises(StudyError, match=r"beside\.txt is not what came along .* 'beside' of 'lab\.physics:weigh"):
        located(step(beside="../../beside.txt"))
    auxiliary._index.cache_clear()
