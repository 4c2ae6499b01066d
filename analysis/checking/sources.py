"""Check data sets, campaigns and processes of a study against each other, when it is made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.chapters import Histograms
from analysis.checking.names import check_known, check_unique
from analysis.errors import StudyError

if TYPE_CHECKING:
    from analysis.study import Campaign, Dataset, Study

__all__ = ["check_campaign", "check_numbers", "check_processes", "check_sources"]

# relative; luminosities are rounded where they are published
_AGREEMENT = 1e-3


def check_sources(study: Study) -> None:
    """Every data set has events from somewhere, and no file counts twice.

    Raises:
        StudyError: see above.
    """
    owners: dict[tuple[str, ...], str] = {}
    for dataset in study.datasets:
        _check_files(dataset)
    for dataset in study.datasets:
        if not dataset.files and dataset.generate is None:
            raise StudyError(
                f"the data set {dataset.name!r} has neither files nor events of the study's own making",
                cure="say files=(...) and schema=..., or generate=Step(...), simulate=Step(...) and generated=N",
            )
        tree = dataset.schema.tree if dataset.schema else ""
        for file in dataset.files:
            # several trees of a file are several data sets
            other = owners.setdefault((dataset.kind, dataset.purpose, file.content, tree), dataset.name)
            if other != dataset.name:
                raise StudyError(
                    f"the file {file.name!r} is in the data sets {other!r} and {dataset.name!r}: its events would "
                    "count twice",
                    cure="leave it out of one of them; processes may share a data set",
                )


def _check_files(dataset: Dataset) -> None:
    """Check what is known of a data set's files."""
    if not dataset.files:
        if dataset.generate is not None or not dataset.friends:
            return
        raise StudyError(f"the data set {dataset.name!r} has friends, but no files", cure="say files=(...) first")
    where = f"the data set {dataset.name!r}"
    check_unique("file", [file.name for file in dataset.all_files], where)
    _ = dataset.reader
    contents = [file.content for file in dataset.files]
    if len(set(contents)) < len(contents) and all(contents):
        raise StudyError(
            f"two files of the data set {dataset.name!r} have the same content: its events would count twice",
            cure="leave one of them out",
        )
    for file in dataset.all_files:
        if not file.content or (not file.sha256 and file.size is None):
            raise StudyError(
                f"{where}: nothing tells what its file {file.name!r} holds, so that a change would go unseen",
                cure="say its sha256, or size and checksum; law run DescribeFiles finds them",
            )
    for friend in dataset.friends:
        known = set(dataset.schema.names if dataset.schema else ())
        check_known(friend.same, known & set(friend.schema.names), f"{where}: a friend", "column of both")
        if twice := sorted(known & set(friend.schema.names) - set(friend.same)):
            raise StudyError(
                f"{where} and its friend both have the column {twice[0]!r}",
                cure="say same=(...) if it must agree, or Column('other_name', source=...) if it is something else",
            )
        if friend.files and (events := sum(file.events for file in friend.files)) != dataset.events:
            raise StudyError(
                f"{where} has {dataset.events} events, its friend {events}: they are not the same",
                cure="name all files of both, in the same order",
            )


def check_numbers(study: Study) -> None:
    """Cross sections, luminosities and numbers of events are positive: weights may be negative, these cannot.

    Raises:
        StudyError: one is not.
    """
    for dataset in study.datasets:
        where = f"the data set {dataset.name!r}"
        _positive(where, "cross_section", dataset.cross_section, "in pb")
        _positive(where, "generated", dataset.generated, "of events before any selection")
        _positive(where, "luminosity", dataset.luminosity, "in 1/fb")
        if dataset.generate is not None and dataset.generated is not None and not isinstance(dataset.generated, int):
            raise StudyError(
                f"{where}: its generated is {dataset.generated!r}, events of the study's own making",
                cure="give a whole number",
            )
    for campaign in study.campaigns:
        _positive(f"the campaign {campaign.name!r}", "luminosity", campaign.luminosity, "in 1/fb")
    for choice in study.statistics:
        _positive(f"the choice of statistics {choice.name!r}", "factor", choice.factor, "such as 10.0")
        study.changed_stages(choice.changes)
    _positive(f"the study {study.name!r}", "chunk_events", study.chunk_events, "of events in a chunk, such as 500_000")


def check_campaign(study: Study, campaign: Campaign) -> None:
    """A campaign has measured data sets, each once, and their luminosity; those beside it have some of its data sets.

    The luminosity is their sum, or what each of them has where all saw the same collisions.

    Raises:
        StudyError: a data set does not exist, is simulated, is there twice or has no luminosity where others
            have one; luminosities disagree; or a campaign beside it does not exist, or is no part of it.
    """
    where = f"the campaign {campaign.name!r}"
    check_known(campaign.measured, (dataset.name for dataset in study.datasets), where, "data set")
    measured = [study.dataset(name) for name in campaign.measured]
    for dataset in measured:
        if dataset.kind != "measured":
            raise StudyError(
                f"{where} has {dataset.name!r}, which is simulated",
                cure="name measured data sets; simulated ones belong to every campaign",
            )
        if campaign.measured.count(dataset.name) > 1:
            raise StudyError(f"{where} has the data set {dataset.name!r} twice", cure="name it once")
    _check_beside(study, campaign, where)
    if all(dataset.luminosity is None for dataset in measured):
        return  # the campaign alone says it
    for dataset in measured:
        if dataset.luminosity is None:
            raise StudyError(
                f"{where} has {campaign.luminosity:g}/fb, and its data set {dataset.name!r} no luminosity, unlike "
                "others: nobody can tell whether they agree",
                cure=f"say luminosity=... (in 1/fb) in the Dataset {dataset.name!r}",
            )
    known = [dataset.luminosity or 0.0 for dataset in measured]
    if not any(abs(campaign.luminosity - one) <= _AGREEMENT * one for one in (sum(known), max(known))):
        raise StudyError(
            f"{where} has {campaign.luminosity:g}/fb, its data sets "
            + ", ".join(f"{one.name} {one.luminosity:g}" for one in measured),
            cure="correct one of them: a campaign has the sum, or, where data sets saw the same collisions, that of "
            "one",
        )


def _check_beside(study: Study, campaign: Campaign, where: str) -> None:
    check_known(campaign.beside, (one.name for one in study.campaigns), f"{where}, beside,", "campaign")
    for name in campaign.beside:
        if not set(study.campaign(name).measured) < set(campaign.measured) or campaign.beside.count(name) > 1:
            raise StudyError(
                f"{where} names {name!r} beside it, which is no part of it, or is there twice",
                cure="name campaigns of some of its data sets, each once",
            )


def check_processes(study: Study) -> None:
    """Check that each data set of a process fills some histogram, if the study has histograms of the process.

    Raises:
        StudyError: one is not, so that it would be missing from what is expected.
    """
    stages = study.stages_of(Histograms)
    wanted = {stage.name: _filled(study, stage) for stage in stages}
    shared = [stage for stage in stages if not stage.processes]
    told = [(process, shared) for process in study.processes if shared]
    told += [(process, [stage]) for stage in stages for process in stage.processes]
    for process, filling in told:
        for name in process.datasets:
            dataset = study.dataset(name)
            if dataset.kind == "measured":
                raise StudyError(
                    f"the process {process.name!r} names the measured data set {name!r}, whose events count as data "
                    "and never as a process",
                    cure="name simulated data sets",
                )
            if not any(name in wanted[stage.name] for stage in filling):
                raise StudyError(
                    f"the process {process.name!r} names the data set {name!r}, which no histogram is filled with: "
                    "it would be missing from what is expected",
                    cure=_cure(dataset, [stage.name for stage in filling]),
                )


def _filled(study: Study, stage: Histograms) -> set[str]:
    """Names of the data sets that a stage's histograms are filled with."""
    if not stage.datasets:
        return {dataset.name for dataset in study.datasets if not dataset.purpose}
    return set(study.dataset_names(stage.datasets, ""))


def _cure(dataset: Dataset, stages: list[str]) -> str:
    if dataset.purpose:
        return (
            f"leave purpose={dataset.purpose!r} out of the Dataset, which keeps it out of histograms, or take it out "
            "of the process"
        )
    return f"add it to the datasets of the stage {' or '.join(map(repr, stages))}, or take it out of the process"


def _positive(where: str, name: str, value: Any, what: str) -> None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (known and 0 < value < math.inf):
        raise StudyError(f"{where}: its {name} is {value!r}", cure=f"give a number above 0, {what}")
