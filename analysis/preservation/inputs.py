"""External inputs of a study: events and published numbers, with their sources, licences and digests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from analysis.datasets import Dataset, PackageFile, Publication, SourceFile
from analysis.errors import StudyError
from analysis.preservation.sources import Input
from analysis.study import Publications, Study

__all__ = ["Input", "check_places", "files_of", "inputs_of"]


def files_of(study: Study, campaign: str) -> dict[SourceFile, Dataset]:
    """The files of events that a study reads in a campaign, those of friends included, each with its data set."""
    serving = (dataset for dataset in study.datasets if dataset.purpose)
    used = dict.fromkeys((*study.measured(campaign), *study.simulated, *serving))
    return {file: one for one in used for file in one.all_files}


def inputs_of(study: Study, campaign: str, inside: Mapping[SourceFile, str]) -> tuple[Input, ...]:
    """All files from outside that a study reads in a campaign, without repetition.

    Args:
        study: that reads them.
        campaign: its name; empty for a study without any.
        inside: files of this machine that lie in the capsule, with the names that they have there.
    """
    published: list[Publication] = [one for stage in study.stages_of(Publications) for one in stage.publications]
    found = [_input(file, one, _address(file, inside)) for file, one in files_of(study, campaign).items()]
    found += [
        _input(file, one, f"pkg:pypi/{file.package}@{file.version}#{file.path}")
        for one in published
        for file in one.files
    ]
    # one content may be wanted at two places
    known = {(one.content or one.name, one.mirror): one for one in found}
    return tuple(sorted(known.values(), key=lambda one: (one.address, one.mirror, one.name)))


def check_places(files: Iterable[SourceFile], needed: Collection[SourceFile]) -> None:
    """Make sure that files have places of their own in a mirror folder, if one of them is needed there.

    Args:
        files: of a study.
        needed: those of them that have to lie in one.

    Raises:
        StudyError: another file has the same place; the message names both.
    """
    taken: dict[str, SourceFile] = {}
    for file in (*needed, *files):
        other = taken.setdefault(file.place, file)
        if other.content != file.content and other in needed:
            raise StudyError(
                f"two files are at {file.place!r} in a folder of copies, and a rerun has one of them from there: "
                f"{other.url} and {file.url}",
                cure="give one of them another place: SourceFile(..., mirror='FOLDER/NAME'), 'mirror' in a catalogue",
            )


def _address(file: SourceFile, inside: Mapping[SourceFile, str]) -> str:
    """Address of a file for everybody: no path of this machine."""
    return file.url if file.path is None else inside.get(file, "")


def _input(file: SourceFile | PackageFile, owner: object, address: str) -> Input:
    common: dict[str, Any] = {
        name: str(getattr(owner, name, "") or "") for name in ("title", "licence", "doi", "citation")
    }
    common |= {"address": address, "sha256": file.sha256, "size": file.size}
    if isinstance(file, SourceFile):
        common |= {"mirror": file.place, "checksum": "" if file.sha256 else file.checksum}
    return Input(file.name, **common)
