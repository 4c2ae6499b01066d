from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import uproot

from analysis.catalogues import read_catalogue
from analysis.errors import StoreError, StudyError
from analysis.readers.catalogue_drafts import Draft
from analysis.readers.catalogue_notes import notes_of
from analysis.readers.catalogue_writing import Made, make_catalogue
from analysis.readers.chunks import read_chunk
from analysis.readers.file_description import describe_file
from analysis.readers.opening import Access
from analysis.study import Dataset

ENDINGS = ["yaml", "json"]


def write(path: Path, **columns: np.ndarray) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(path) as content:
        content["Events"] = columns
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    return [write(tmp_path / "data" / f"run{n}.root", pt=np.arange(n + 1.0, dtype=np.float32)) for n in range(3)]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_catalogue_that_moves_with_its_files(files: list[str], tmp_path: Path, ending: str) -> None:
    made = make_catalogue(files, tmp_path / f"files.{ending}")
    assert (len(made.found), made.problems, made.known, made.notes) == (3, {}, 0, ())
    assert made.content["folder"] == "data"
    assert not list(tmp_path.glob(".*"))
    (tmp_path / "elsewhere").mkdir()
    for name in ("data", f"files.{ending}"):
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)
    found = read_catalogue(tmp_path / "elsewhere" / f"files.{ending}")
    dataset = Dataset("data", "", "measured", found.files, found.schema("pt"), in_place=True)
    assert read_chunk(None, dataset, 0, 6, access=Access()).pt.tolist() == [0, 0, 1, 0, 1, 2]


def test_files_elsewhere_have_whole_paths(files: list[str], tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    made = make_catalogue(files, tmp_path / "study" / "files.yaml")
    assert made.content["folder"] == str(tmp_path / "data")
    assert [one.url for one in read_catalogue(tmp_path / "study" / "files.yaml").files] == files


def test_the_folder_of_the_files_itself(files: list[str], tmp_path: Path) -> None:
    assert "folder" not in make_catalogue(files, tmp_path / "data" / "files.yaml").content


def test_copies_of_public_files(files: list[str], tmp_path: Path) -> None:
    odd = write(tmp_path / "data" / "sub" / "a #1.root", pt=np.ones(2, np.float32))
    output = tmp_path / "files.yaml"
    make_catalogue([*files, odd], output, address="https://example.org/x/", mirror="mine")
    found = read_catalogue(output).files
    assert [one.url.removeprefix("https://example.org/x/") for one in found] == [
        *(f"run{n}.root" for n in range(3)),
        "sub/a%20%231.root",
    ]
    assert [one.place for one in found] == [*(f"mine/run{n}.root" for n in range(3)), "mine/sub/a #1.root"]
    # described again: its names and all it knows stay
    made = make_catalogue([*files, odd], output, address="https://example.org/x", mirror="mine")
    assert made.known == 4
    assert read_catalogue(output).files == found
    with pytest.raises(StudyError, match="in no folder together"):
        make_catalogue([*files, "root://host//x.root"], output, address="https://example.org/x")


def test_names_are_kept_when_files_come_along(tmp_path: Path) -> None:
    output = tmp_path / "files.yaml"
    first = write(tmp_path / "one" / "a.root", pt=np.ones(1))
    assert [one["name"] for one in make_catalogue([first], output).content["files"]] == ["a.root"]
    second = write(tmp_path / "two" / "a.root", pt=np.ones(2))
    files = make_catalogue([second, first], output).content["files"]
    assert [(one["name"], one["events"]) for one in files] == [("two_a.root", 2), ("a.root", 1)]
    made = make_catalogue([second], output)
    assert made.notes == ("of the catalogue from before, 1 file(s) are not in it any more: a.root",)


def test_what_differs_is_told(tmp_path: Path, files: list[str]) -> None:
    more = write(tmp_path / "data" / "more.root", pt=np.ones(4), eta=np.ones(4))
    same = write(tmp_path / "data" / "same" / "run0.root", pt=np.arange(1.0, dtype=np.float32))
    Path(same).write_bytes(Path(files[0]).read_bytes())
    made = make_catalogue([*files, more, same], tmp_path / "files.yaml")
    assert "columns" not in made.content
    assert made.content["others"] == {
        "pt": "column 'pt' is float32 in 4 and float64 in 1 of 5 files, float64 in more.root",
        "eta": "column 'eta' is float64 in 1 of 5 files, not in data_run0.root, run1.root, run2.root and 1 more",
    }
    assert made.notes == (
        "data_run0.root, same_run0.root have the same content: in one data set, their events would count twice",
        "2 columns are not in all files alike (others in the catalogue): pt, eta",
    )


def test_many_copies_are_told_in_few_words(tmp_path: Path) -> None:
    files = [
        write(tmp_path / folder / f"run{n}.root", pt=np.arange(n + 1.0)) for folder in ("a", "b") for n in range(6)
    ]
    for one, other in zip(files[:6], files[6:], strict=True):
        Path(other).write_bytes(Path(one).read_bytes())
    notes = make_catalogue(files, tmp_path / "files.yaml").notes
    assert len(notes) == 4
    assert notes[0].startswith("a_run0.root, b_run0.root have the same content")
    assert notes[3] == "6 more files have the same content as others"


def test_copies_whose_checksums_cannot_be_compared_are_told(files: list[str], tmp_path: Path) -> None:
    here = [describe_file(one) for one in files]
    copies = [replace(one, address=f"s3://bucket/run{n}.root", identity=f"md5:{n}") for n, one in enumerate(here)]
    other = replace(here[0], address="s3://bucket/old/run0.root", identity="md5:7", size=1)
    found = [*here, *copies, other]
    names = {one.address: one.address for one in found}
    (note,) = notes_of(found, names, {})
    assert note.startswith(
        f"{files[0]}, s3://bucket/run0.root have the same name, size and number of events, and 2 more"
    )
    assert not list(notes_of([*here, other], names, {}))


def test_several_trees_are_told(tmp_path: Path, files: list[str]) -> None:
    with uproot.recreate(tmp_path / "other.root") as content:
        content["tuple"] = {"pt": np.ones(3, np.float32)}
    made = make_catalogue([*files, str(tmp_path / "other.root")], tmp_path / "files.json")
    sentence = "events lie in the tree 'Events' in run0.root, run1.root, run2.root, the tree 'tuple' in other.root"
    assert made.content["trees"] == sentence
    with pytest.raises(StudyError, match=r"the tree 'tuple' in other\.root"):
        read_catalogue(tmp_path / "files.json").schema("pt")


def test_changed_files_are_described_anew(files: list[str], tmp_path: Path) -> None:
    output = tmp_path / "files.yaml"
    before = make_catalogue(files, output).content["files"]
    # of the same size, and as old as before
    facts = os.stat(files[1])
    write(Path(files[1]), pt=np.array([5.0, 7.0], np.float32))
    assert os.stat(files[1]).st_size == facts.st_size
    os.utime(files[1], ns=(facts.st_atime_ns, facts.st_mtime_ns))
    made = make_catalogue(files, output)
    assert made.known == 2
    after = made.content["files"]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def half(output: Path, files: list[str], how: dict[str, str]) -> Made:
    """A catalogue of some files, taken back to the draft that it was."""
    made = make_catalogue(files, output)
    output.unlink()
    draft = Draft(output, how)
    for one in made.found:
        draft.add(one)
    draft.close(keep=True)
    return made


HOW = {"tree": "", "read": ""}


def test_a_draft_is_gone_on_with(files: list[str], tmp_path: Path) -> None:
    output = tmp_path / "files.yaml"
    half(output, files[:2], HOW)
    part = tmp_path / ".files.yaml.part"
    # killed in the middle of a line
    part.write_text(part.read_text() + '{"address": "' + files[2])
    made = make_catalogue(files, output)
    assert (len(made.found), made.known) == (3, 2)
    assert not part.exists()


def test_a_draft_of_what_changed_or_was_asked_otherwise(files: list[str], tmp_path: Path) -> None:
    output = tmp_path / "files.yaml"
    half(output, files, HOW)
    os.utime(files[1], ns=(0, 1))
    assert make_catalogue(files, output).known == 2
    output.unlink()
    half(output, files, {"tree": "other", "read": ""})
    assert make_catalogue(files, output).known == 0


def test_what_failed_is_tried_again_alone(files: list[str], tmp_path: Path) -> None:
    output, lost = tmp_path / "files.yaml", Path(files[1])
    content = lost.read_bytes()
    lost.write_bytes(content[:100])
    made = make_catalogue(files, output)
    assert list(made.problems) == [files[1]]
    assert [one["events"] for one in json.loads(json.dumps(made.content["files"]))] == [1, 3]
    lost.write_bytes(content)
    made = make_catalogue(files, output)
    assert (made.known, made.problems) == (2, {})
    assert not (tmp_path / ".files.yaml.part").exists()


def test_nothing_good_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.root").write_text("no")
    made = make_catalogue([str(tmp_path / "a.root")], tmp_path / "files.yaml")
    assert (made.found, made.content) == ([], {})
    assert [one.name for one in tmp_path.iterdir()] == ["a.root"]


def test_another_command_and_other_files(files: list[str], tmp_path: Path) -> None:
    output = tmp_path / "files.yaml"
    draft = Draft(output, HOW)
    with pytest.raises(StoreError, match="another command is writing"):
        make_catalogue(files, output)
    draft.close(keep=False)
    output.write_text("notes: mine\n")
    with pytest.raises(StudyError, match="is no catalogue of files"):
        make_catalogue(files, output)
    assert output.read_text() == "notes: mine\n"
    with pytest.raises(StoreError, match="cannot be written"):
        make_catalogue(files, tmp_path / "nowhere" / "files.yaml")
