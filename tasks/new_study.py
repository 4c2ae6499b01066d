"""Beginning a study."""

from __future__ import annotations

import os
from pathlib import Path

import luigi

from analysis.errors import StudyError
from analysis.new_study.writing import write_study
from analysis.registry import list_studies
from tasks.framework.project_task import ProjectTask
from tasks.framework.settings import base_folder, studies_from_outside

__all__ = ["NewStudy"]


class NewStudy(ProjectTask):
    """Write a small complete study to begin with, in a folder of its own outside this project; overwrites nothing."""

    exclude_index = False

    name = luigi.Parameter(description="name of the study: small letters, digits and _")
    folder = luigi.Parameter(
        default="",
        description="folder that the study's own folder is made in; default: the first of [studies] path, or 'studies' "
        "beside the project",
    )

    written: tuple[Path, ...] = ()

    @property
    def place(self) -> Path:
        """The folder that studies lie in."""
        if self.folder:
            return Path(os.path.abspath(Path(self.folder).expanduser()))
        known = studies_from_outside().folders
        return known[0] if known else base_folder().absolute().parent / "studies"

    def complete(self):
        return bool(self.written)

    def output(self):
        return []

    def run(self):
        if self.place.is_relative_to(base_folder().absolute()) and self.place not in studies_from_outside().folders:
            raise StudyError(
                f"{self.place} is a folder of this project, whose files an update replaces",
                cure="name another one: --folder ~/studies",
            )
        if self.name in [one.name for one in list_studies(studies_from_outside())]:
            raise StudyError(f"there is a study {self.name!r} already", cure="choose another name")
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.written = write_study(self.name, self.place)

    def summary(self):
        for file in self.written:
            yield "written", str(file)
        if self.place not in studies_from_outside().folders:
            yield "then", f"add to {base_folder() / 'law_user.cfg'}, section [studies]: path: {self.place}"
        yield "try", f"law run CheckStudy --study {self.name}; law run Report --study {self.name}"
