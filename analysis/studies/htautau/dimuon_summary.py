"""The muon momentum scale in numbers and words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis.inference.rounding import measured_text
from analysis.results import Number

__all__ = ["headline", "numbers"]


def numbers(measurements: Mapping[str, Any], method: str) -> list[Number]:
    """Masses before and after the calibration, and the scale."""
    found = []
    for name, peak in measurements["peaks"].items():
        for when, words in (("before", "as measured"), ("after", "calibrated")):
            spread = peak[when]["uncertainty"]
            title = f"mass of the peak {name}, {words}"
            # the calibrated mass has the calibration's own uncertainty, the measured one that of the fit alone
            total = peak["after_total_uncertainty"]
            syst = float(f"{math.sqrt(total**2 - spread**2):.3g}") if when == "after" else None
            found.append(
                Number(
                    f"mass_{name}_{when}",
                    title,
                    peak[when]["mass"],
                    (spread, spread),
                    (syst, syst) if syst is not None else None,
                    "GeV",
                    method,
                )
            )
    scale = measurements["scale"]
    for index, (value, error) in enumerate(zip(scale["value"], scale["uncertainty"], strict=True)):
        low, high = scale["edges"][index : index + 2]
        title = f"muon momentum scale, {low} <= abs(eta) < {high}"
        found.append(Number(f"muon_scale_{index}", title, value, (error, error), None, "", method))
    return found


def headline(measurements: Mapping[str, Any]) -> dict[str, str]:
    """Return the main results for people, as texts by name."""
    lines = {}
    for name, peak in measurements["peaks"].items():
        before, after, total = peak["before"], peak["after"], peak["after_total_uncertainty"]
        lines[f"mass, {name}"] = (
            f"{_told(before['mass'], before['uncertainty'])} GeV, calibrated {_told(after['mass'], total)} GeV, "
            f"reference {peak['reference']['mass']} GeV"
        )
    scale = measurements["scale"]
    for lower, upper, value, error in zip(
        scale["edges"][:-1], scale["edges"][1:], scale["value"], scale["uncertainty"], strict=True
    ):
        lines[f"muon scale, {lower} <= abs(eta) < {upper}"] = _told(value, error)
    return lines


def _told(value: float, uncertainty: float) -> str:
    return measured_text(value, ("", (uncertainty, uncertainty)))
