"""Describing files of events: the catalogue that a study reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import law
import luigi

from analysis.errors import DataError, StudyError
from tasks.framework.data_access import data_options
from tasks.framework.parameters import OutputParameter
from tasks.framework.progress import count_progress
from tasks.framework.project_task import ProjectTask
from tasks.framework.reporting import tell
from tasks.framework.settings import studies_from_outside

__all__ = ["DescribeFiles", "problems_in_words"]

# reasons that are told; of more, how many there are
_TOLD = 50
# files that one reason names
_NAMED = 5
# columns that are told
_COLUMNS = 12
_ENDINGS = (".yaml", ".yml", ".json")


class DescribeFiles(ProjectTask):
    """Write a catalogue of files of events, here or on servers: sizes, checksums, numbers of events, columns.

    A command that was ended goes on where it was; a catalogue from before is brought up to date. Files that cannot be
    described are listed at the end, and do not stop the others.
    """

    exclude_index = False

    files = law.CSVParameter(
        brace_expand=True,
        description="files, with commas: paths and addresses (root://, s3://, https://, davs://, sftp://), with * ? [] "
        "and ** for folders of any depth; quote them: 'A.root,B/*.root,root://host//path/*.root'",
    )
    output = OutputParameter(
        default="files.yaml",
        description="the catalogue, YAML or JSON by the ending; default: files.yaml in the current folder",
    )
    tree = luigi.Parameter(
        default="", description="where the events lie in the files (a tree, a group, a table); default: the only one"
    )
    read = luigi.Parameter(
        default="",
        description="reader of the files, module:function of a study; default: by the endings of their names",
    )
    address = luigi.Parameter(
        default="",
        description="address of a folder that has the same files, to be written in place of the one that they are "
        "described in, such as https://example.org/data; default: that one itself",
    )
    mirror = luigi.Parameter(
        default="", description="folder of the files below ERUMFLOW_MIRROR, to be written too; default: none"
    )

    described = 0

    def complete(self):
        return self.described > 0

    def run(self):
        from analysis.readers.catalogue_writing import make_catalogue
        from analysis.readers.patterns import expand

        output, options = self._place(), data_options()
        # a study's reader is imported from there
        studies_from_outside()
        addresses, unanswered = expand(self.files, options)
        with count_progress("described", len(addresses)) as progress:
            made = make_catalogue(
                addresses,
                output,
                tree=self.tree,
                read=self.read,
                address=self.address,
                mirror=self.mirror,
                options=options,
                progress=progress,
            )
        # here rather than in a summary: it is told if some files fail, too, and by processes of their own (--workers)
        for name, text in _lines(made, output):
            tell(f"{name:<9}  {text}")
        if problems := {**unanswered, **made.problems}:
            raise problems_in_words(problems, len(made.found), output)
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.described = len(made.found)

    def _place(self) -> Path:
        place = Path(str(self.output)).expanduser().absolute()
        if place.suffix not in _ENDINGS:
            raise StudyError(f"--output {self.output} is no name of a catalogue", cure="end it with .yaml or .json")
        if not place.parent.is_dir():
            raise StudyError(f"--output {self.output}: there is no folder {place.parent}", cure="make it")
        return place


def problems_in_words(problems: Mapping[str, str], described: int, output: Path | None) -> DataError:
    """The error that some files cannot be described: each reason once, with the files that have it."""
    by_reason: dict[str, list[str]] = {}
    for address, reason in problems.items():
        by_reason.setdefault(reason, []).append(address)
    lines = [f"  {_named(addresses, reason)}" for reason, addresses in by_reason.items()]
    if len(lines) > _TOLD:
        lines = [*lines[:_TOLD], f"  and {len(lines) - _TOLD} more"]
    number = len(problems)
    cure = "correct what is named, or leave it out"
    if described and output:
        cure = f"the catalogue of the other {described} is written; the same command tries these again"
    return DataError(
        f"{number} of {number + described} files cannot be described:\n" + "\n".join(lines),
        cure=cure,
    )


def _named(addresses: Sequence[str], reason: str) -> str:
    if len(addresses) == 1 and addresses[0] in reason:
        return reason
    more = f" and {len(addresses) - _NAMED} more" if len(addresses) > _NAMED else ""
    return f"{', '.join(addresses[:_NAMED])}{more}: {reason}"


def _lines(made: Any, output: Path) -> Iterator[tuple[str, str]]:
    """Tell what a catalogue holds."""
    if not made.found:
        return
    events, size = sum(one.events for one in made.found), sum(one.size for one in made.found)
    known = f", {made.known} of them known from before" if made.known else ""
    yield "catalogue", str(output)
    yield "files", f"{len(made.found):,}, {size / 1e6:,.1f} MB{known}"
    yield "events", f"{events:,}{f' in the tree {tree!r}' if (tree := made.content.get('tree')) else ''}"
    columns = [f"{name} ({kind or 'record'})" for name, kind in made.content.get("columns", {}).items()]
    more = f" and {len(columns) - _COLUMNS} more" if len(columns) > _COLUMNS else ""
    yield "columns", ", ".join(columns[:_COLUMNS]) + more if columns else "none that all files have"
    for note in made.notes:
        yield "note", note
    yield "use", f"FILES = s.catalogue({output.name!r}) in a study.py beside it"
