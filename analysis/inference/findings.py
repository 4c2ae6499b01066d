"""All that is found out of the fit of one workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analysis.errors import FitError, StudyError
from analysis.inference.conditional import Fitted
from analysis.inference.goodness import Goodness, goodness
from analysis.inference.impacts import Impacts, impacts
from analysis.inference.intervals import Interval, Scan, intervals, scan
from analysis.inference.limits import Exclusion, Limit
from analysis.inference.measurement_settings import FitSettings
from analysis.inference.model import build_model
from analysis.inference.prediction import Prediction, predict, prefit
from analysis.inference.significance import Significance, significance

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
            limits={i.parameter: Exclusion(fitted, i.parameter).limit(settings.level) for i in asked if i.limit},
            goodness=goodness(fitted, settings.goodness_toys, settings.seed),
            before=predict(model, *prefit(model)),
            after=predict(model, fitted.values, fitted.covariance),
        )
    except FitError as error:
        raise FitError(f"workspace {name!r}: {error.problem}", cure=error.cure) from error
