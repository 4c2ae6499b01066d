"""All that is found out of the fit of one workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis.errors import FitError, StudyError
from analysis.inference.conditional import Fitted
from analysis.inference.goodness import Goodness, goodness
from analysis.inference.impacts import Impacts, impacts
from analysis.inference.intervals import Interval, Scan, intervals, scan
from analysis.inference.limits import Exclusion, Limit
from analysis.inference.measurement_settings import FitSettings
from analysis.inference.model import Model, build_model
from analysis.inference.notes import notes_of
from analysis.inference.prediction import Prediction, jacobian, predict, prefit
from analysis.inference.significance import Significance, significance
from analysis.inference.toy_limits import toy_limit

__all__ = ["Findings", "find_out"]


@dataclass(frozen=True, eq=False)
class Findings:
    """Results of a fit.

    Args:
        workspace: its name.
        data: what was fitted, ``"observed"`` or ``"asimov"``.
        fitted: the best fit.
        intervals: by parameter of interest, like the following.
        impacts: of all parameters on all others; ``None`` if nobody asked.
        scans: of the profile likelihood.
        significances: where somebody asked.
        limits: where somebody asked.
        goodness: of the fit.
        before: what is expected at the start values, with the uncertainties of the constraints.
        after: what is expected after the fit.
        notes: what a reader of any of these results has to know, sentences.
    """

    workspace: str
    data: str
    fitted: Fitted
    intervals: Mapping[str, Interval]
    impacts: Impacts | None
    scans: Mapping[str, Scan]
    significances: Mapping[str, Significance]
    limits: Mapping[str, Limit]
    goodness: Goodness
    before: Prediction
    after: Prediction
    notes: tuple[str, ...]


def find_out(
    name: str, workspace: Mapping[str, Any], data: Literal["observed", "asimov"], settings: FitSettings
) -> Findings:
    """Fit a workspace and find out what the settings ask for.

    Args:
        name: of the workspace, for messages.
        workspace: HistFactory workspace.
        data: ``"asimov"``: what is expected at the start values is fitted, and the observations are not looked at.
        settings: what is asked.

    Raises:
        DataError: the workspace is damaged.
        FitError: a fit did not converge; the message names the workspace.
        StudyError: it has no parameter of interest of that name.
    """
    model = build_model(workspace)
    asked = [interest for interest in settings.interest if interest.workspace in ("", name)]
    for interest in asked:
        if interest.parameter not in model.names:
            raise StudyError(
                f"the workspace {name!r} has no parameter {interest.parameter!r}, which is to be measured in it",
                cure=f"use one of: {', '.join(model.names)}",
            )
    names = list(dict.fromkeys(interest.parameter for interest in asked))
    fixed = [parameter for parameter in names if not model.free[model.index(parameter)]]
    for parameter in fixed:
        _check_influence(name, model, parameter)
    model = model.freed(fixed)
    try:
        fitted = Fitted.of(model, model.asimov(model.start) if data == "asimov" else None)
        found = intervals(fitted, names)
        return Findings(
            workspace=name,
            data=data,
            fitted=fitted,
            intervals=found,
            impacts=impacts(fitted) if settings.impacts and names else None,
            scans={
                parameter: scan(fitted, parameter, interval, settings.scan_points, settings.scan_width)
                for parameter, interval in found.items()
                if settings.scan_points
            },
            significances={i.parameter: significance(fitted, i.parameter) for i in asked if i.significance},
            limits={i.parameter: _limit(fitted, i.parameter, settings) for i in asked if i.limit},
            goodness=goodness(fitted, settings.goodness_toys, settings.seed),
            before=predict(model, *prefit(model)),
            after=predict(model, fitted.values, fitted.covariance),
            notes=notes_of(fitted, fixed),
        )
    except FitError as error:
        raise FitError(f"workspace {name!r}: {error.problem}", cure=error.cure) from error


def _limit(fitted: Fitted, parameter: str, settings: FitSettings) -> Limit:
    if settings.limits == "toys":
        return toy_limit(fitted, parameter, settings.level, settings.limit_toys, settings.seed)
    return Exclusion(fitted, parameter).limit(settings.level)


def _check_influence(name: str, model: Model, parameter: str) -> None:
    """Refuse a parameter of interest that is fixed because it is one of nothing."""
    if not np.asarray(jacobian(model, model.start))[:, model.index(parameter)].any():
        raise StudyError(
            f"the parameter {parameter!r} of the workspace {name!r} is fixed, and changes nothing that is expected",
            cure="choose another parameter of interest",
        )
