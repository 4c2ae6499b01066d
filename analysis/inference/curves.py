"""Minimisation of curves by MINUIT, and what it finds as numbers and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from iminuit import Minuit
from numpy.typing import NDArray
from scipy.special import chdtrc

from analysis.errors import FitError
from analysis.inference.rounding import measured_text, rounded, rounded_all
from analysis.results import Axis, Column, Number, Table

if TYPE_CHECKING:
    from analysis.inference.curve_settings import FitParameter

__all__ = ["Found", "evaluate", "goodness", "minimise", "result"]

Array = NDArray[np.float64]

_TOLERANCES = (1e-4, 0.1)


@dataclass(frozen=True, eq=False)
class Found:
    """The minimum of a cost function of p parameters, of which q are free.

    Args:
        parameters: all of them.
        values: (p,).
        uncertainties: (p,), from the curvature; 0 of fixed ones.
        intervals: down and up of each free parameter where MINOS found them, else from the curvature.
        minos: names of the parameters of which MINOS found the interval.
        covariance: (p, p).
        minimum: of the cost function.
    """

    parameters: tuple[FitParameter, ...]
    values: Array
    uncertainties: Array
    intervals: Mapping[str, tuple[float, float]]
    minos: tuple[str, ...]
    covariance: Array
    minimum: float

    def __getitem__(self, name: str) -> float:
        return float(self.values[[parameter.name for parameter in self.parameters].index(name)])


def minimise(cost: Any, parameters: Sequence[FitParameter], what: str) -> Found:
    """Minimise a cost function and find intervals of its parameters.

    Args:
        cost: function of all parameters in this order, with ``errordef``; constraints are in it.
        parameters: where they start and what bounds them.
        what: the fit, for messages.

    Raises:
        FitError: there is no minimum.
    """
    minuit = Minuit(cost, *(one.start for one in parameters), name=[one.name for one in parameters])
    for one in parameters:
        minuit.limits[one.name] = (one.lower, one.upper)
        minuit.fixed[one.name] = one.fixed
        minuit.errors[one.name] = _step(one)
    minuit.strategy, minuit.throw_nan = 2, True
    try:
        # as near to the minimum as derivatives lead: results are kept with more digits than uncertainties need
        for minuit.tol in _TOLERANCES:
            if minuit.migrad().valid:
                break
        else:
            minuit.simplex().migrad()
        minuit.hesse()
    except RuntimeError as error:
        raise FitError(
            f"{what}: the curve is not a number at {_told(minuit)}", cure="give parameters bounds"
        ) from error
    if not minuit.valid or minuit.covariance is None:
        raise FitError(
            f"{what}: no minimum was found, the last values are {_told(minuit)}",
            cure="start closer to the data, give parameters bounds, or fix what the data do not tell",
        )
    names = [one.name for one in parameters]
    intervals, minos = {}, []
    for name in (one.name for one in parameters if not one.fixed):
        size = float(minuit.errors[name])
        intervals[name] = (size, size)
        try:
            minuit.minos(name)
        except (RuntimeError, FitError):
            # a step of MINOS beyond where the curve is defined; the curvature's interval stays
            continue
        both = minuit.merrors[name]
        if both.is_valid and not (both.at_lower_limit or both.at_upper_limit):
            intervals[name] = (-float(both.lower), float(both.upper))
            minos.append(name)
    covariance = np.zeros((len(names), len(names)))
    covariance[:] = [[minuit.covariance[a, b] for b in names] for a in names]
    return Found(
        parameters=tuple(parameters),
        values=np.array([minuit.values[name] for name in names]),
        uncertainties=np.sqrt(np.diag(covariance)),
        intervals=intervals,
        minos=tuple(minos),
        covariance=covariance,
        minimum=float(minuit.fval),
    )


def goodness(statistic: float, ndf: int, method: str) -> dict[str, Any]:
    """Judge a fit by a statistic that is distributed as chi-square.

    Args:
        statistic: its value.
        ndf: number of degrees of freedom; below 1 nothing can be judged.
        method: in words.
    """
    p_value = float(f"{chdtrc(ndf, statistic):.5g}") if ndf > 0 else None
    return {"statistic": rounded(statistic), "ndf": ndf, "p_value": p_value, "method": method}


def result(
    name: str,
    found: Found,
    method: str,
    judged: Mapping[str, Any],
    figure: Mapping[str, Any],
    interest: Sequence[str] = (),
    events: int | None = None,
) -> dict[str, Any]:
    """Say what a fit found, as JSON.

    Args:
        name: of the fit; numbers are called ``<name>_<parameter>``.
        found: the minimum.
        method: of the fit, in words.
        judged: goodness of fit.
        figure: arrays that it is drawn from.
        interest: names of the parameters that numbers are told of; all that are free if empty.
        events: number of events that were fitted.

    Returns:
        ``name``, ``numbers``, ``tables`` and ``headline`` (:mod:`analysis.results`), ``fit`` (parameters, correlation,
        covariance), ``goodness`` and ``figure``.
    """
    free = [index for index, one in enumerate(found.parameters) if not one.fixed]
    names = [found.parameters[index].name for index in free]
    by_name = {one.name: one for one in found.parameters}
    numbers, headline = [], {}
    for told in interest or names:
        if by_name[told].fixed:
            raise FitError(f"{name}: a number is to be told of {told!r}, which is fixed", cure="let it free")
        one, value = by_name[told], found[told]
        down, up = (rounded(size, 100.0 * size) for size in found.intervals[told])
        how = "MINOS" if told in found.minos else "HESSE"
        number = Number(
            name=f"{name}_{told}",
            title=one.title or told,
            value=rounded(value, found.intervals[told][0]) or 0.0,
            stat=(down or 0.0, up or 0.0),
            syst=None,
            unit=one.unit,
            method=f"{method}, 68.27 % interval by {how}",
        )
        numbers.append(number)
        assert number.stat is not None
        headline[number.title] = f"{measured_text(number.value, ('stat', number.stat))} {one.unit}".rstrip()
    if judged["p_value"] is not None:
        text = f"p = {judged['p_value']:.2g} ({judged['method']}: {judged['statistic']:.1f} / {judged['ndf']})"
        headline["goodness of fit"] = text
    covariance = found.covariance[np.ix_(free, free)]
    sizes = found.uncertainties[free]
    spread = np.outer(sizes, sizes)
    correlation = covariance / np.where(spread > 0.0, spread, 1.0)
    return {
        "name": name,
        "numbers": [number.as_json() for number in numbers],
        "tables": [table.as_json() for table in _tables(name, found, names, correlation)],
        "headline": headline,
        "fit": {
            "minimum": rounded(found.minimum),
            "events": events,
            "parameters": {
                one.name: {"value": rounded(v, u or 1.0), "uncertainty": rounded(u, u or 1.0), "fixed": one.fixed}
                for one, v, u in zip(found.parameters, found.values, found.uncertainties, strict=True)
            },
            "correlation": {"names": names, "matrix": rounded_all(correlation)},
            "covariance": {"names": names, "matrix": rounded_all(covariance, spread)},
        },
        "goodness": dict(judged),
        "figure": {key: rounded_all(value) if _is_numbers(value) else value for key, value in figure.items()},
    }


def evaluate(curve: Callable[..., Array], x: Array, values: Sequence[float], what: str) -> Array:
    """Evaluate a study's own curve and check what comes back.

    Raises:
        FitError: it is not one number a point.
    """
    y = np.asarray(curve(x, *values), np.float64)
    if y.shape != x.shape:
        raise FitError(
            f"{what}: the curve gives an array of shape {y.shape} for {len(x)} points",
            cure="return one number for each x, with NumPy's functions",
        )
    return y


def _tables(name: str, found: Found, names: Sequence[str], correlation: Array) -> list[Table]:
    free = [one for one in found.parameters if not one.fixed]
    first, second = (places.tolist() for places in np.triu_indices(len(names), 1))
    parameters = Table(
        name=f"parameters_{name}",
        title=f"Best fit of all parameters ({name})",
        axes=(
            Axis("Parameter", "", tuple(one.title or one.name for one in free)),
            Axis("Unit", "", tuple(one.unit or "1" for one in free)),
        ),
        columns=(
            Column(
                "Best fit",
                "",
                tuple(rounded(found[one.name], found.intervals[one.name][0]) for one in free),
                {
                    "stat": tuple(
                        (rounded(d, 100 * d) or 0.0, rounded(u, 100 * u) or 0.0)
                        for d, u in (found.intervals[one.name] for one in free)
                    )
                },
                {},
            ),
        ),
    )
    correlated = Table(
        name=f"correlation_{name}",
        title=f"Correlations of parameters ({name})",
        axes=(
            Axis("Parameter", "", tuple(names[i] for i in first)),
            Axis("With", "", tuple(names[i] for i in second)),
        ),
        columns=(Column("Correlation", "", tuple(rounded(v) for v in correlation[first, second]), {}, {}),),
    )
    return [parameters, *([correlated] if len(first) else [])]


def _is_numbers(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _step(one: FitParameter) -> float:
    """A first step: a tenth of the allowed range, or of the value."""
    if one.lower is not None and one.upper is not None:
        return 0.02 * (one.upper - one.lower)
    return 0.1 * abs(one.start) or 0.1


def _told(minuit: Minuit) -> str:
    return ", ".join(f"{parameter.name} = {parameter.value:.4g}" for parameter in minuit.params)
