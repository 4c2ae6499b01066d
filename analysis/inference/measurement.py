"""From workspaces to results: everything that is found out of their fits, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from analysis.errors import StudyError
from analysis.inference.findings import Findings, find_out
from analysis.inference.limits import Limit
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.inference.reporting import as_json
from analysis.inference.rounding import measured_text
from analysis.inference.tables import tables
from analysis.results import Number

__all__ = ["measure"]

# up to where another minimum is worth a word: two standard deviations
_NEAR = 4.0


def measure(
    workspaces: Mapping[str, Mapping[str, Any]], data: Literal["observed", "asimov"], settings: FitSettings
) -> dict[str, Any]:
    """Fit workspaces and say all that is asked of them.

    Args:
        workspaces: HistFactory workspaces by name.
        data: ``"asimov"``: the observations are looked at nowhere; what is expected at the parameters' start values is
            fitted in their place.
        settings: what is asked.

    Returns:
        JSON: ``workspaces`` (by name: parameters, correlation, intervals, impacts, scans, significances, limits,
        goodness of fit), ``numbers``, ``tables``, ``headline`` and ``data``. ``None`` stands for what cannot be told,
        such as the pull of a parameter without a constraint.

    Raises:
        DataError: a workspace is damaged.
        FitError: a fit did not converge; the message names the workspace.
        StudyError: a workspace, or its parameter of interest, does not exist; the data are neither.
    """
    if data not in ("observed", "asimov"):
        raise StudyError(f"a fit of {data!r} data is asked for", cure="use one of: observed, asimov")
    for interest in settings.interest:
        if interest.workspace and interest.workspace not in workspaces:
            raise StudyError(
                f"{interest.parameter!r} is to be measured in the workspace {interest.workspace!r}, which is not there",
                cure=f"use one of: {', '.join(workspaces)}",
            )
    found = {name: find_out(name, workspace, data, settings) for name, workspace in workspaces.items()}
    stored = {name: as_json(one) for name, one in found.items()}
    numbers: list[Number] = []
    headline: dict[str, str] = {}
    for interest in settings.interest:
        measured = [one for one in found.values() if interest.workspace in ("", one.workspace)]
        for one in measured:
            several = len(measured) > 1
            name = f"{interest.name}_{one.workspace}" if several else interest.name
            interval = stored[one.workspace]["intervals"][interest.parameter]
            numbers.append(_number(name, interest, one, interval))
            headline[f"{interest.title} ({one.workspace})" if several else interest.title] = _told(interest, one)
    # Asimov data are described perfectly: nothing to tell
    for one in found.values() if data == "observed" else ():
        headline["goodness of fit" + (f" ({one.workspace})" if len(found) > 1 else "")] = one.goodness.told()
    return {
        "data": data,
        "workspaces": stored,
        "numbers": [number.as_json() for number in numbers],
        "tables": [table.as_json() for one in found.values() for table in tables(one)],
        "headline": headline,
    }


def _number(name: str, interest: Interest, findings: Findings, interval: Mapping[str, Any]) -> Number:
    notes = [interest.note, "expected: fit of Asimov data" if findings.data == "asimov" else ""]
    notes += ["an end of the interval is a bound of the parameter" if any(interval["at_limit"]) else ""]
    for depth, place in zip(findings.fitted.depths[1:], findings.fitted.minima[1:], strict=True):
        if depth < _NEAR:
            value = place[findings.fitted.index(interest.parameter)]
            notes.append(f"the likelihood has another minimum at {value:.3g}, 2 Δ ln L = {depth:.2g} above")
    return Number(
        name=name,
        title=interest.title,
        value=interval["value"],
        stat=tuple(interval["stat"]),
        syst=tuple(interval["syst"]),
        unit=interest.unit,
        method=f"profile likelihood, 68.27 %, workspace {findings.workspace}",
        note="; ".join(note for note in notes if note),
    )


def _doubted(limit: Limit) -> str:
    """Return the warning about an asymptotic limit with too few events; empty if there are enough."""
    if limit.is_asymptotic or not any((limit.observed, *limit.expected)):
        return ""
    return (
        f" (WARNING: asymptotic, of {limit.background:.2g} expected events of background, which are too few; "
        "see analysis.inference.few_events)"
    )


def _told(interest: Interest, findings: Findings) -> str:
    """Summarise the results of a parameter of interest in one line."""
    interval = findings.intervals[interest.parameter]
    text = measured_text(interval.value, ("stat", interval.stat), ("syst", interval.syst))
    notes = ["expected" if findings.data == "asimov" else "", "at a bound" if any(interval.at_limit) else ""]
    parts = [f"{text} {interest.unit}".rstrip() + "".join(f" ({note})" for note in notes if note)]
    if interest.significance:
        found = findings.significances[interest.parameter]
        parts.append(f"significance {found.observed:.1f} σ (expected {found.expected:.1f} σ)")
    if interest.limit:
        limit = findings.limits[interest.parameter]
        observed = f"below {limit.observed:.3g}" if limit.observed is not None else "no limit"
        median = limit.expected[len(limit.expected) // 2]
        expected = f" (expected {median:.3g})" if median is not None else ""
        parts.append(f"{observed}{expected} at {100.0 * limit.level:g} % CL" + _doubted(limit))
    return "; ".join(parts)
