"""Effect of the refinement on the strengths: fitted with it as a shift, and with events refined from the beginning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.histograms.histograms import Histograms
from analysis.histograms.processes import DATA, NOMINAL
from analysis.inference.conditional import Fitted
from analysis.inference.model import build_model
from analysis.results import Axis, Column, Table
from analysis.studies.htautau.workspace import build

if TYPE_CHECKING:
    from analysis.studies.htautau_refined.settings import StrengthSettings

__all__ = ["RefinedHistograms", "measure_strengths"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RefinedHistograms(Histograms):
    """Histograms whose nominal simulated events are those under a shift; other shifts have the same relative size.

    Args:
        shift: name of the shift.
    """

    shift: str = ""

    def content(self, variable: str, process: str, region: str, shift: str) -> tuple[Array, Array]:
        """Return sums of weights and of squares, as :meth:`Histograms.content` does."""
        get = super().content
        nominal, shifted = get(variable, process, region, NOMINAL), get(variable, process, region, shift)
        if process == DATA:
            return shifted
        refined = get(variable, process, region, self.shift)
        ratio = np.divide(shifted[0], nominal[0], out=np.ones_like(nominal[0]), where=nominal[0] > 0.0)
        return ratio * refined[0], ratio**2 * refined[1]


def measure_strengths(histograms: Histograms, settings: StrengthSettings) -> dict[str, Any]:
    """Fit without the refinement, with it as a shift, and refined events.

    Args:
        histograms: scaled to the luminosity of the data.
        settings: the model without the refinement, and its shift.

    Returns:
        JSON: a table of the strengths, with the uncertainty by the curvature of the likelihood, and a headline.
    """
    with_shift = replace(settings.model, sources=(*settings.model.sources, settings.source))
    refined = RefinedHistograms(histograms.hists, histograms.rests, histograms.counts, shift=f"{settings.source}_up")
    made = {
        "not refined": build(histograms, settings.model),
        "refinement as a shift": build(histograms, with_shift),
        "refined": build(refined, settings.model),
    }
    rows: list[tuple[str, str, str, float, float]] = []
    for how, workspaces in made.items():
        for name, workspace in workspaces.items():
            found = Fitted.of(build_model(workspace))
            for parameter, title in settings.strengths:
                index = found.index(parameter)
                uncertainty = float(np.sqrt(found.covariance[index, index]))
                rows.append((title, name, how, float(found.values[index]), uncertainty))
    axes = (
        Axis(title, "", tuple(row[place] for row in rows))
        for place, title in enumerate(("Strength", "Workspace", "Simulated events"))
    )
    column = Column(
        "Value",
        "",
        tuple(round(row[3], 5) for row in rows),
        {"total": tuple((round(row[4], 5),) * 2 for row in rows)},
        {},
    )
    table = Table("refined_strengths", "Strengths with refined events", tuple(axes), (column,))
    values = {row[:3]: row[3] for row in rows}
    headline = {
        f"{title} ({name}) by refined events": f"{values[title, name, 'refined'] - value:+.2g}"
        for (title, name, how), value in values.items()
        if how == "not refined"
    }
    return {"numbers": [], "tables": [table.as_json()], "headline": headline}
