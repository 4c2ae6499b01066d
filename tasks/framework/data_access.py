"""The way to files of events outside of the store: law.cfg's section ``[data]``, and mirror folders."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from analysis.provenance.remote.options import Options
from analysis.source_files import SourceFile, place_of_data
from analysis.study import Study
from tasks.framework.sections import read_section
from tasks.framework.settings import mirrors
from tasks.framework.stores import in_job

if TYPE_CHECKING:
    from analysis.readers.opening import Access

__all__ = ["SECTION", "data_access", "data_options", "files_in_place"]

SECTION = "data"


def data_access() -> Access:
    """The way to files of events: the folders of ``ERUMFLOW_MIRROR``, and how servers are talked to.

    Raises:
        StudyError: the variable names what is no folder; law.cfg's section ``[data]`` has an unknown option or a wrong
            value.
    """
    from analysis.readers.opening import Access

    return Access(mirrors(), data_options())


@cache
def data_options() -> Options:
    """Options of the communication with servers of data, as law.cfg's section ``[data]`` says.

    Raises:
        StudyError: an option is unknown or wrong.
    """
    return read_section(SECTION, Options(patient=in_job()))


def files_in_place(study: Study) -> list[SourceFile]:
    """The first file on each server, and in each folder, of a study's data sets that are read in place."""
    found: dict[str, SourceFile] = {}
    for dataset in study.datasets:
        for file in dataset.all_files if dataset.in_place else ():
            found.setdefault(place_of_data(file.url), file)
    return list(found.values())
