"""Stages that a stage takes: the names of its function's arguments, read from the syntax tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from analysis.chapters import Apply, Fit, Histograms, Scores, Training, Validation
from analysis.checking.shifts import check_shifts_arrive
from analysis.checking.signature import arguments_of
from analysis.checking.step_files import check_step_files
from analysis.errors import StudyError
from analysis.stages import Stage, Task
from analysis.step import Step
from analysis.study import Study
from analysis.validation import check_normalised

__all__ = [
    *("RESERVED", "WEIGHTS_TAKE", "Wiring", "check_graph", "covered", "in_order", "made_with", "upstream", "wiring"),
]

#: names of arguments that are no stages, and what they bring
RESERVED: dict[str, str] = {
    "data": "which data are looked at, 'asimov' or 'observed'",
    "dataset": "the data set, without what it is normalised with and where its events come from",
    "files": "paths of the files that its Step declares, by name; for reading",
    "fold": "number of the fold",
    "label": "what stands above figures",
    "luminosity": "of the campaign, in 1/fb",
    "raw": "raw events of the data set",
    "settings": "settings of the step",
    "titles": "titles of the study's processes, by name",
    "truth": "generated truth of the same events; for training, evaluation and figures alone",
    "weight_per_fb": "expected events per generated event and 1/fb",
}
#: arguments of a step that weighs events
WEIGHTS_TAKE = ("events", "dataset", "weight_per_fb", "settings", "files")
_PER_DATASET = {"dataset", "weight_per_fb"}
_WITH_TRUTH = ("inputs", "results", "figures")


@dataclass(frozen=True)
class Wiring:
    """The stages and other arguments that a stage takes.

    Args:
        stages: names of stages, by argument of the function.
        reserved: names of the other arguments that it takes, see :data:`RESERVED`.
    """

    stages: Mapping[str, str]
    reserved: frozenset[str] = frozenset()


# with the studies, so that no other one ever gets the same id
_known: dict[int, tuple[Study, dict[str, Wiring], dict[str, set[str]]]] = {}


def _of_study(study: Study) -> tuple[dict[str, Wiring], dict[str, set[str]]]:
    known = _known.setdefault(id(study), (study, {}, {}))
    return known[1], known[2]


def wiring(study: Study, stage: Stage) -> Wiring:
    """Find out what a stage of a study takes; once for each.

    Raises:
        StudyError: an argument names neither a stage nor anything else that there is, or something that the stage
            must not take; a stage of ``of`` is none of the study; the function does not exist.
    """
    wirings, _ = _of_study(study)
    if stage.name not in wirings:
        wirings[stage.name] = _wiring(study, stage)
    return wirings[stage.name]


def _wiring(study: Study, stage: Stage) -> Wiring:
    match stage:
        case Training():
            if study.stage(stage.inputs).format != "inputs":
                raise StudyError(
                    f"the stage {stage.name!r} trains on {stage.inputs!r}, which holds no inputs of networks",
                    cure="make it a stage Inputs",
                )
            return _checked(study, stage, Wiring({"inputs": stage.inputs}))
        case Scores():
            training = study.stage(stage.training)
            if not isinstance(training, Training):
                raise StudyError(f"the stage {stage.name!r} scores with {stage.training!r}, which is no Training")
            return _checked(study, stage, Wiring({"inputs": training.inputs, "networks": stage.training}))
        case Apply():
            return _checked(study, stage, Wiring({"events": stage.events}, frozenset({"settings"})))
        case Histograms():
            taken = _taken_by_weights(study, stage)
            return _checked(
                study, stage, Wiring({"events": stage.events, **{name: name for name in stage.scores}, **taken})
            )
        case Task():
            return _checked(study, stage, Wiring({name: name for name in stage.takes}))
    if stage.step is None:
        return Wiring({})
    known = {one.name for one in study.stages}
    stages: dict[str, str] = {}
    reserved: set[str] = set()
    signature = arguments_of(stage.step)
    for argument in signature.names:
        if argument in stage.of:
            stages[argument] = stage.of[argument]
        elif argument == "files":
            # whoever calls a step brings them
            continue
        elif argument in RESERVED:
            reserved.add(argument)
        elif argument in known and argument != stage.name:
            stages[argument] = argument
        elif argument not in signature.defaults:
            near = get_close_matches(argument, [*known, *RESERVED], 1)
            raise StudyError(
                f"the stage {stage.name!r}: {stage.step.function} has an argument {argument!r}, which is no stage of "
                f"the study {study.name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
                cure=f"name a stage ({', '.join(sorted(known - {stage.name}))}), one of {', '.join(sorted(RESERVED))}, "
                f"or say of={{{argument!r}: 'STAGE'}}",
            )
    if stage.step.settings is not None and "settings" not in reserved:
        raise StudyError(
            f"the stage {stage.name!r} has settings, but {stage.step.function} has no argument 'settings'",
            cure="give it one, or leave the settings out",
        )
    if unused := [argument for argument in stage.of if argument not in signature.names]:
        raise StudyError(
            f"the stage {stage.name!r} says of={{{unused[0]!r}: ...}}, but {stage.step.function} has no such argument",
            cure=f"use one of: {', '.join(signature.names)}",
        )
    return _checked(study, stage, Wiring(stages, frozenset(reserved)))


def _taken_by_weights(study: Study, stage: Histograms) -> dict[str, str]:
    """Find the stages that the step of a stage's weights takes, such as derived corrections."""
    if not isinstance(stage.weights, Step):
        return {}
    step, signature = stage.weights, arguments_of(stage.weights)
    able = {one.name for one in study.stages if one.per in ("study", "campaign") and one.name != stage.name}
    taken = {name: name for name in signature.names if name in able and name not in WEIGHTS_TAKE}
    known = (*WEIGHTS_TAKE, *taken, *signature.defaults)
    if any(name not in known for name in signature.names) or (
        step.settings is not None and "settings" not in signature.names
    ):
        raise StudyError(
            f"the stage {stage.name!r}: its weights are {signature}",
            cure=f"weights are f({', '.join(WEIGHTS_TAKE)}) -> dict of arrays; what is not needed may be left out, and "
            "stages that are made once for the study or a campaign may be added",
        )
    return taken


def _checked(study: Study, stage: Stage, found: Wiring) -> Wiring:
    for name in found.stages.values():
        study.stage(name)
    if "truth" in found.reserved and stage.format not in _WITH_TRUTH:
        raise StudyError(
            f"the stage {stage.name!r} takes the truth, which it must not see",
            cure="only features for a training (Inputs), results and figures may know the truth",
        )
    if stage.per in ("study", "campaign", "fold") and (wrong := sorted(found.reserved & _PER_DATASET)):
        raise StudyError(
            f"the stage {stage.name!r} is made per {stage.per}, so there is no one {wrong[0]}",
            cure="make it per chunk or per dataset, or leave the argument out",
        )
    if stage.per == "study":
        for name in found.stages.values():
            if study.stage(name).per == "campaign":
                raise StudyError(
                    f"the stage {stage.name!r} is made once for the study, of {name!r}, which is made per campaign",
                    cure="make it per='campaign'",
                )
    if "luminosity" in found.reserved and stage.per != "campaign":
        raise StudyError(f"the stage {stage.name!r} takes a luminosity", cure="make it per='campaign'")
    if "fold" in found.reserved and stage.per != "fold":
        raise StudyError(f"the stage {stage.name!r} takes a fold", cure="make it per='fold', folds=K")
    if "label" in found.reserved and stage.holds != "figures":
        raise StudyError(f"the stage {stage.name!r} takes a label", cure="only Figures have one")
    if "data" in found.reserved and not isinstance(stage, Fit | Validation):
        raise StudyError(
            f"the stage {stage.name!r} takes 'data'",
            cure="only a Fit or a Validation can be told which data to look at",
        )
    return found


def upstream(study: Study, name: str) -> set[str]:
    """Names of all stages that a stage is made of, directly or not; the stage itself left out.

    Raises:
        StudyError: stages depend on each other in a circle.
    """
    _, known = _of_study(study)
    if name in known:
        return known[name]
    found: set[str] = set()
    waiting = list(wiring(study, study.stage(name)).stages.values())
    while waiting:
        one = waiting.pop()
        if one == name:
            raise StudyError(f"the stage {name!r} of the study {study.name!r} depends on itself")
        if one not in found:
            found.add(one)
            waiting += wiring(study, study.stage(one)).stages.values()
    known[name] = found
    return found


def made_with(study: Study, name: str) -> set[str]:
    """Names of a stage and all that it is made of; ``generate`` and ``simulate``, too, where it depends on these steps.

    Raises:
        StudyError: stages depend on each other in a circle.
    """
    stages = {name, *upstream(study, name)}
    taken = {argument for one in stages for argument in wiring(study, study.stage(one)).reserved}
    known = {stage.name for stage in study.stages}
    origin = {"generate", "simulate"} if "raw" in taken else {"generate"} if "truth" in taken else set()
    return stages | (origin - known)


def covered(study: Study, name: str) -> frozenset[str]:
    """Names of the data sets that a stage per chunk or data set can be made of.

    That is what the stage says, as far as the stages that it takes can be made of it.
    """
    stage = study.stage(name)
    every = [dataset.name for dataset in study.datasets]
    own = frozenset(study.dataset_names(stage.datasets, "") if stage.datasets else every)
    for other in wiring(study, stage).stages.values():
        if study.stage(other).per in ("chunk", "dataset"):
            own &= covered(study, other)
    return own


def in_order(study: Study) -> list[Stage]:
    """Sort stages so that each comes after those that it takes."""
    done: dict[str, Stage] = {}

    def add(stage: Stage) -> None:
        for name in wiring(study, stage).stages.values():
            if name not in done:
                add(study.stage(name))
        done.setdefault(stage.name, stage)

    for stage in study.stages:
        add(stage)
    return list(done.values())


def check_graph(study: Study) -> None:
    """Check that every stage can get what it takes, none depends on itself, and shifts reach the histograms.

    Raises:
        StudyError: see :func:`wiring`; a stage is to weigh simulated events whose cross section is not known; a shift
            changes nothing (:func:`analysis.checking.shifts.check_shifts_arrive`); a file of a step is missing
            (:func:`analysis.checking.step_files.check_step_files`).
    """
    for stage in study.stages:
        above = upstream(study, stage.name)
        if "weight_per_fb" in wiring(study, stage).reserved:
            for dataset in study.datasets:
                if dataset.name in covered(study, stage.name) and (stage.datasets or not dataset.purpose):
                    check_normalised(dataset, f"the stage {stage.name!r}")
        if isinstance(stage, Scores | Training):
            _check_folds(study, stage, above)
        elif stage.format not in (*_WITH_TRUTH, "histograms") and not isinstance(stage, Apply):
            _check_labels(study, stage)
    check_shifts_arrive(study, made_with)
    check_step_files(study)


def _check_labels(study: Study, stage: Stage) -> None:
    """Events must not learn the truth from what others say of each event, such as labels and targets of a training."""
    for name in wiring(study, stage).stages.values():
        other = study.stage(name)
        if other.per in ("chunk", "dataset") and "truth" in wiring(study, other).reserved:
            raise StudyError(
                f"the stage {stage.name!r} takes {name!r}, which knows the truth of each event",
                cure=f"take what {name!r} is made of, or the scores of a training",
            )


def _check_folds(study: Study, stage: Stage, above: set[str]) -> None:
    """Networks that feed each other need the same folds: then no event is judged by a network that saw it."""
    trainings = [one for one in study.stages_of(Training) if one.name == stage.name or one.name in above]
    folds = {one.name: one.chosen.training.folds for one in trainings}
    if len(set(folds.values())) > 1:
        raise StudyError(
            f"the networks that {stage.name!r} is made with have different folds: "
            + ", ".join(f"{name} {number}" for name, number in folds.items()),
            cure="give them the same number: no event may be judged by a network that saw it",
        )
