"""Check standard models and fits against the study that they are in, when it is made.

What a model names is checked again when its workspace is built, of the histograms as they were filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.chapters import Fit, Histograms, Workspaces
from analysis.checking.names import check_known, did_you_mean
from analysis.errors import StudyError
from analysis.stages import Stage
from analysis.step import Step

if TYPE_CHECKING:
    from analysis.inference.histfactory_settings import Model
    from analysis.inference.measurement_settings import Interest
    from analysis.measurement import Variable
    from analysis.study import Study

__all__ = ["check_models"]

_BUILD = "analysis.inference.histfactory:build"
_MEASURE = "analysis.inference.measurement:measure"
#: name of the process that measured events are counted for
_DATA = "data"
#: how parameters begin that are named by regions: those of the statistics of each bin
_STATISTICS = "stat_"


def check_models(study: Study) -> None:
    """Check the models that this project's own functions build and fit.

    Raises:
        StudyError: a model names a region, variable, process or shift that its histograms will not have, or a fit is
            asked for a workspace or parameter that will not be there; the message has the nearest name.
    """
    for stage in study.stages_of(Workspaces):
        histograms = _taken(study, stage, "histograms", Histograms)
        for model in _models(stage) if histograms else ():
            _check_model(study, histograms, model, f"the stage {stage.name!r}: the model {model.name!r}")
    for fit in study.stages_of(Fit):
        workspaces = _taken(study, fit, "workspaces", Workspaces)
        if workspaces and fit.step and fit.step.function == _MEASURE and _models(workspaces):
            for interest in getattr(fit.step.settings, "interest", ()):
                _check_interest(study, workspaces, interest, f"the stage {fit.name!r}")


def _models(stage: Stage) -> tuple[Model, ...]:
    if stage.step is None or stage.step.function != _BUILD:
        return ()
    settings: Any = stage.step.settings
    return tuple(getattr(settings, "models", ())) or ((settings,) if hasattr(settings, "channels") else ())


def _taken(study: Study, stage: Stage, argument: str, kind: type[Any]) -> Any:
    """The stage that a step takes as an argument; ``None`` if it is of another kind."""
    name = stage.of.get(argument, argument)
    return next((one for one in study.stages if one.name == name and isinstance(one, kind)), None)


def _check_model(study: Study, stage: Histograms, model: Model, where: str) -> None:
    regions = [region.name for region in stage.regions]
    variables: dict[str, Variable] = {variable.name: variable for variable in stage.variables}
    processes = [process.name for process in stage.processes or study.processes]
    check_known((one.region for one in model.channels), regions, where, "region")
    check_known((one.variable for one in model.channels), variables, where, "variable")
    for one in model.channels:
        filled = variables[one.variable].regions
        if filled and one.region not in filled:
            raise StudyError(
                f"{where} fits the variable {one.variable!r} in the region {one.region!r}, in which it is not filled",
                cure=f"add the region to the variable's, or fit it in one of: {', '.join(filled)}",
            )
    check_known(model.processes, processes, where, "process")
    fitted = model.processes or processes
    check_known(model.strength, fitted, where, "process")
    check_known((factor.process for factor in model.free), fitted, where, "process")
    check_known((name for source in model.normalisations for name in source.processes), fitted, where, "process")
    check_known((name for factor in model.free for name in factor.regions), regions, where, "region")
    check_known((name for source in model.normalisations for name in source.regions), regions, where, "region")
    check_known((model.data,) if model.data else (), (_DATA, *processes), where, "process of its data")
    check_known(model.uncertainties or (), _sources(study, stage), where, "shift")
    bounded = (name for name in model.bounds if not name.startswith(_STATISTICS))
    check_known(bounded, _parameters(study, stage, model), where, "parameter of its bounds")


def _sources(study: Study, stage: Histograms) -> tuple[str, ...]:
    table = () if isinstance(stage.weights, Step) else stage.weights.uncertainties
    return (*(shift.source for shift in study.shifts), *stage.weight_shifts, *(one.source for one in table))


def _parameters(study: Study, stage: Histograms | None, model: Model) -> tuple[str, ...]:
    """Names of a model's parameters, without those of the statistics of each bin."""
    shifts = model.uncertainties or ()
    if model.uncertainties is None and stage is not None:
        shifts = _sources(study, stage)
    free = (one.parameter for one in model.free)
    return tuple(dict.fromkeys((*model.parameters, *free, *(one.source for one in model.normalisations), *shifts)))


def _check_interest(study: Study, workspaces: Workspaces, interest: Interest, where: str) -> None:
    models = {model.name: model for model in _models(workspaces)}
    told = f"{where}: the number {interest.name!r}"
    if interest.workspace:
        check_known((interest.workspace,), models, told, "workspace")
    histograms = _taken(study, workspaces, "histograms", Histograms)
    for model in models.values():
        known = _parameters(study, histograms, model)
        if interest.workspace in ("", model.name) and interest.parameter not in known:
            # shifts of histograms that a task of one's own fills are not known here
            if histograms is None and model.uncertainties is None:
                continue
            others = [name for name, one in models.items() if interest.parameter in _parameters(study, histograms, one)]
            raise StudyError(
                f"{told} names the parameter {interest.parameter!r}, which the model {model.name!r} does not have"
                + did_you_mean(interest.parameter, known),
                cure=f"say Interest(..., workspace={others[0]!r}), or use some of: {', '.join(known)}"
                if others
                else f"use some of: {', '.join(known)}",
            )
