"""From workspaces to results: everything that is found out of their fits, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from analysis.errors import StudyError
from analysis.inference.findings import Findings, find_out
from analysis.inference.limits import Limit
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.inference.notes import listed
from analysis.inference.rank import rank_of
from analysis.inference.reporting import as_json
from analysis.inference.rounding import measured_text, rounded
from analysis.inference.seeds import Seeds, apart, fit_seeds
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
        workspaces: HistFactory workspaces by name; those of single seeds tell the uncertainty by the training of the
            networks (:mod:`analysis.inference.seeds`).
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
    workspaces, of_seeds = apart(workspaces)
    for interest in settings.interest:
        if interest.workspace and interest.workspace not in workspaces:
            raise StudyError(
                f"{interest.parameter!r} is to be measured in the workspace {interest.workspace!r}, which is not there",
                cure=f"use one of: {', '.join(workspaces)}",
            )
    found = {name: find_out(name, workspace, data, settings) for name, workspace in workspaces.items()}
    stored = {name: as_json(one) for name, one in found.items()}
    seeds: dict[str, Seeds] = {}
    # Asimov data are what each model expects: seeds make no difference
    for name, some in of_seeds.items() if data == "observed" else ():
        if parameters := list(found[name].intervals):
            seeds[name] = fit_seeds(name, some, parameters)
            stored[name]["seeds"] = seeds[name].as_json()
    numbers: list[Number] = []
    headline: dict[str, str] = {}
    for interest in settings.interest:
        measured = [one for one in found.values() if interest.workspace in ("", one.workspace)]
        for one in measured:
            several = len(measured) > 1
            name = f"{interest.name}_{one.workspace}" if several else interest.name
            interval = stored[one.workspace]["intervals"][interest.parameter]
            title = f"{interest.title} ({one.workspace})" if several else interest.title
            own = seeds.get(one.workspace)
            numbers.append(_number(name, interest, one, interval, own))
            if own:
                numbers.append(_of_training(name, interest, own))
            headline[title] = _told(interest, one, own)
    # Asimov data are described perfectly: nothing to tell
    for one in found.values() if data == "observed" else ():
        headline["goodness of fit" + (f" ({one.workspace})" if len(found) > 1 else "")] = one.goodness.told()
    return {
        "data": data,
        "workspaces": stored,
        "numbers": [number.as_json() for number in numbers],
        "tables": [
            table.as_json()
            for name, one in found.items()
            for table in (*tables(one), *((seeds[name].table(),) if name in seeds else ()))
        ],
        "headline": headline,
    }


def _number(
    name: str, interest: Interest, findings: Findings, interval: Mapping[str, Any], seeds: Seeds | None
) -> Number:
    notes = [interest.note, "expected: fit of Asimov data" if findings.data == "asimov" else ""]
    notes += ["an end of the interval is the end of the parameter's allowed range" if any(interval["at_limit"]) else ""]
    for depth, place in zip(findings.fitted.depths[1:], findings.fitted.minima[1:], strict=True):
        if depth < _NEAR:
            value = place[findings.fitted.index(interest.parameter)]
            notes.append(f"the likelihood has another minimum at {value:.3g}, 2 Δ ln L = {depth:.2g} above")
    notes += [seeds.told(interest.parameter), seeds.doubt(interest.parameter, interval["value"])] if seeds else []
    if interest.limit and (doubt := _doubted(findings.limits[interest.parameter])):
        notes.append(f"upper limit: {doubt}")
    notes += findings.notes
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


def _of_training(name: str, interest: Interest, seeds: Seeds) -> Number:
    """The uncertainty by the training of the networks, as a number of its own."""
    uncertainty = seeds.uncertainty(interest.parameter)
    return Number(
        name=f"{name}_training",
        title=f"{interest.title}: uncertainty by the training of the networks",
        value=rounded(uncertainty) or 0.0,
        stat=(rounded(uncertainty * seeds.precision) or 0.0,) * 2,
        syst=None,
        unit=interest.unit,
        method=f"standard deviation of {len(seeds.values)} seeds by the root of their number, workspace "
        f"{seeds.workspace}",
        note="an uncertainty of its own, neither in stat nor in syst",
    )


def _doubted(limit: Limit) -> str:
    """Say that there are too few events for an asymptotic limit; empty if there are enough."""
    if not limit.is_doubtful:
        return ""
    few = f"{limit.background:.2g} expected events of background"
    return f"{few} are too few for asymptotic formulae: use --limits toys"


def _sized(value: float, uncertainty: float | None) -> str:
    """Return a limit as text, with its uncertainty by the number of toys."""
    return f"{value:.3g}" if uncertainty is None else measured_text(value, ("", (uncertainty, uncertainty)))


def _told(interest: Interest, findings: Findings, seeds: Seeds | None) -> str:
    """Summarise the results of a parameter of interest in one line."""
    interval = findings.intervals[interest.parameter]
    training = [("training", (seeds.uncertainty(interest.parameter),) * 2)] if seeds else []
    text = measured_text(interval.value, ("stat", interval.stat), ("syst", interval.syst), *training)
    notes = ["expected" if findings.data == "asimov" else "", "at a bound" if any(interval.at_limit) else ""]
    parts = [f"{text} {interest.unit}".rstrip() + "".join(f" ({note})" for note in notes if note)]
    if others := [name for name in findings.fitted.at_bounds if name != interest.parameter]:
        parts[0] += f" (WARNING: at a bound of its range: {listed(others)})"
    if interest.parameter in (names := rank_of(findings.fitted).degenerate):
        rest = [name for name in names if name != interest.parameter]
        parts[0] += (
            f" (WARNING: not told apart from {listed(rest)})" if rest else " (WARNING: the data tell nothing of it)"
        )
    if seeds and (doubt := seeds.doubt(interest.parameter, interval.value)):
        parts[0] += f" (WARNING: {doubt})"
    if interest.significance:
        found = findings.significances[interest.parameter]
        parts.append(f"significance {found.observed:.1f} σ (expected {found.expected:.1f} σ)")
    if interest.limit:
        limit = findings.limits[interest.parameter]
        middle = len(limit.expected) // 2
        median, spread = limit.expected[middle], limit.uncertainties[middle]
        none = "no limit" + (" with so few toys" if limit.toys else "")
        observed = none if limit.observed is None else f"below {_sized(limit.observed, limit.uncertainty)}"
        expected = "" if median is None else f" (expected {_sized(median, spread)})"
        parts.append(f"{observed}{expected} at {100.0 * limit.level:g} % CL, {limit.method}")
        parts[-1] += f" (WARNING: {doubt})" if (doubt := _doubted(limit)) else ""
    return "; ".join(parts)
