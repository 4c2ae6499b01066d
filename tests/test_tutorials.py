"""The tutorials: each has its parts, and runs from an empty store without a warning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tutorials import FOLDER, TUTORIALS, exercises, read, run


def test_there_are_fourteen_in_the_order_of_the_course():
    assert [name[:2] for name in TUTORIALS] == [f"{number:02}" for number in range(1, 15)]


@pytest.mark.parametrize("name", TUTORIALS)
def test_each_has_its_parts(name: str):
    text = (FOLDER / f"{name}.md").read_text()
    assert text.startswith("---\njupytext:\n")
    assert re.search(r"^# \S.*\n\n\*\*The physics\.\*\*", text, re.MULTILINE)
    assert "\n\n**Why this method.**" in text
    cells = read(name).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    # the trick is shown with the project's parts
    assert len(set(re.findall(r"^from (analysis\.[\w.]+) import", code, re.MULTILINE))) >= 4
    assert re.search(r"^from analysis\.plotting\.style import", code, re.MULTILINE)
    assert not any(cell.get("outputs") for cell in cells)
    assert not re.search(r"/(tmp|work|home|root)/", text)
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (FOLDER / link).exists(), link


@pytest.mark.parametrize("name", TUTORIALS)
def test_exercises_have_solutions_that_check_themselves(name: str):
    solved = exercises(name)
    assert 2 <= len(solved) <= 3
    assert all(any("assert " in cell for cell in cells) for cells in solved)


def test_teachers_find_each_of_them():
    table = (FOLDER / "README.md").read_text()
    for name in TUTORIALS:
        assert re.search(rf"^\| \[[^]]+\]\({name}\.md\) \|.*\| \d+ s \|$", table, re.MULTILINE), name


def _runs(name: str, folder: Path, mirror: Path) -> None:
    assert run(name, folder, mirror) == []


# classes: each may run beside the others
@pytest.mark.long
class TestFundamentals:
    @pytest.mark.parametrize("name", TUTORIALS[:4])
    def test_it_runs(self, name: str, tmp_path: Path, mirror: Path):
        _runs(name, tmp_path, mirror)


@pytest.mark.long
class TestPhysics:
    @pytest.mark.parametrize("name", TUTORIALS[4:7])
    def test_it_runs(self, name: str, tmp_path: Path, mirror: Path):
        _runs(name, tmp_path, mirror)


@pytest.mark.long
class TestGenerative:
    @pytest.mark.parametrize("name", TUTORIALS[7:10])
    def test_it_runs(self, name: str, tmp_path: Path, mirror: Path):
        _runs(name, tmp_path, mirror)


@pytest.mark.long
class TestStructuresAndStatistics:
    @pytest.mark.parametrize("name", TUTORIALS[10:])
    def test_it_runs(self, name: str, tmp_path: Path, mirror: Path):
        _runs(name, tmp_path, mirror)
