"""Quality of the predictions of sources that an inference did not see: errors, gains and coverage, by distance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import Axis, Column, Number, Table
from analysis.studies.faraday.bootstrap import Gain, gains, median_errors
from analysis.studies.faraday.settings import ValidationSettings

__all__ = ["CLASSES", "METHODS", "allowed", "best_rival", "coverage", "errors_of", "validate"]

METHODS = {
    "field": "field",
    "nearest": "nearest source",
    "median_of_five": "median of the five nearest",
    "inverse_distance": "inverse squared distance",
    "gaussian_process": "Gaussian process",
}
"""Methods by name, with titles for people; the first one is the study's own."""

CLASSES = {
    "all": "all sources",
    "beyond_1_deg": "no neighbour within 1 deg",
    "beyond_2_deg": "no neighbour within 2 deg",
}
"""Classes of sources by name, with titles for people."""

_LEAST = {"all": -1.0, "beyond_1_deg": 1.0, "beyond_2_deg": 2.0}
_LEVELS = {"68": 0.68, "95": 0.95}


def errors_of(predictions: Mapping[str, NDArray], name: str) -> dict[str, NDArray]:
    """Absolute errors of all methods in rad/m2, of the sources of a class."""
    chosen = predictions["separation"] > _LEAST[name]
    return {method: np.abs(predictions[method] - predictions["rm"])[chosen] for method in METHODS}


def coverage(cumulative: NDArray, level: float) -> float:
    """Share of measurements within the central interval of a probability."""
    return float(np.mean(np.abs(cumulative - 0.5) < level / 2.0))


def allowed(level: float, number: int) -> float:
    """How far a coverage may be from its level: 0.03, or two binomial standard deviations where these are more."""
    return max(0.03, 2.0 * float(np.sqrt(level * (1.0 - level) / number)))


def validate(predictions: Mapping[str, NDArray], settings: ValidationSettings) -> dict[str, Any]:
    """Compare predictions of sources that were left out with what was measured.

    Args:
        predictions: of :func:`analysis.studies.faraday.held_out.predict_held_out`.
        settings: of the bootstrap.

    Returns:
        ``numbers`` (median errors in rad/m2, gains over the best rival in %, coverages in %), ``tables`` and
        ``headline``.
    """
    numbers: list[Number] = []
    rows: dict[str, dict[str, Any]] = {}
    for name in CLASSES:
        errors = errors_of(predictions, name)
        medians = median_errors(errors, settings.repetitions, settings.seed)
        chosen = predictions["separation"] > _LEAST[name]
        found = {
            "number": int(chosen.sum()),
            "median": {method: float(np.median(one)) for method, one in errors.items()},
            "interval": {method: _interval(errors[method], medians[method]) for method in METHODS},
            "gain": gains(errors, medians),
            "cumulative": predictions["cumulative"][chosen],
            "density": float(np.mean(np.log(np.maximum(predictions["density"][chosen], 1e-300)))),
        }
        rows[name] = found
        numbers += _numbers(name, found)
    return {
        "numbers": numbers,
        "tables": [_errors_table(rows), _gains_table(rows), _coverage_table(rows)],
        "headline": {f"median error, {CLASSES[name]}": _told(found) for name, found in rows.items()},
    }


def best_rival(found: Mapping[str, Any]) -> str:
    """The rival with the least median error."""
    return min((name for name in METHODS if name != "field"), key=lambda name: found["median"][name])


def _interval(errors: NDArray, medians: NDArray) -> tuple[float, float]:
    value, (low, high) = float(np.median(errors)), np.quantile(medians, (0.158655, 0.841345))
    return max(value - float(low), 0.0), max(float(high) - value, 0.0)


def _numbers(name: str, found: Mapping[str, Any]) -> list[Number]:
    title, method = CLASSES[name], "sources that the inference did not see; paired bootstrap"
    rival = best_rival(found)
    gain: Gain = found["gain"][rival]
    value, (down, up), _ = gain
    numbers = [
        Number(
            f"error_{name}",
            f"median error, {title}",
            found["median"]["field"],
            found["interval"]["field"],
            None,
            "rad/m2",
            method,
        ),
        Number(
            f"gain_{name}",
            f"gain over the best interpolation, {title}",
            100.0 * value,
            (100.0 * down, 100.0 * up),
            None,
            "%",
            method,
            f"the best is: {METHODS[rival]}",
        ),
    ]
    for level, probability in _LEVELS.items():
        share, error = coverage(found["cumulative"], probability), _binomial(probability, found["number"])
        numbers.append(
            Number(
                f"coverage_{level}_{name}",
                f"coverage of {level} % intervals, {title}",
                100.0 * share,
                (100.0 * error, 100.0 * error),
                None,
                "%",
                "sources that the inference did not see; binomial uncertainty",
            )
        )
    return numbers


def _binomial(level: float, number: int) -> float:
    return float(np.sqrt(level * (1.0 - level) / number))


def _told(found: Mapping[str, Any]) -> str:
    rival = best_rival(found)
    return (
        f"{found['median']['field']:.2f} rad/m2 ({METHODS[rival]}: {found['median'][rival]:.2f}; gain "
        f"{100 * found['gain'][rival][0]:.0f} %), coverage {100 * coverage(found['cumulative'], 0.68):.1f} / "
        f"{100 * coverage(found['cumulative'], 0.95):.1f} % of {found['number']:,}"
    )


def _axis(rows: Mapping[str, Any]) -> Axis:
    return Axis("sources", "", tuple(CLASSES[name] for name in rows))


def _errors_table(rows: Mapping[str, Any]) -> Table:
    columns = [Column("number", "", tuple(found["number"] for found in rows.values()), {}, {})]
    columns += [
        Column(
            title,
            "rad/m2",
            tuple(found["median"][method] for found in rows.values()),
            {"stat": tuple(found["interval"][method] for found in rows.values())},
            {},
        )
        for method, title in METHODS.items()
    ]
    title = "Median absolute error of rotation measures that were left out"
    return Table("held_out_errors", title, (_axis(rows),), tuple(columns))


def _gains_table(rows: Mapping[str, Any]) -> Table:
    columns = []
    for method, title in METHODS.items():
        if method == "field":
            continue
        found = [one["gain"][method] for one in rows.values()]
        errors = {"stat": tuple((100 * down, 100 * up) for _, (down, up), _ in found)}
        columns.append(Column(f"over {title}", "%", tuple(100 * value for value, _, _ in found), errors, {}))
        columns.append(
            Column(f"bootstrap samples without a gain, {title}", "", tuple(one for _, _, one in found), {}, {})
        )
    title = "By how much the field's median error is less than that of interpolations (paired bootstrap)"
    return Table("held_out_gains", title, (_axis(rows),), tuple(columns))


def _coverage_table(rows: Mapping[str, Any]) -> Table:
    columns = []
    for level, probability in _LEVELS.items():
        shares = tuple(100 * coverage(one["cumulative"], probability) for one in rows.values())
        errors = tuple((100 * _binomial(probability, one["number"]),) * 2 for one in rows.values())
        columns.append(Column(f"within {level} %", "%", shares, {"stat": errors}, {}))
        limits = tuple(100 * allowed(probability, one["number"]) for one in rows.values())
        columns.append(Column(f"may differ from {level} % by", "%", limits, {}, {}))
    columns.append(
        Column("mean logarithm of the predictive density", "", tuple(one["density"] for one in rows.values()), {}, {})
    )
    title = "Coverage of the predictive intervals of rotation measures that were left out"
    return Table("held_out_coverage", title, (_axis(rows),), tuple(columns))
