"""The way to files of events outside of the store: law.cfg's section ``[data]``, and mirror folders."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING

from law.config import Config

from analysis.errors import StudyError
from analysis.provenance.remote.options import Options
from analysis.source_files import SourceFile, place_of_data
from analysis.study import Study
from analysis.validated import override
from tasks.framework.settings import mirrors

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
    config = Config.instance()
    if not config.has_section(SECTION):
        return Options()
    values = {option: str(config.get_expanded(SECTION, option) or "") for option in config.options(SECTION)}
    try:
        return override(Options(), {option: value for option, value in values.items() if value})
    except StudyError as error:
        known = ", ".join(field.name for field in dataclasses.fields(Options))
        raise StudyError(
            f"law.cfg, section [{SECTION}]: {error.problem}", cure=error.cure or f"use some of: {known}"
        ) from error


def files_in_place(study: Study) -> list[SourceFile]:
    """The first file on each server, and in each folder, of a study's data sets that are read in place."""
    found: dict[str, SourceFile] = {}
    for dataset in study.datasets:
        for file in dataset.all_files if dataset.in_place else ():
            found.setdefault(place_of_data(file.url), file)
    return list(found.values())
