"""Rows of the result page about data sets: their origin, licence and citation."""

from __future__ import annotations

from typing import Any

from analysis.datasets import Dataset, Publication
from analysis.source_files import published_origin
from analysis.stages import Publications
from analysis.study import Study

__all__ = ["dataset_rows"]


def dataset_rows(study: Study, campaign: str) -> tuple[Any, ...]:
    """The rows of the page's table of data sets: where what the study uses comes from, and whose it is."""
    from analysis.report.material import DatasetRow

    serving = (dataset for dataset in study.datasets if dataset.purpose)
    used = dict.fromkeys((*study.measured(campaign), *study.simulated, *serving))
    rows = [
        DatasetRow(
            name=dataset.name,
            title=dataset.title,
            kind=dataset.kind,
            events=dataset.events,
            licence=dataset.licence,
            doi=dataset.doi,
            citation=dataset.citation,
            url="" if dataset.doi else _address(dataset),
            origin="made by this study"
            if dataset.generate
            else published_origin(dataset.all_files, in_place=dataset.in_place),
        )
        for dataset in used
    ]
    rows += [
        DatasetRow(
            name=publication.name,
            title=publication.title,
            kind="published",
            licence=publication.licence,
            doi=publication.doi,
            citation=publication.citation,
            origin=_packages(publication),
        )
        for stage in study.stages_of(Publications)
        for publication in stage.publications
    ]
    return tuple(rows)


def _address(dataset: Dataset) -> str:
    """Return the address of a data set's first file that a browser can open; empty if there is none."""
    return next((file.url for file in dataset.files if file.url.startswith(("https://", "http://"))), "")


def _packages(publication: Publication) -> str:
    """The installed packages that a publication's numbers come in."""
    named = dict.fromkeys(f"{file.package} {file.version}" for file in publication.files)
    return f"in the package{'' if len(named) == 1 else 's'} {', '.join(named)}" if named else ""
