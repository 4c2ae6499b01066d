"""Results of a fit, as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.inference.findings import Findings
from analysis.inference.rounding import rounded, rounded_all

__all__ = ["as_json"]


def as_json(findings: Findings) -> dict[str, Any]:
    """All findings, rounded, with ``None`` where there is no number."""
    fitted = findings.fitted
    free = np.flatnonzero(fitted.free)
    names = [fitted.names[index] for index in free]
    uncertainties = fitted.uncertainties[free]
    covariance = fitted.covariance[np.ix_(free, free)]
    sizes = np.outer(uncertainties, uncertainties)
    return {
        # a fit without a minimum is an error before it gets here
        "converged": True,
        "twice_nll": rounded(fitted.twice_nll),
        "iterations": fitted.iterations,
        "at_bounds": list(fitted.at_bounds),
        "notes": list(findings.notes),
        "parameters": {name: _parameter(findings, index) for index, name in enumerate(fitted.names)},
        "correlation": {"names": names, "matrix": rounded_all(fitted.correlation[np.ix_(free, free)])},
        "covariance": {"names": names, "matrix": rounded_all(covariance, sizes)},
        "intervals": {name: _interval(findings, name) for name in findings.intervals},
        "impacts": {name: _impacts(findings, name) for name in findings.intervals if findings.impacts},
        "scan": {
            name: {
                "points": rounded_all(scan.points, fitted.scale(name)),
                "twice_delta_nll": rounded_all(scan.twice_delta_nll),
                "stat_only": rounded_all(scan.stat_only),
            }
            for name, scan in findings.scans.items()
        },
        "significance": {
            name: {"observed": rounded(s.observed), "expected": rounded(s.expected), "p_value": _p_value(s.p_value)}
            for name, s in findings.significances.items()
        },
        "limit": {
            name: {
                "level": limit.level,
                "observed": rounded(limit.observed, fitted.scale(name)),
                "expected": [rounded(expected, fitted.scale(name)) for expected in limit.expected],
                "method": limit.method,
                "uncertainty": rounded(limit.uncertainty, fitted.scale(name)),
                "uncertainties": [rounded(one, fitted.scale(name)) for one in limit.uncertainties],
            }
            for name, limit in findings.limits.items()
        },
        "goodness": _goodness(findings),
        "other_minima": [
            {
                "twice_delta_nll": rounded(depth),
                "values": {name: rounded(place[fitted.index(name)], fitted.scale(name)) for name in findings.intervals},
            }
            for depth, place in zip(fitted.depths[1:], fitted.minima[1:], strict=True)
        ],
    }


def _parameter(findings: Findings, index: int) -> dict[str, Any]:
    own = findings.fitted.parameters[index]
    unit = own.uncertainty or own.width or 1.0
    return {
        "value": rounded(own.value, unit),
        "uncertainty": rounded(own.uncertainty, unit),
        "start": rounded(own.start),
        "lower": rounded(own.lower),
        "upper": rounded(own.upper),
        "fixed": own.fixed,
        "constraint": own.constraint,
        "centre": rounded(own.centre),
        "width": rounded(own.width),
        "pull": rounded(own.pull),
        "constrained_to": rounded(own.constrained_to),
    }


def _interval(findings: Findings, name: str) -> dict[str, Any]:
    interval, unit = findings.intervals[name], findings.fitted.scale(name)
    # an end is found to 1e-5 of the uncertainty
    ends = (interval.down, interval.up), interval.stat, interval.syst
    (down, up), stat, syst = ([rounded(end, 100.0 * unit) for end in pair] for pair in ends)
    return {
        "value": rounded(interval.value, unit),
        "down": down,
        "up": up,
        "stat": stat,
        "syst": syst,
        "at_limit": list(interval.at_limit),
    }


def _impacts(findings: Findings, name: str) -> list[dict[str, Any]]:
    found, fitted = findings.impacts, findings.fitted
    assert found is not None
    of, unit = fitted.index(name), fitted.scale(name)
    rows = []
    for row, parameter in enumerate(found.names):
        if parameter != name:
            own = fitted.parameters[fitted.index(parameter)]
            rows.append(
                {
                    "parameter": parameter,
                    "pull": rounded(own.pull),
                    "constrained_to": rounded(own.constrained_to),
                    "down": rounded(found.down[row, of], 10.0 * unit),
                    "up": rounded(found.up[row, of], 10.0 * unit),
                }
            )
    return sorted(rows, key=lambda row: (-max(abs(row["down"]), abs(row["up"])), row["parameter"]))


def _goodness(findings: Findings) -> dict[str, Any]:
    found = findings.goodness
    return {
        "statistic": rounded(found.statistic),
        "ndf": found.ndf,
        "p_value": _p_value(found.p_value),
        "toys": len(found.toys),
        "toys_converged": int(np.sum(found.converged)),
        "p_value_toys": _p_value(found.p_value_toys),
        "toy_statistics": [
            rounded(statistic) if converged else None
            for statistic, converged in zip(found.toys, found.converged, strict=True)
        ],
    }


def _p_value(p_value: float | None) -> float | None:
    # small ones matter: digits, no decimals
    return None if p_value is None else float(f"{p_value:.5g}")
