"""Revisions of a git repository, read without touching anybody's working tree."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from analysis.errors import StudyError

__all__ = ["Revision", "export", "find_revision", "repository_of"]

_SHOWN = 12


@dataclass(frozen=True)
class Revision:
    """A commit, by a name that a user gave it.

    Args:
        name: tag, branch, commit, ``HEAD~1``.
        commit: its full name.
        repository: folder of the working tree that belongs to it.
    """

    name: str
    commit: str
    repository: Path

    def __str__(self) -> str:
        return f"revision {self.name} of {self.repository} ({self.commit[:_SHOWN]})"


def repository_of(file: Path) -> Path | None:
    """The top folder of the working tree that git keeps a file in; ``None`` if it keeps it in none."""
    folder = file if file.is_dir() else file.parent
    if not _git(folder, "ls-files", "--", str(file)):
        return None
    top = _git(folder, "rev-parse", "--show-toplevel")
    return Path(top.decode().rstrip("\n")) if top else None


def find_revision(name: str, repositories: Iterable[Path]) -> Revision | None:
    """The commit that a name means in the first repository that knows it; ``None`` if none does."""
    for repository in repositories:
        # a name is never taken for an option
        commit = None if name.startswith("-") else _git(repository, "rev-parse", "-q", "--verify", f"{name}^{{commit}}")
        if commit:
            return Revision(name, commit.decode().strip(), repository)
    return None


def export(revision: Revision, folder: Path) -> None:
    """Write all files of a revision into a folder; the working tree and its index stay as they are.

    Raises:
        StudyError: git does not give them.
    """
    archive = _git(revision.repository, "archive", "--format=tar", revision.commit)
    if archive is None:
        raise StudyError(f"git does not give the files of the {revision}", cure="try 'git fsck' there")
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")


def _git(folder: Path, *arguments: str) -> bytes | None:
    try:
        # without its locks, so that a user's own git command beside this one does not fail
        words = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
        return subprocess.run(words, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
