"""The page on reuse: its whole story runs, on a store in a folder and on one on an S3 server.

Of the page's blocks, ``python`` is a file, ``ini`` goes to the end of law_user.cfg, ``sh`` runs, and ``text`` stands in
what the block before it printed: its lines follow each other there, ``...`` is anything (a line of it: any lines), and
dates and seconds are whatever they are. A key is another one with each change of the project; so a key of the page
stands for the one that was found in its place, in what follows, too: commands and settings may name it.
"""

from __future__ import annotations

import re
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.services.servers import S3
from tests.tasks.project import Project, new_project

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reuse.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_KEY = r"\b[0-9a-f]{12}\b"
# what differs from run to run, as it may be instead
_VARYING = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?", r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?"),
    (r"\b\d+(?:\.\d+)? s\b", r"\d+(?:\.\d+)? s"),
    (r"\.\.\.", ".*"),
)
BLOCKS = _BLOCK.findall(PAGE.read_text())


STUDY = next(text.partition("\n")[2] for language, text in BLOCKS if language == "python")
"""The page's study, ``peak.py``."""


def test_it_has_blocks_of_known_kinds():
    assert PAGE.read_text().count("```") == 2 * len(BLOCKS) > 10
    assert {language for language, _ in BLOCKS} <= {"python", "ini", "sh", "text"}


@pytest.mark.long
def test_the_story_on_a_local_store(repository: Path, tmp_path: Path):
    tell(new_project(repository, tmp_path, "airshower", None))


@pytest.mark.long
@pytest.mark.services
def test_the_story_on_an_s3_store(repository: Path, tmp_path: Path, s3: S3):
    project = new_project(repository, tmp_path, "airshower", None)
    project.variables |= {
        "ERUMFLOW_STORE": f"s3://{s3.bucket}/{uuid.uuid4().hex}",
        "AWS_ENDPOINT_URL_S3": s3.endpoint,
        "AWS_ACCESS_KEY_ID": s3.key,
        "AWS_SECRET_ACCESS_KEY": s3.secret,
    }
    assert s3.secret not in tell(project)


def tell(project: Project) -> str:
    """Run the page from its first to its last block; returns all that was printed."""
    (project.folder / "law_user.cfg").write_text("")
    (project.folder.parent / "studies").mkdir()
    # lines are as long as on the page; and whoever commits has a name
    project.variables |= {"COLUMNS": "120"}
    for who in ("AUTHOR", "COMMITTER"):
        project.variables |= {f"GIT_{who}_NAME": "physicist", f"GIT_{who}_EMAIL": "physicist@example.org"}
    keys: dict[str, str] = {}
    printed = everything = ""
    for language, text in BLOCKS:
        own = re.sub(_KEY, lambda found: keys.get(found[0], found[0]), text)
        if language == "python":
            name, _, content = own.partition("\n")
            (project.folder / name.removeprefix("# ")).write_text(content)
        elif language == "ini":
            with (project.folder / "law_user.cfg").open("a") as settings:
                settings.write(own)
        elif language == "sh":
            words = ["bash", "-e", "-c", own]
            environment = project.environment()
            done = subprocess.run(words, cwd=project.folder, env=environment, capture_output=True, text=True)
            printed = done.stdout + done.stderr
            assert done.returncode == 0, f"{own}\n{printed}"
            everything += printed
        else:
            find(text, printed, keys)
    return everything


def find(text: str, printed: str, keys: dict[str, str]) -> None:
    """Find the lines of the page in what was printed, and learn its keys."""
    new: list[str] = []
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else _pattern(line, keys, new) for line in text.splitlines())
    # a command ends with or without a line's end
    found = re.search(f"^{pattern}", f"{printed}\n", re.MULTILINE)
    assert found, f"the page says\n{text}\nand this was printed:\n{printed}"
    keys |= {key: found[f"key{key}"] for key in new}


def _pattern(line: str, keys: dict[str, str], new: list[str]) -> str:
    """The line as a pattern; keys that are not known yet are groups of it."""
    marks = "|".join([_KEY, *(mark for mark, _ in _VARYING)])
    parts = []
    for plain, marked in zip([*re.split(marks, line)], [*re.findall(marks, line), ""], strict=True):
        parts.append(re.escape(plain))
        if re.fullmatch(_KEY, marked):
            if marked not in keys and marked not in new:
                new.append(marked)
                parts.append(f"(?P<key{marked}>[0-9a-f]{{12}})")
            else:
                parts.append(keys.get(marked) or f"(?P=key{marked})")
        elif marked:
            parts.append(next(wild for mark, wild in _VARYING if re.fullmatch(mark, marked)))
    return "".join(parts) + "\n"
