"""Revisions of a git repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from analysis.errors import StudyError
from analysis.provenance.revisions import Revision, export, find_revision, repository_of


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=physicist", "-c", "user.email=physicist@example.org"]
    done = subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits of a file, the first one tagged, and a change that nobody has committed."""
    folder = tmp_path / "my studies"
    (folder / "inner").mkdir(parents=True)
    git(folder, "init", "-q")
    for number in (1, 2):
        (folder / "inner" / "peak.py").write_text(f"NUMBER = {number}\n")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", str(number))
        git(folder, "tag", f"v{number}")
    (folder / "inner" / "peak.py").write_text("NUMBER = 3\n")
    return folder


def test_a_file_is_in_the_repository_that_keeps_it(repository: Path, tmp_path: Path):
    assert repository_of(repository / "inner" / "peak.py") == repository.resolve()
    (repository / "notes.txt").write_text("")
    assert repository_of(repository / "notes.txt") is None
    assert repository_of(tmp_path / "elsewhere.py") is None


@pytest.mark.parametrize("name", ["v1", "HEAD~1", "v2^"])
def test_names_of_commits(repository: Path, tmp_path: Path, name: str):
    found = find_revision(name, [tmp_path, repository])
    assert found == Revision(name, git(repository, "rev-parse", "v1"), repository)
    assert found is not None
    assert str(found) == f"revision {name} of {repository} ({found.commit[:12]})"
    assert find_revision(found.commit[:8], [repository]) == Revision(found.commit[:8], found.commit, repository)


@pytest.mark.parametrize("name", ["v3", "--all", "HEAD:inner/peak.py", "", "-q"])
def test_names_of_none(repository: Path, name: str):
    assert find_revision(name, [repository]) is None


def test_files_of_a_revision_are_written_and_the_working_tree_stays(repository: Path, tmp_path: Path):
    found = find_revision("v1", [repository])
    assert found is not None
    before = git(repository, "status", "--porcelain"), git(repository, "worktree", "list")
    folder = tmp_path / "export"
    folder.mkdir()
    export(found, folder)
    assert (folder / "inner" / "peak.py").read_text() == "NUMBER = 1\n"
    assert (repository / "inner" / "peak.py").read_text() == "NUMBER = 3\n"
    assert (git(repository, "status", "--porcelain"), git(repository, "worktree", "list")) == before


def test_a_commit_that_is_not_there_is_an_error(repository: Path, tmp_path: Path):
    with pytest.raises(StudyError, match="git does not give the files of the revision v9"):
        export(Revision("v9", "0" * 40, repository), tmp_path)
