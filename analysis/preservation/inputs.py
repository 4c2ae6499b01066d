"""What a study takes from outside: events and published numbers, with their sources, licences and digests."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.datasets import PackageFile, SourceFile
from analysis.study import Study

__all__ = ["Input", "inputs_of"]


@dataclass(frozen=True)
class Input:
    """One file from outside.

    Args:
        name: of the file.
        title: for people.
        address: URL, or a package with its version as a purl (``pkg:pypi/...``).
        sha256: of its content.
        size: in bytes; ``None`` if that is not known.
        licence: SPDX name; empty if unknown.
        doi: of the data set or publication; empty if it has none.
        citation: how to cite it.
        mirror: where it lies in a mirror folder; empty if it is part of a package.
    """

    name: str
    title: str
    address: str
    sha256: str
    size: int | None
    licence: str
    doi: str
    citation: str
    mirror: str = ""


def inputs_of(study: Study, campaign: str) -> tuple[Input, ...]:
    """All files from outside that a study reads in a campaign, without repetition."""
    serving = (study.dataset(name) for name in (*study.calibration_datasets, *study.scale_datasets))
    used = dict.fromkeys((*study.measured(campaign), *study.simulated, *serving))
    found = {file.sha256: _input(file, one) for one in (*used, *study.publications) for file in one.files}
    return tuple(sorted(found.values(), key=lambda one: (one.address, one.name)))


def _input(file: SourceFile | PackageFile, owner: object) -> Input:
    common = {name: str(getattr(owner, name, "") or "") for name in ("title", "licence", "doi", "citation")}
    if isinstance(file, SourceFile):
        return Input(file.name, address=file.url, sha256=file.sha256, size=file.size, mirror=file.mirror, **common)
    address = f"pkg:pypi/{file.package}@{file.version}#{file.path}"
    return Input(file.name, address=address, sha256=file.sha256, size=file.size, **common)
