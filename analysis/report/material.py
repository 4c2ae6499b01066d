"""Content of a page, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from analysis.errors import DataError
from analysis.results import Check, Number, Table

__all__ = [
    "DatasetRow",
    "Elsewhere",
    "FigureFile",
    "Input",
    "Page",
    "PayloadFile",
    "RecordNode",
    "Section",
    "SourcedNumber",
]

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class SourcedNumber:
    """A number and the record that it comes from.

    Args:
        number: the number.
        place: of the record in the store.
        technical: for those who check a result rather than read it; shown behind the others, and closed.
    """

    number: Number
    place: str
    technical: bool = False

    @property
    def key(self) -> str:
        """The record's key."""
        return self.place.rpartition("-")[2]


@dataclass(frozen=True)
class FigureFile:
    """A figure.

    Args:
        name: unique in a page; the name of the files that a reader saves.
        title: a few words; may hold LaTeX.
        caption: what it shows, in sentences; may hold LaTeX.
        png: to be looked at.
        pdf: to be saved; ``None`` if there is none.

    Raises:
        DataError: the PNG is none.
    """

    name: str
    title: str
    caption: str
    png: bytes = field(repr=False)
    pdf: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.png[:8] != _PNG_SIGNATURE or self.png[12:16] != b"IHDR" or 0 in self.size:
            raise DataError(
                f"the figure {self.name!r} is no PNG image",
                cure="run law run VerifyRecords: a damaged figure is set aside and drawn anew",
            )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, from the image's header (PNG specification, W3C 2003, section 11.2.2)."""
        return int.from_bytes(self.png[16:20], "big"), int.from_bytes(self.png[20:24], "big")


@dataclass(frozen=True)
class Section:
    """Figures that belong together.

    Args:
        title: heading; may hold LaTeX.
        text: what there is to say of all of them; may hold LaTeX.
        figures: in the order of the page.
    """

    title: str
    text: str
    figures: tuple[FigureFile, ...]


@dataclass(frozen=True)
class Input:
    """An input that a record was made from.

    Args:
        role: what it was used as.
        place: of the records that were used.
        records: how many of the place's records were used.
    """

    role: str
    place: str
    records: int = 1


@dataclass(frozen=True)
class PayloadFile:
    """A file of a record.

    Args:
        name: in the store, with the record's label.
        size: in bytes.
        sha256: digest of the content, in hexadecimal.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class RecordNode:
    """All records of one place: those that one key decides, such as the chunks of a data set.

    Args:
        place: in the store, ``<study>/<family>/<series>-<key>``.
        family: the task that makes them.
        series: what they are of, such as a data set.
        key: digest of what decides them.
        labels: one a record, empty if there is only one.
        parameters: of the task, those that decide the result.
        configuration: settings that decide the result, by name, as JSON.
        code: digest by file, and by function for the task's own code.
        inputs: what they were made from.
        seconds: wall time, of all records together.
        peak_memory: in bytes, of the record that needed most.
        created: when the last one was complete, in ISO 8601, UTC.
        device: what computed.
        processor: of the machine.
        commit: of the code, empty if it is unknown; ``+`` at its end if files differed from it.
        payload: all files.
        warnings: from when they were made, in sentences.
    """

    place: str
    family: str
    series: str
    key: str
    labels: tuple[str, ...]
    parameters: Mapping[str, str]
    configuration: Mapping[str, Any]
    code: Mapping[str, str]
    inputs: tuple[Input, ...]
    seconds: float
    peak_memory: int
    created: str
    device: str
    processor: str
    commit: str
    payload: tuple[PayloadFile, ...]
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.payload)


@dataclass(frozen=True)
class DatasetRow:
    """A data set, or a publication, that went into the result.

    Args:
        name: as on the command line.
        title: for people; may hold LaTeX.
        kind: ``"measured"``, ``"simulated"`` or ``"published"``.
        events: number of events; ``None`` where there are none to count.
        licence: SPDX name.
        doi: of the original publication, without an address before it.
        citation: how to cite.
        url: a public address, if there is no DOI.
        origin: what else is known of where it comes from, such as a package with its version.
    """

    name: str
    title: str
    kind: str
    events: int | None = None
    licence: str = ""
    doi: str = ""
    citation: str = ""
    url: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Elsewhere:
    """Origin of the code of a study that is no part of the project; no place on anybody's machine.

    Args:
        module: that holds the study, such as ``h4l.study``.
        origin: how the project finds it: ``folder``, ``module`` or ``entry point``.
        url: of its repository or page; empty if none is stated.
        commit: of its code, in git; empty if there is none, or if files differ from it.
    """

    module: str
    origin: str
    url: str = ""
    commit: str = ""

    @property
    def package(self) -> str:
        """The study's package."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Page:
    """A study's result.

    Args:
        title: of the study; may hold LaTeX.
        study: name of the study.
        subtitle: a sentence on what was measured; may hold LaTeX.
        campaign: what was measured with, such as ``"CMS Open Data, 2012B, 4.4/fb, 8 TeV"``; may hold LaTeX.
        data: whether measured or Asimov data were fitted.
        simulation_note: what a reader has to know of simulated events; empty if there is nothing.
        warnings: what looks wrong, in sentences.
        checks: of what the results rest on; shown before them.
        headline: what a reader wants to know first, as pairs of texts; may hold LaTeX.
        numbers: all results.
        tables: all results row by row.
        sections: figures.
        records: everything that the result was made from, see :func:`~analysis.report.records.collect`.
        datasets: data sets and publications.
        command: what makes this page again.
        elsewhere: where the code is of a study that is no part of the project; ``None`` for the project's own.
        titles: of regions and processes, by name; may hold LaTeX.
        environment: where it was made, such as the Git commit, by name.
        versions: of Python and of the packages that matter, by name.
    """

    title: str
    study: str
    subtitle: str
    campaign: str
    data: Literal["observed", "asimov"]
    simulation_note: str
    headline: tuple[tuple[str, str], ...]
    numbers: tuple[SourcedNumber, ...]
    tables: tuple[Table, ...]
    sections: tuple[Section, ...]
    records: tuple[RecordNode, ...]
    datasets: tuple[DatasetRow, ...]
    command: str
    environment: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    elsewhere: Elsewhere | None = None
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def figures(self) -> tuple[FigureFile, ...]:
        """All figures, in the order of the page."""
        return tuple(figure for section in self.sections for figure in section.figures)
