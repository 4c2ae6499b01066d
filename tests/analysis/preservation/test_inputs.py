"""Files from outside that a study reads, as a capsule tells of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.errors import StudyError
from analysis.preservation.inputs import check_places, files_of, inputs_of
from analysis.schema import Column, Schema
from analysis.study import Dataset, Friend, SourceFile, Study

SCHEMA = Schema("", (Column("x", "float64"),))
PUBLIC = SourceFile("a.csv", "https://example.org/a.csv", sha256="a" * 64, size=3, events=1, mirror="lab/a.csv")
GRID = SourceFile("b.csv", "root://eos.example.org//b.csv", size=4, events=1, checksum="adler32:0a1b2c3d")
OWN = SourceFile("c.csv", "/lab/me/data/c.csv", sha256="c" * 64, size=5, events=1)
BESIDE = SourceFile("d.csv", "file:///lab/me/study/d.csv", size=6, events=1, checksum="modified:17")
FRIEND = Friend(Schema("", (Column("t", "float64"),)), (GRID,))
STUDY = Study(
    "mine",
    title="Mine",
    datasets=(
        Dataset("one", "One", "measured", (PUBLIC,), SCHEMA, friends=(FRIEND,), doi="10.1/x"),
        Dataset("two", "Two", "simulated", (OWN, BESIDE), SCHEMA, in_place=True, licence="MIT"),
    ),
)


def test_files_of_all_kinds_and_of_friends() -> None:
    inputs = {one.name: one for one in inputs_of(STUDY, "", {BESIDE: "source/more/mine/d.csv"})}
    assert {name: one.address for name, one in inputs.items()} == {
        "a.csv": "https://example.org/a.csv",
        "b.csv": "root://eos.example.org//b.csv",
        "c.csv": "",
        "d.csv": "source/more/mine/d.csv",
    }
    # no folder of anybody's machine
    assert "/lab" not in str(list(inputs.values()))
    assert [one.mirror for one in inputs.values()] == ["c.csv", "lab/a.csv", "b.csv", "d.csv"]
    assert {name: one.content for name, one in inputs.items()} == {one.name: one.content for one in files_of(STUDY, "")}
    assert (inputs["b.csv"].sha256, inputs["b.csv"].doi, inputs["c.csv"].licence) == ("", "10.1/x", "MIT")
    assert (inputs["a.csv"].checksum, inputs["b.csv"].checksum) == ("", "adler32:0a1b2c3d")


def test_a_content_that_is_wanted_at_two_places_is_two_inputs() -> None:
    twice = replace(STUDY.datasets[1], name="three", purpose="check", files=(replace(OWN, name="again.csv"),))
    study = replace(STUDY, datasets=(*STUDY.datasets, twice))
    assert [one.mirror for one in inputs_of(study, "", {}) if one.sha256 == OWN.sha256] == ["again.csv", "c.csv"]


def test_two_files_in_one_place_where_one_of_them_is_needed() -> None:
    other = replace(GRID, name="c.csv")
    with pytest.raises(StudyError, match=r"two files are at 'c\.csv' in a folder of copies") as caught:
        check_places([PUBLIC, OWN, other], [OWN])
    assert "mirror='FOLDER/NAME'" in str(caught.value)
    check_places([PUBLIC, OWN, other], [PUBLIC])
    check_places([OWN, replace(OWN, url="/mnt/c.csv")], [OWN])
    check_places([OWN, replace(other, mirror="grid/c.csv")], [OWN])
