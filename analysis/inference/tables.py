"""Tables of a fit: parameters, correlations, yields, tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from analysis.inference.asymptotics import BAND
from analysis.inference.findings import Findings
from analysis.inference.fitted_parameter import FittedParameter
from analysis.inference.rounding import rounded
from analysis.results import Axis, Column, Table

__all__ = ["tables"]

_CORRELATIONS = 40
_DATA = {"observed": "observed data", "asimov": "Asimov data"}


def tables(findings: Findings) -> tuple[Table, ...]:
    """All tables of a fit: tests and goodness where there are any, yields, post-fit parameters, their correlations."""
    tested = findings.limits or findings.significances
    found = (
        _tests(findings) if tested else None,
        # Asimov data are described perfectly
        _goodness(findings) if findings.data == "observed" else None,
        _yields(findings),
        _parameters(findings),
        _correlations(findings),
    )
    return tuple(table for table in found if table)


def _goodness(findings: Findings) -> Table:
    found = findings.goodness
    columns = [_column("chi2 (saturated model)", [found.statistic]), _column("Degrees of freedom", [float(found.ndf)])]
    probabilities = {"p-value": found.p_value, "p-value (toys)": found.p_value_toys}
    columns += [
        # small ones matter as much: six digits, however small
        _column(title, [value], units=[100.0 * value])
        for title, value in probabilities.items()
        if value is not None
    ]
    columns += [_column("Toys", [float(np.sum(found.converged))])] if found.p_value_toys is not None else []
    return Table(
        name=f"goodness_{findings.workspace}",
        title=f"Goodness of fit ({findings.workspace})",
        axes=(Axis("Workspace", "", (findings.workspace,)),),
        columns=tuple(columns),
    )


def _parameters(findings: Findings) -> Table:
    fitted = findings.fitted
    free = [parameter for parameter, own in zip(fitted.parameters, fitted.free, strict=True) if own]
    return Table(
        name=f"parameters_{findings.workspace}",
        title=f"Best fit of all parameters ({findings.workspace}, {_DATA[findings.data]})",
        axes=(
            Axis("Parameter", "", tuple(parameter.name for parameter in free)),
            *([Axis("At its bound", "", tuple(_bound(p) for p in free))] if fitted.at_bounds else []),
        ),
        columns=(
            _column(
                "Best fit",
                [p.value for p in free],
                {"total": [(p.uncertainty, p.uncertainty) for p in free]},
                [p.uncertainty for p in free],
            ),
            _column("Pull", [p.pull for p in free]),
            _column("Post-fit by pre-fit uncertainty", [p.constrained_to for p in free]),
        ),
        technical=True,
    )


def _bound(parameter: FittedParameter) -> str:
    if parameter.value <= parameter.lower:
        return "lower"
    return "upper" if parameter.value >= parameter.upper else "-"


def _correlations(findings: Findings) -> Table | None:
    fitted = findings.fitted
    free = np.flatnonzero(fitted.free)
    matrix = fitted.correlation[np.ix_(free, free)]
    first, second = np.triu_indices(len(free), 1)
    values = matrix[first, second]
    # rounded, so that a rounding error does not change the order
    order = np.argsort(-np.abs(values).round(6), kind="stable")[:_CORRELATIONS]
    if not len(order):
        return None
    names = [fitted.names[index] for index in free]
    return Table(
        name=f"correlation_{findings.workspace}",
        title=f"Largest correlations of parameters after the fit ({findings.workspace}, {_DATA[findings.data]})",
        axes=(
            Axis("Parameter", "", tuple(names[index] for index in first[order])),
            Axis("With", "", tuple(names[index] for index in second[order])),
        ),
        columns=(_column("Correlation", values[order]),),
        technical=True,
    )


def _yields(findings: Findings) -> Table:
    before, after = findings.before, findings.after
    rows = [(c, s) for c in range(len(before.channels)) for s in range(len(before.samples) + 1) if before.has(c, s)]
    observed = [
        float(np.sum(findings.fitted.data.main[before.slices[c]])) if s == len(before.samples) else None
        for c, s in rows
    ]
    data = "Observed" if findings.data == "observed" else "Asimov data"
    columns = []
    for title, prediction in (("Before the fit", before), ("After the fit", after)):
        uncertainties = [float(prediction.channel_uncertainty[s, c]) for c, s in rows]
        columns.append(
            _column(
                title,
                [float(prediction.channel_yields[s, c]) for c, s in rows],
                {"total": [(u, u) for u in uncertainties]},
                uncertainties,
            )
        )
    samples = (*before.samples, "total")
    return Table(
        name=f"yields_{findings.workspace}",
        title=f"Events by channel and sample ({findings.workspace}, {_DATA[findings.data]})",
        axes=(
            Axis("Channel", "", tuple(before.channels[c] for c, _ in rows)),
            Axis("Sample", "", tuple(samples[s] for _, s in rows)),
        ),
        columns=(*columns, _column(data, observed)),
        technical=True,
    )


def _tests(findings: Findings) -> Table:
    names = list(dict.fromkeys((*findings.significances, *findings.limits)))
    significances = [findings.significances.get(name) for name in names]
    limits = [findings.limits.get(name) for name in names]
    columns = []
    if findings.significances:
        columns += [
            _column("Significance", [s.observed if s else None for s in significances]),
            _column("Expected significance", [s.expected if s else None for s in significances]),
            # small ones matter as much: six digits, however small
            _column(
                "p-value of no signal",
                [s.p_value if s else None for s in significances],
                units=[100.0 * s.p_value if s else 1.0 for s in significances],
            ),
        ]
    if findings.limits:
        first = next(iter(findings.limits.values()))
        level, method = f"{100.0 * first.level:g} %", first.method
        observed = [(one.observed, one.uncertainty) if one else None for one in limits]
        told = [(f"Upper limit (CLs, {level}, {method})", observed)]
        for place, deviation in enumerate(BAND):
            title = f"Expected upper limit ({f'{deviation:+g} σ' if deviation else 'median'}, {method})"
            pairs = [(one.expected[place], one.uncertainties[place]) if one else None for one in limits]
            told.append((title, pairs))
        for title, pairs in told:
            sizes = [(pair[1] or 0.0) if pair else 0.0 for pair in pairs]
            errors: dict[str, Sequence[tuple[float, float]]] = {"number of toys": [(size, size) for size in sizes]}
            columns.append(
                _column(title, [pair[0] if pair else None for pair in pairs], errors if first.toys else None)
            )
    return Table(
        name=f"tests_{findings.workspace}",
        title=f"Significances and upper limits ({findings.workspace}, {_DATA[findings.data]})",
        axes=(Axis("Parameter", "", tuple(names)),),
        columns=tuple(columns),
    )


def _column(
    title: str,
    values: Iterable[float | None],
    errors: dict[str, Sequence[tuple[float, float]]] | None = None,
    units: Iterable[float] | None = None,
) -> Column:
    listed = list(values)
    scales = list(units) if units is not None else [1.0] * len(listed)
    return Column(
        title=title,
        unit="",
        values=tuple(rounded(value, scale) for value, scale in zip(listed, scales, strict=True)),
        errors={
            name: tuple(
                (rounded(low, scale) or 0.0, rounded(high, scale) or 0.0)
                for (low, high), scale in zip(pairs, scales, strict=True)
            )
            for name, pairs in (errors or {}).items()
        },
        qualifiers={},
    )
