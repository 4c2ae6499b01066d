"""Beginning a study."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import law
import luigi

from analysis.errors import StudyError
from analysis.new_study.writing import free_place, write_study
from analysis.registry import list_studies
from tasks.describe_files import problems_in_words
from tasks.framework.data_access import data_access
from tasks.framework.progress import count_progress
from tasks.framework.project_task import ProjectTask
from tasks.framework.settings import base_folder, studies_from_outside

__all__ = ["NewStudy"]


class NewStudy(ProjectTask):
    """Write a small complete study to begin with, in a folder of its own outside this project; overwrites nothing.

    With --files, it is one of these files: with a catalogue of them, and steps that select, count and draw.
    """

    exclude_index = False

    name = luigi.Parameter(description="name of the study: small letters, digits and _")
    folder = luigi.Parameter(
        default="",
        description="folder that the study's own folder is made in; default: the first of [studies] path, or 'studies' "
        "beside the project",
    )

    files = law.CSVParameter(
        default=(),
        brace_expand=True,
        description="files of events, with commas: paths, addresses and patterns, as of DescribeFiles; default: none, "
        "the study makes events itself",
    )
    tree = luigi.Parameter(
        default="", description="where the events lie in the files (a tree, a group, a table); default: the only one"
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
        self.written = self._of_files() if self.files else write_study(self.name, self.place)

    def _of_files(self) -> tuple[Path, ...]:
        from analysis.new_study.of_files import write_study_of_files
        from analysis.readers.describing import describe_files
        from analysis.readers.patterns import expand

        # before anything is read
        free_place(self.name, self.place)
        access = data_access()
        addresses, unanswered = expand(self.files, access.options)
        number = itertools.count(1)
        with count_progress("described", len(addresses)) as progress:
            found, problems = describe_files(
                addresses, tree=self.tree, options=access.options, done=lambda *_: progress(next(number))
            )
        if problems := {**unanswered, **problems}:
            raise problems_in_words(problems, len(found), None)
        return write_study_of_files(self.name, self.place, found, access)

    def summary(self):
        for file in self.written:
            yield "written", str(file)
        if self.place not in studies_from_outside().folders:
            yield "then", f"add to {base_folder() / 'law_user.cfg'}, section [studies]: path: {self.place}"
        yield "try", f"law run CheckStudy --study {self.name}; law run Report --study {self.name}"
