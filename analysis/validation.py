"""Check a study when it is made: names, references, numbers that have to agree; no code of the study is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from analysis.chapters import Histograms, Training, Workspaces
from analysis.checking.names import check_name, check_unique
from analysis.errors import StudyError
from analysis.stages import PER, Figures, Publications, Stage
from analysis.step import Step

if TYPE_CHECKING:
    from analysis.datasets import Dataset
    from analysis.study import Study

__all__ = ["check_normalised", "validate"]

_GROUPS = ("simulated", "measured")
# relative; luminosities are rounded where they are published
_AGREEMENT = 1e-3


def validate(study: Study) -> None:
    """Check what a study says against itself.

    Raises:
        StudyError: a name cannot be used or is there twice, something is named that does not exist, a simulated data
            set is in no process or has no cross section, or luminosities disagree; the message says what and what
            there is.
    """
    check_name("study", study.name)
    where = f"study {study.name!r}"
    check_unique("data set", [dataset.name for dataset in study.datasets])
    check_unique("campaign", [campaign.name for campaign in study.campaigns])
    check_unique("choice of statistics", [one.name for one in study.statistics])
    check_unique("process", [process.name for process in study.processes])
    check_unique("shift", [name for shift in study.shifts for name in shift.names])
    check_unique("stage", [stage.name for stage in study.stages])
    datasets = [dataset.name for dataset in study.datasets]
    purposes = {dataset.purpose for dataset in study.datasets if dataset.purpose}
    check_unique("purpose of data sets", purposes)
    for name in {*datasets} & {*_GROUPS, *purposes}:
        raise StudyError(f"{name!r} is a group of data sets, and the name of one, in the {where}")
    _check_sources(study)
    for campaign in study.campaigns:
        _known(campaign.measured, datasets, f"the campaign {campaign.name!r}", "data set")
        for name in campaign.measured:
            if study.dataset(name).kind != "measured":
                raise StudyError(f"the campaign {campaign.name!r} has {name!r}, which is simulated")
        _check_luminosity(study, campaign.name)
    for process in study.processes:
        _known(process.datasets, datasets, f"the process {process.name!r}", "data set")
    stages = {stage.name: stage for stage in study.stages}
    for shift in study.shifts:
        _known((shift.of,), stages, f"the shift {shift.source!r}", "stage")
        _known(shift.datasets, datasets, f"the shift {shift.source!r}", "data set")
        if not shift.up and not shift.down:
            raise StudyError(f"the shift {shift.source!r} changes nothing", cure="say up={...} and down={...}")
        if set(shift.up) != set(shift.down):
            up, down = (", ".join(way) or "nothing" for way in (shift.up, shift.down))
            raise StudyError(
                f"the shift {shift.source!r} changes {up} upwards, {down} downwards",
                cure="change the same settings in both directions",
            )
        settings = getattr(stages[shift.of].step, "settings", None)
        fields = [one.name for one in dataclasses.fields(settings)] if dataclasses.is_dataclass(settings) else []
        _known(shift.up, fields, f"the shift {shift.source!r}", f"setting of {shift.of!r}")
    for stage in study.stages:
        _check_stage(study, stage, [*datasets, *_GROUPS, *purposes])


def _check_sources(study: Study) -> None:
    """Every data set has events from somewhere, and no file counts twice."""
    owners: dict[tuple[str, ...], str] = {}
    for dataset in study.datasets:
        if not dataset.files and dataset.generate is None:
            raise StudyError(
                f"the data set {dataset.name!r} has neither files nor events of the study's own making",
                cure="say files=(...) and schema=..., or generate=Step(...), simulate=Step(...) and generated=N",
            )
        if "." in dataset.name:
            # what follows is a shift, in the store
            raise StudyError(f"the data set {dataset.name!r} has a name with '.'", cure="use _ instead")
        check_unique("file", [file.name.removesuffix(".root") for file in dataset.files])
        if len({file.sha256 for file in dataset.files}) < len(dataset.files):
            raise StudyError(
                f"two files of the data set {dataset.name!r} have the same content: its events would count twice",
                cure="leave one of them out",
            )
        for file in dataset.files:
            other = owners.setdefault((dataset.kind, dataset.purpose, file.sha256), dataset.name)
            if other != dataset.name:
                raise StudyError(
                    f"the file {file.name!r} is in the data sets {other!r} and {dataset.name!r}: its events would "
                    "count twice",
                    cure="leave it out of one of them; processes may share a data set",
                )


def _check_stage(study: Study, stage: Stage, sources: list[str]) -> None:
    where = f"the stage {stage.name!r}"
    if not stage.name.isidentifier() or not stage.name[:1].islower():
        raise StudyError(
            f"{where} cannot be the argument of a function",
            cure="use letters, digits and _, a small letter first, such as 'candidates'",
        )
    from analysis.wiring import RESERVED

    if stage.name in RESERVED:
        raise StudyError(f"{where}: as an argument, {stage.name!r} means: {RESERVED[stage.name]}", cure="rename it")
    if stage.per not in PER:
        raise StudyError(f"{where} is made per {stage.per!r}", cure=f"use one of: {', '.join(PER)}")
    if stage.holds not in ("", "events", "results", "figures"):
        raise StudyError(f"{where} holds {stage.holds!r}", cure="use one of: events, results, figures, or nothing")
    if stage.holds in ("results", "figures") and stage.per not in ("study", "campaign"):
        raise StudyError(
            f"{where} holds {stage.holds} and is made per {stage.per}, but those are collected by study or campaign",
            cure="make it per='study' or per='campaign', or say holds='' and put it together in another stage",
        )
    _known(stage.datasets, sources, where, "data set or group")
    names = [one.name for one in study.stages]
    _known(stage.of.values(), names, where, "stage")
    match stage:
        case Figures() | Workspaces():
            check_unique("figure" if isinstance(stage, Figures) else "workspace", stage.names)
            if not stage.names:
                raise StudyError(f"{where} names nothing that it makes", cure="say names=(...)")
        case Training():
            check_unique("network", [network.name for network in stage.networks])
            check_unique("tuning", [tuning.name for tuning in stage.tunings])
            if not stage.networks:
                raise StudyError(f"{where} has no network", cure="say networks=(Network(...),)")
            _ = stage.chosen
        case Publications():
            check_unique("publication", [one.name for one in stage.publications])
        case Histograms():
            _check_histograms(study, stage)


def _check_histograms(study: Study, stage: Histograms) -> None:
    where = f"the stage {stage.name!r}"
    processes = stage.processes or study.processes
    check_unique("variable", [variable.name for variable in stage.variables])
    check_unique("region", [region.name for region in stage.regions])
    check_unique("process", [process.name for process in processes])
    regions = [region.name for region in stage.regions]
    for variable in stage.variables:
        _known(variable.regions, regions, f"the variable {variable.name!r}", "region")
    covered = {name for process in processes for name in process.datasets}
    wanted = study.dataset_names(stage.datasets, "") if stage.datasets else [d.name for d in study.simulated]
    for name in wanted:
        check_normalised(study.dataset(name), where)
        if study.dataset(name).kind == "simulated" and name not in covered:
            raise StudyError(
                f"{where} fills histograms of the simulated data set {name!r}, which belongs to no process",
                cure="add it to the datasets of a Process, or say which data sets the stage is made of",
            )
    if stage.weights is None:
        raise StudyError(f"{where} has no weights", cure="say weights=Weights() or weights=Step(...)")
    events = [shift.source for shift in study.shifts]
    if isinstance(stage.weights, Step):
        check_unique("uncertainty", [*stage.weight_shifts, *events])
    else:
        check_unique("uncertainty", [*(one.source for one in stage.weights.uncertainties), *events])
        for one in stage.weights.uncertainties:
            _known(one.processes, [process.name for process in processes], f"the uncertainty {one.source!r}", "process")


def check_normalised(dataset: Dataset, where: str) -> None:
    """Check that it is known how many events of a simulated data set are expected for a luminosity.

    Args:
        dataset: whose events are counted.
        where: they are, such as ``"the stage 'histograms'"``.

    Raises:
        StudyError: its cross section or its number of generated events is missing.
    """
    known = {"cross_section": dataset.cross_section is not None, "generated": bool(dataset.generated)}
    words = {"cross_section": "no cross section", "generated": "no number of generated events"}
    missing = [name for name, given in known.items() if not given]
    if dataset.kind == "measured" or not missing:
        return
    meant = {"cross_section": "a cross section is in pb", "generated": "events are counted before any selection"}
    raise StudyError(
        f"the simulated data set {dataset.name!r} has {' and '.join(words[name] for name in missing)}, but {where} "
        "counts its events for a luminosity",
        cure=f"say Dataset({dataset.name!r}, ..., {', '.join(f'{name}=...' for name in missing)}); "
        f"{', '.join(meant[name] for name in missing)}",
    )


def _check_luminosity(study: Study, name: str) -> None:
    """Compare with the data sets: their sum, or what each of them has where all saw the same collisions."""
    campaign = study.campaign(name)
    known = [study.dataset(one).luminosity for one in campaign.measured]
    told = [one for one in known if one is not None]
    if not told or len(told) < len(known):
        return
    for expected in (sum(told), max(told)):
        if abs(campaign.luminosity - expected) <= _AGREEMENT * expected:
            return
    raise StudyError(
        f"the campaign {name!r} has {campaign.luminosity:g}/fb, its data sets "
        + ", ".join(f"{one} {study.dataset(one).luminosity:g}" for one in campaign.measured),
        cure="correct one of them: a campaign has the sum, or, where data sets saw the same collisions, that of one",
    )


def _known(names: Iterable[str], known: Iterable[str], where: str, what: str) -> None:
    listed = list(known)
    for name in names:
        if name not in listed:
            near = get_close_matches(name, listed, 1)
            raise StudyError(
                f"{where} names the {what} {name!r}, which does not exist"
                + (f"; did you mean {near[0]!r}?" if near else ""),
                cure=f"use some of: {', '.join(listed)}" if listed else f"there is no {what}",
            )
