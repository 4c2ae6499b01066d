"""The fit of one workspace that belongs to no study: what is found out, as JSON and as lines for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analysis.checking.names import did_you_mean
from analysis.errors import StudyError
from analysis.inference.findings import Findings, find_out
from analysis.inference.limits import ENOUGH, Exclusion, Limit
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.inference.model import Model, build_model
from analysis.inference.rounding import measured_text, rounded

__all__ = ["WorkspaceFit", "fit_workspace", "without_minimum"]

# names of an error's message, and parameters of a terminal's table
_NAMED, _SHOWN = 20, 40


@dataclass(frozen=True, eq=False)
class WorkspaceFit:
    """Findings of the fit of a workspace.

    Args:
        name: of the workspace, for people.
        findings: of its fit.
        poi: name of the parameter of interest; empty if there is none.
        cls: observed and expected CLs of the strength 1; ``None`` where there is no limit.
        notes: what a reader has to know.
    """

    name: str
    findings: Findings
    poi: str
    cls: tuple[float, float] | None
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Numbers with ``None`` for what there is none of; what they are is said in docs/statistics.md."""
        found, unit = self.findings, self.findings.fitted.scale(self.poi) if self.poi else 1.0
        interval, limit = found.intervals.get(self.poi), found.limits.get(self.poi)
        significance = found.significances.get(self.poi)
        return {
            "poi": self.poi or None,
            "value": rounded(interval.value, unit) if interval else None,
            "minus": rounded(interval.down, 100.0 * unit) if interval else None,
            "plus": rounded(interval.up, 100.0 * unit) if interval else None,
            "upper_limit": rounded(limit.observed, unit) if limit else None,
            "expected_limit": rounded(_median(limit), unit) if limit else None,
            "significance": rounded(significance.observed) if significance else None,
            "converged": True,
            "chi2": rounded(found.goodness.statistic),
            "ndf": found.goodness.ndf,
            "p_value": _digits(found.goodness.p_value),
            "at_bounds": list(found.fitted.at_bounds),
            "notes": list(self.notes),
        }

    def lines(self) -> Iterator[tuple[str, str]]:
        """The findings by name, for a terminal."""
        found, model = self.findings, self.findings.fitted.model
        sizes = (len(model.channels), len(model.observed.main), len(model.names), int(model.free.sum()))
        yield "workspace", "{}: channels {}, bins {}, parameters {}, of these fitted {}".format(self.name, *sizes)
        yield "data", "observed" if found.data == "observed" else "Asimov data of the parameters' start values"
        if self.poi:
            interval = found.intervals[self.poi]
            yield self.poi, measured_text(interval.value, ("stat", interval.stat), ("syst", interval.syst))
            yield "interval", "68.27 %: " + measured_text(interval.value, ("", (interval.down, interval.up)))
        if self.poi in found.significances:
            one = found.significances[self.poi]
            yield "significance", f"{_sigmas(one.observed)} (expected {_sigmas(one.expected)}), p = {one.p_value:.2g}"
        if self.poi in found.limits:
            yield from _limit_lines(self.poi, found.limits[self.poi], self.cls)
        # Asimov data are described perfectly
        if found.data == "observed":
            yield "goodness", found.goodness.told()
        for note in self.notes:
            yield "note", note

    def parameters(self) -> tuple[list[tuple[str, ...]], int]:
        """Rows of a table of the fitted parameters, with the title as the first one, and how many more there are."""
        rows: list[tuple[str, ...]] = [("parameter", "best fit", "pull", "post-fit / pre-fit uncertainty")]
        free = [
            own
            for own, fitted in zip(self.findings.fitted.parameters, self.findings.fitted.free, strict=True)
            if fitted
        ]
        # the parameter of interest first, then those that the data moved most
        free.sort(key=lambda one: (one.name != self.poi, -abs(one.pull) if one.pull is not None else -float("inf")))
        for one in free[:_SHOWN]:
            size = (one.uncertainty, one.uncertainty)
            best = measured_text(one.value, ("", size)) if one.uncertainty else f"{one.value:.4g}"
            pull = "" if one.pull is None else f"{one.pull:+.2f}".replace("-", "−")
            rows.append((one.name, best, pull, "" if one.constrained_to is None else f"{one.constrained_to:.2f}"))
        return rows, max(len(free) - _SHOWN, 0)


def fit_workspace(
    name: str,
    workspace: Mapping[str, Any],
    poi: str = "",
    data: Literal["observed", "asimov"] = "observed",
    toys: int = 0,
) -> WorkspaceFit:
    """Fit a workspace and find out what can be said of its parameter of interest.

    A limit and a significance compare with the absence of a signal. So there are none where the parameter has a
    constraint, for it is no strength, or where zero is out of its bounds; the notes say so.

    Args:
        name: of the workspace, such as its file; for people.
        workspace: HistFactory workspace.
        poi: the parameter of interest; the workspace's own if empty.
        data: what is fitted.
        toys: how many toys the goodness of fit is judged by; 0 for the asymptotic p-value alone.

    Raises:
        FitError: a fit did not converge.
        StudyError: the workspace is invalid, or has no such parameter; the message names the workspace.
    """
    try:
        model = build_model(workspace)
    except StudyError as error:
        raise StudyError(f"{name}: {error.problem}", cure=error.cure) from error
    poi = poi or (model.names[model.poi] if model.poi is not None else "")
    if poi and poi not in model.names:
        more = f" and {len(model.names) - _NAMED} more" if len(model.names) > _NAMED else ""
        raise StudyError(
            f"the workspace {name} has no parameter {poi!r}{did_you_mean(poi, model.names)}",
            cure=f"use one of: {', '.join(model.names[:_NAMED])}{more}",
        )
    reason = _no_strength(model, poi)
    asked = Interest(poi, "poi", poi, limit=not reason, significance=not reason)
    settings = FitSettings((asked,) if poi else (), scan_points=0, impacts=False, goodness_toys=toys)
    found = find_out(name, workspace, data, settings)
    cls = None
    if poi in found.limits:
        observed, expected = Exclusion(found.fitted, poi).cls([1.0])
        cls = float(observed[0]), float(expected[0][expected.shape[1] // 2])
    return WorkspaceFit(name, found, poi, cls, tuple(_notes(found, poi, reason)))


def without_minimum(poi: str, reason: str) -> dict[str, Any]:
    """The JSON of a fit that did not converge."""
    numbers = ("value", "minus", "plus", "upper_limit", "expected_limit", "significance")
    nothing = dict.fromkeys(numbers)
    goodness = dict.fromkeys(("chi2", "ndf", "p_value"))
    return {"poi": poi or None, **nothing, "converged": False, **goodness, "at_bounds": [], "notes": [reason]}


def _no_strength(model: Model, poi: str) -> str:
    """Why there is no limit on a parameter; empty if there is one."""
    if not poi:
        return "the workspace names no parameter of interest (--poi does): no interval, no significance, no limit"
    own = model.parameters[model.index(poi)]
    if own.constraint != "none":
        return f"{poi} is a nuisance parameter with a constraint, no strength: there is no significance and no limit"
    if not own.lower <= 0.0 <= own.upper:
        return (
            f"{poi} = 0 is outside of the parameter's bounds, {own.lower:g} to {own.upper:g}: nothing to compare with, "
            "no significance and no limit"
        )
    return ""


def _notes(found: Findings, poi: str, reason: str) -> Iterator[str]:
    yield from found.notes
    if reason:
        yield reason
    if found.data == "asimov":
        yield "Asimov data: expected numbers, the observations were looked at nowhere"
    if poi:
        for end, reached in zip(("lower", "upper"), found.intervals[poi].at_limit, strict=True):
            if reached:
                yield f"the interval of {poi} ends at the {end} bound of the parameter"
    if poi in found.limits:
        limit = found.limits[poi]
        if limit.observed is None:
            yield f"no value of {poi} is excluded at {100.0 * limit.level:g} % CL"
        elif limit.is_doubtful:
            yield (
                f"the limit is asymptotic, of {_events(limit.background)} events of background, fewer than {ENOUGH:g}: "
                "such formulae may be off there"
            )
    if poi in found.significances and rounded(found.significances[poi].observed) is None:
        yield "the data are impossible without the signal: the significance is infinite"
    for depth, place in zip(found.fitted.depths[1:], found.fitted.minima[1:], strict=True):
        where = f" at {poi} = {place[found.fitted.index(poi)]:.3g}" if poi else ""
        yield f"the likelihood has another minimum{where}, 2 Δ ln L = {depth:.2g} above"


def _limit_lines(poi: str, limit: Limit, cls: tuple[float, float] | None) -> Iterator[tuple[str, str]]:
    band = [None if one is None else f"{one:.3g}" for one in limit.expected]
    observed = "none" if limit.observed is None else f"{poi} < {limit.observed:.3g}"
    yield "upper limit", f"{observed} at {100.0 * limit.level:g} % CL (CLs, asymptotic)"
    if all(band):
        yield "expected", f"{band[2]} (68 %: {band[1]} to {band[3]}, 95 %: {band[0]} to {band[4]})"
    if cls:
        yield "CLs", f"{cls[0]:.4g} for {poi} = 1 (expected {cls[1]:.4g})"


def _events(expected: float) -> str:
    return f"{expected:.2g} expected" if expected > 1e-3 else "no expected"


def _sigmas(significance: float) -> str:
    return f"{significance:.2f} σ" if math.isfinite(significance) else "infinite"


def _median(limit: Limit) -> float | None:
    return limit.expected[len(limit.expected) // 2]


def _digits(p_value: float | None) -> float | None:
    # small ones matter: digits, no decimals
    return None if p_value is None else float(f"{p_value:.5g}")
