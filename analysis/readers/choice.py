"""The reader of a file, by the ending of its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.errors import StudyError
from analysis.step import Step

if TYPE_CHECKING:
    from analysis.source_files import SourceFile

__all__ = ["ENDINGS", "reader_of", "suffix_of"]

ENDINGS = {
    "root": "root",
    "parquet": "parquet",
    "pq": "parquet",
    "csv": "csv",
    "csv.gz": "csv",
    "tsv": "csv",
    "tsv.gz": "csv",
    "npz": "numpy",
    "npy": "numpy",
    "h5": "hdf5",
    "hdf5": "hdf5",
    "hdf": "hdf5",
    "fits": "fits",
    "fits.gz": "fits",
    "fit": "fits",
}
"""Modules of :mod:`analysis.readers` by the endings of files' names."""


def suffix_of(name: str) -> str:
    """The ending of a file's name that tells its format, without the point; else what follows the last point, or none.

    Examples:
        >>> suffix_of("muons.v2.CSV.gz"), suffix_of("events.root"), suffix_of("run.0042.raw"), suffix_of("README")
        ('csv.gz', 'root', 'raw', '')
    """
    parts = name.lower().split(".")
    two = ".".join(parts[-2:])
    return two if len(parts) > 2 and two in ENDINGS else parts[-1] if len(parts) > 1 else ""


def reader_of(files: Sequence[SourceFile]) -> Step:
    """The standard reader of some files.

    Raises:
        StudyError: their names have no ending that is known, or several formats.

    Examples:
        >>> from analysis.source_files import SourceFile
        >>> reader_of([SourceFile("events.root", "https://example.org/events.root")]).function
        'analysis.readers.root:read'
    """
    found = {ENDINGS.get(suffix_of(file.name), "") for file in files}
    if len(found) > 1:
        names = ", ".join({suffix_of(file.name): file.name for file in files}.values())
        raise StudyError(
            f"files of one data set have several formats: {names}",
            cure="make a data set of each format, or say read=Step(...) with a reader that knows them all",
        )
    (module,) = found or {""}
    if not module:
        name = files[0].name if files else ""
        raise StudyError(
            f"nothing is known to read the file {name!r}: its name ends with none of {', '.join(ENDINGS)}",
            cure="say read=Step('my_study.readers:read'), a function of file, schema, start and stop",
        )
    return Step(f"analysis.readers.{module}:read")
