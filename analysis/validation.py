"""Check a study when it is made: names, references, numbers that have to agree; no code of the study is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.chapters import Fit, Histograms, Training, Workspaces
from analysis.checking.fields import check_all
from analysis.checking.models import check_models
from analysis.checking.names import check_apart, check_known, check_name, check_unique
from analysis.checking.shifts import check_shift
from analysis.checking.sources import check_campaign, check_numbers, check_processes, check_sources
from analysis.errors import StudyError
from analysis.stages import Figures, Publications, Stage
from analysis.step import Step

if TYPE_CHECKING:
    from analysis.datasets import Dataset
    from analysis.study import Study

__all__ = ["check_normalised", "validate"]

_GROUPS = ("simulated", "measured")


def validate(study: Study) -> None:
    """Check what a study says against itself.

    Raises:
        StudyError: a field holds what it cannot, a name cannot be used or is there twice, something is named that does
            not exist, a simulated data set is in no process or has no cross section, one of a process is in no
            histogram, a shift changes nothing, or luminosities disagree; the message says what and what there is.
    """
    check_name("study", study.name)
    check_all(study)
    of = f"the study {study.name!r}"
    datasets = [dataset.name for dataset in study.datasets]
    campaigns = [campaign.name for campaign in study.campaigns]
    shifts = [name for shift in study.shifts for name in shift.names]
    purposes = {dataset.purpose for dataset in study.datasets if dataset.purpose}
    check_unique("data set", datasets, of)
    check_unique("campaign", campaigns, of)
    check_unique("choice of statistics", [one.name for one in study.statistics], of)
    check_unique("process", [process.name for process in study.processes], of)
    check_unique("shift", shifts, of)
    check_unique("stage", [stage.name for stage in study.stages], of)
    check_unique("purpose of data sets", sorted(purposes), of)
    check_apart({"data set": datasets, "group of data sets": purposes, "shift": shifts}, of)
    check_apart({"campaign": campaigns, "shift": shifts}, of)
    check_sources(study)
    check_numbers(study)
    for campaign in study.campaigns:
        check_campaign(study, campaign)
    for process in study.processes:
        check_known(process.datasets, datasets, f"the process {process.name!r}", "data set")
    for shift in study.shifts:
        check_shift(study, shift)
    for stage in study.stages:
        _check_stage(study, stage, [*datasets, *_GROUPS, *purposes])
    check_processes(study)
    check_models(study)


def _check_stage(study: Study, stage: Stage, sources: list[str]) -> None:
    where = f"the stage {stage.name!r}"
    of = f"{where} of the study {study.name!r}"
    if not stage.name.isidentifier() or not stage.name[:1].islower():
        raise StudyError(
            f"{where} cannot be the argument of a function",
            cure="use letters, digits and _, a small letter first, such as 'candidates'",
        )
    from analysis.wiring import RESERVED

    if stage.name in RESERVED:
        raise StudyError(f"{where}: as an argument, {stage.name!r} means: {RESERVED[stage.name]}", cure="rename it")
    if stage.holds in ("results", "figures") and stage.per not in ("study", "campaign"):
        raise StudyError(
            f"{where} holds {stage.holds} and is made per {stage.per}, but those are collected by study or campaign",
            cure="make it per='study' or per='campaign', or say holds='' and put it together in another stage",
        )
    check_known(stage.datasets, sources, where, "data set or group")
    names = [one.name for one in study.stages]
    check_known(stage.of.values(), names, where, "stage")
    check_known(stage.shifts, (name for shift in study.shifts for name in shift.names), where, "shift")
    if stage.shifts and stage.per in ("chunk", "dataset"):
        raise StudyError(
            f"{where} names shifts and is made per {stage.per}, where each series has its own shift",
            cure="leave shifts out, and ask for them with --shift or in a stage per='study'",
        )
    match stage:
        case Workspaces() if stage.per_seed and not any(one.per_seed for one in study.stages_of(Histograms)):
            raise StudyError(
                f"{where} is built for each seed, but no histograms are filled so",
                cure="say Histograms(..., per_seed=True), or leave it out",
            )
        case Figures() | Workspaces():
            check_unique("figure" if isinstance(stage, Figures) else "workspace", stage.names, of)
            if not stage.names:
                raise StudyError(f"{where} names nothing that it makes", cure="say names=(...)")
        case Training():
            check_unique("network", [network.name for network in stage.networks], of)
            check_unique("tuning", [tuning.name for tuning in stage.tunings], of)
            if not stage.networks:
                raise StudyError(f"{where} has no network", cure="say networks=(Network(...),)")
            _ = stage.chosen
            _check_blind(study, stage)
        case Publications():
            check_unique("publication", [one.name for one in stage.publications], of)
        case Histograms():
            _check_histograms(study, stage)


def _check_blind(study: Study, stage: Training) -> None:
    """Networks must not learn from measured events as long as a fit is blind."""
    names = [one.name for one in study.measured("") if not stage.datasets or {one.name, "measured"} & {*stage.datasets}]
    blind = [fit.name for fit in study.stages_of(Fit) if fit.blind and fit.fitted == "asimov"]
    if names and blind:
        raise StudyError(
            f"the stage {stage.name!r} trains on the measured data set {names[0]!r}, and the fit {blind[0]!r} is blind",
            cure="train on simulated events, on data sets with a purpose of their own, or let the fit look at the data",
        )


def _check_histograms(study: Study, stage: Histograms) -> None:
    where = f"the stage {stage.name!r}"
    of = f"{where} of the study {study.name!r}"
    processes = stage.processes or study.processes
    check_unique("variable", [variable.name for variable in stage.variables], of)
    check_unique("region", [region.name for region in stage.regions], of)
    check_unique("process", [process.name for process in processes], of)
    regions = [region.name for region in stage.regions]
    for variable in stage.variables:
        check_known(variable.regions, regions, f"the variable {variable.name!r}", "region")
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
        check_unique("uncertainty", [*stage.weight_shifts, *events], of)
    else:
        check_unique("uncertainty", [*(one.source for one in stage.weights.uncertainties), *events], of)
        check_known(stage.weights.scale, [process.name for process in processes], f"{where}: its Weights", "process")
        for one in stage.weights.uncertainties:
            check_known(
                one.processes, [process.name for process in processes], f"the uncertainty {one.source!r}", "process"
            )


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
