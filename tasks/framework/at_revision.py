"""Places of records as the code of another revision decides them, without touching anybody's working tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.errors import StudyError
from analysis.provenance.revisions import Revision, export, find_revision, repository_of
from tasks.framework.settings import base_folder, place_of_study, studies_from_outside

__all__ = ["places_at", "revision_named"]

_PROGRAM = Path(__file__).parents[1] / "decided_places.py"
# settings that are in no repository
_OWN_SETTINGS = ("law_user.cfg", "law_rerun.cfg")


def revision_named(name: str, study: str) -> Revision | None:
    """The revision that a name means: in the repository that holds the study, else in the project's.

    Raises:
        StudyError: there is no such study.
    """
    files = (Path(place_of_study(study).file), base_folder() / "law.cfg")
    repositories = [found for file in files if (found := repository_of(file.resolve()))]
    return find_revision(name, dict.fromkeys(repositories))


def places_at(revision: Revision, options: Mapping[str, str]) -> list[dict[str, Any]]:
    """Decide the places of a study's records with the code of a revision, in a process of its own.

    Only what its repository holds is the revision's: for a study in a repository of its own, the project is the present
    one. Settings in law_user.cfg and the environment are those of this command.

    Args:
        revision: whose code decides.
        options: see :func:`tasks.decided_places.decided_places`.

    Raises:
        StudyError: the code of the revision cannot be had, or does not decide them.
    """
    with tempfile.TemporaryDirectory(prefix="erumflow-revision-") as temporary:
        folder = Path(temporary).resolve() / "code"
        folder.mkdir()
        export(revision, folder)
        answer = _ask(revision, folder, options)
    if "problem" in answer:
        raise StudyError(f"the {revision} does not decide its records: {answer['problem']}", cure=answer["cure"])
    found: list[dict[str, Any]] = answer["places"]
    return found


def _ask(revision: Revision, folder: Path, options: Mapping[str, str]) -> dict[str, Any]:
    def moved(path: Path) -> Path:
        path = path.resolve()
        return folder / path.relative_to(revision.repository) if path.is_relative_to(revision.repository) else path

    place = place_of_study(options["study"])
    packages = Path(place.file).parents[place.module.count(".")]
    base = moved(base_folder())
    for name in _OWN_SETTINGS:
        if base != base_folder().resolve() and (base_folder() / name).is_file():
            shutil.copy(base_folder() / name, base / name)
    path = "\n".join(str(moved(one)) for one in studies_from_outside().folders)
    done = subprocess.run(
        [sys.executable, "-P", "-c", _PROGRAM.read_text(encoding="utf-8")],
        input=json.dumps({"options": dict(options), "path": path}),
        env={
            **os.environ,
            "ERUMFLOW_BASE": str(base),
            "LAW_CONFIG_FILE": str(base / "law.cfg"),
            "LAW_HOME": str(folder.parent / "law"),
            "PYTHONPATH": os.pathsep.join(dict.fromkeys((str(base), str(moved(packages))))),
        },
        cwd=folder,
        capture_output=True,
        text=True,
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise StudyError(
            f"the code of the {revision} does not decide which records it makes: {last}",
            cure="compare records by their keys: --a KEY --b KEY",
        ) from None
    return answer
