"""The guide to a study of one's own: every block of it runs, or stands so in the examples."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tasks.conftest import copy_publishable
from tests.tasks.project import Project, new_project

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "new-study.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+\.py)\n")


@dataclass(frozen=True)
class Block:
    language: str
    text: str

    @property
    def file(self) -> str:
        found = _FILE.match(self.text)
        return found[1] if found else ""


BLOCKS = [Block(*found.groups()) for found in _BLOCK.finditer(GUIDE.read_text())]


@pytest.fixture
def project(repository: Path, mirror: Path, tmp_path: Path) -> Project:
    project = new_project(repository, tmp_path, "airshower", mirror)
    copy_publishable(repository, project)
    shutil.copytree(repository / "examples", project.folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    return project


def test_it_has_blocks_of_known_kinds():
    assert GUIDE.read_text().count("```") == 2 * len(BLOCKS) > 40
    assert {block.language for block in BLOCKS} == {"sh", "ini", "python"}
    assert all(block.file for block in BLOCKS if block.language == "python")


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.file and not b.file.startswith("..")], ids=lambda b: b.file)
def test_excerpts_stand_in_the_examples(repository: Path, block: Block):
    text = (repository / "examples" / block.file).read_text()
    assert block.text.partition("\n")[2] in text


@pytest.mark.long
def test_every_command_runs(project: Project):
    for block in BLOCKS:
        if block.language == "ini":
            (project.folder / "law_user.cfg").write_text(block.text)
        elif block.file.startswith(".."):
            (project.folder / block.file).write_text(block.text.partition("\n")[2])
        elif block.language == "sh":
            words = ["bash", "-e", "-c", block.text]
            done = subprocess.run(words, cwd=project.folder, env=project.environment(), capture_output=True, text=True)
            assert done.returncode == 0, f"{block.text}\n{done.stdout}{done.stderr}"
    (file,) = project.store.glob("mine/CollectResults/*/results.json")
    (mu,) = json.loads(file.read_text())["numbers"]
    assert abs(mu["value"] - 1.0) < 3.0 * mu["stat"][0]
