"""Kinds of steps: what a graph tells apart by colour."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KINDS", "Kind", "kind_of"]


@dataclass(frozen=True)
class Kind:
    """Steps that are of one nature.

    Args:
        name: for style sheets.
        title: for people.
        beginnings: what the names of such tasks begin with.
    """

    name: str
    title: str
    beginnings: tuple[str, ...]


KINDS = (
    Kind("data", "data and simulation", ("Fetch", "Generate", "Simulate")),
    Kind("calibration", "calibration", ("DeriveCalibration", "CalibrateEvents", "DeriveScale")),
    Kind("reconstruction", "reconstruction", ("FitEvents", "Reconstruct", "EvaluateReconstruction")),
    Kind("learning", "learning", ("Prepare", "Train", "Score", "EvaluateModel", "Export")),
    Kind("inference", "statistics", ("Fill", "Merge", "Build", "Fit", "Derive", "Measure", "Validate")),
    Kind("result", "figures and results", ("Plot", "Collect", "Report", "Result", "Summarise", "Publish")),
    Kind("other", "other", ("",)),
)
"""In the order of the legend; the first one that fits is a task's kind."""


def kind_of(family: str) -> Kind:
    """The kind of a task by its name.

    Examples:
        >>> [kind_of(family).name for family in ("FetchData", "FitEvents", "FitMeasurement", "PlotTraining", "Brew")]
        ['data', 'reconstruction', 'inference', 'result', 'other']
    """
    return next(kind for kind in KINDS if family.startswith(kind.beginnings))
