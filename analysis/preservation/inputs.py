"""External inputs of a study: events and published numbers, with their sources, licences and digests."""

from __future__ import annotations

from analysis.datasets import Dataset, PackageFile, Publication, SourceFile
from analysis.preservation.sources import Input
from analysis.study import Publications, Study

__all__ = ["Input", "inputs_of"]


def inputs_of(study: Study, campaign: str) -> tuple[Input, ...]:
    """All files from outside that a study reads in a campaign, without repetition."""
    serving = (dataset for dataset in study.datasets if dataset.purpose)
    used = dict.fromkeys((*study.measured(campaign), *study.simulated, *serving))
    published = (one for stage in study.stages_of(Publications) for one in stage.publications)
    owners: tuple[Dataset | Publication, ...] = (*used, *published)
    found = {file.sha256: _input(file, one) for one in owners for file in one.files}
    return tuple(sorted(found.values(), key=lambda one: (one.address, one.name)))


def _input(file: SourceFile | PackageFile, owner: object) -> Input:
    common = {name: str(getattr(owner, name, "") or "") for name in ("title", "licence", "doi", "citation")}
    if isinstance(file, SourceFile):
        return Input(file.name, address=file.url, sha256=file.sha256, size=file.size, mirror=file.mirror, **common)
    address = f"pkg:pypi/{file.package}@{file.version}#{file.path}"
    return Input(file.name, address=address, sha256=file.sha256, size=file.size, **common)
