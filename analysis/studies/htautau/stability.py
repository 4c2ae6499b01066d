"""How far the strengths move if W + jets had the measured distributions: what another simulation of it would change.

Where W bosons are normalised, data less all other events are what W + jets should look like. Simulated W + jets are
weighted in one variable until they do, each charge by itself and with their number as it is, everywhere. A shift of the
strengths that their systematic uncertainty does not hold would say that this lacks something.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.datasets import Dataset
from analysis.events.columns import values
from analysis.histograms.filling import fill
from analysis.histograms.scores import with_scores
from analysis.inference.conditional import Fitted
from analysis.inference.model import build_model
from analysis.results import Axis, Column, Table
from analysis.studies.htautau.weights import weigh
from analysis.studies.htautau.workspace import HIGH_MT, TOP, build

if TYPE_CHECKING:
    from analysis.calibration import SavedCalibration
    from analysis.histograms.histograms import Histograms
    from analysis.learning.application.scores import Scores
    from analysis.studies.htautau.measurement_settings import StabilitySettings
    from analysis.study import Variable

__all__ = ["measure_stability", "measured_over_simulated", "ratios_of"]

Array = NDArray[np.float64]

# what is left of a bin of which other events are more than the data has, and the most that a bin is multiplied by
_RANGE = (0.0, 5.0)


def measure_stability(
    reconstructed: Mapping[str, ak.Array],
    scores: Mapping[str, Scores],
    pileup: SavedCalibration,
    histograms: Histograms,
    fit: Mapping[str, Any],
    settings: StabilitySettings,
) -> dict[str, Any]:
    """Fit again with W + jets weighted to the measured distribution of one variable after the other.

    Args:
        reconstructed: simulated W + jets, by data set.
        scores: of the same events.
        pileup: as the histograms were filled with.
        histograms: scaled to the luminosity of the data.
        fit: of all workspaces.
        settings: variables, and the model.

    Returns:
        JSON: a table of the shifts of the strengths and their largest in the headline; nothing of Asimov data.
    """
    if fit["data"] == "asimov":
        return {"numbers": [], "tables": [], "headline": {}}
    events = {name: with_scores(one, scores[name]) for name, one in reconstructed.items()}
    weights = {name: _nominal(one, name, pileup, settings) for name, one in events.items()}
    top = fit["workspaces"][settings.workspaces[0]]["parameters"][TOP]["value"]
    rows: list[tuple[str, str, str, float, float]] = []
    for variable in settings.variables:
        wanted = measured_over_simulated(histograms, variable, settings, top)
        ratios = ratios_of(events, weights, variable, wanted, settings)
        made = build(histograms, settings.model, ratios)
        for name in settings.workspaces:
            found = Fitted.of(build_model(made[name]))
            before = fit["workspaces"][name]
            for parameter, title in settings.strengths:
                down, up = before["intervals"][parameter]["syst"]
                shift = float(found.values[found.index(parameter)]) - before["parameters"][parameter]["value"]
                rows.append((variable.title, name, title, round(shift, 5), round(up if shift > 0.0 else down, 5)))
    return {
        "numbers": [],
        "tables": [_table(rows).as_json()],
        "headline": {"strengths with W + jets weighted to the data": _told(rows)},
    }


def measured_over_simulated(
    histograms: Histograms, variable: Variable, settings: StabilitySettings, top: float
) -> dict[str, Array]:
    """Data less other events over W + jets where these are normalised, by region; 1 on average.

    Args:
        histograms: scaled to the luminosity of the data.
        variable: whose bins are compared.
        settings: names of processes.
        top: factor of top quarks.
    """
    model, found = settings.model, {}
    for region in HIGH_MT:
        content = {p: histograms.content(variable.name, p, region, "nominal")[0] for p in histograms.processes}
        factors = {"data": 1.0, model.w_process: 0.0, model.top_process: -top}
        left = np.sum([factors.get(name, -1.0) * one for name, one in content.items()], axis=0)
        w = content[model.w_process]
        ratio = np.divide(left, w, out=np.ones_like(w), where=w > 0.0)
        ratio = np.clip(ratio * w.sum() / left.sum(), *_RANGE)
        found[region] = ratio * w.sum() / (ratio * w).sum()
    return found


def ratios_of(
    events: Mapping[str, ak.Array],
    weights: Mapping[str, Array],
    variable: Variable,
    wanted: Mapping[str, Array],
    settings: StabilitySettings,
) -> dict[tuple[str, str], Array]:
    """Compute the ratio of weighted to unweighted events in each bin that is fitted, by variable and region.

    Args:
        events: simulated W + jets, by data set.
        weights: of the events, (n,) each.
        variable: in which they are weighted.
        wanted: factors in its bins, by the region of each charge.
        settings: what is fitted.
    """
    parts = []
    for name, one in events.items():
        edges, numbers = np.asarray(variable.edges), values(one, variable.field or variable.name)
        place = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
        opposite = values(one, "opposite_charge").astype(np.bool_)
        factor = np.where(opposite, wanted[HIGH_MT[0]][place], wanted[HIGH_MT[1]][place])
        both = {"nominal": weights[name], "weighted": factor * weights[name]}
        w = np.full(len(one), settings.model.w_process)
        parts.append(fill(one, both, w, settings.filled, settings.regions))
    found = {}
    for one_variable in settings.filled:
        for region in one_variable.regions:
            before, after = (
                np.sum(
                    [part.content(one_variable.name, settings.model.w_process, region, way)[0] for part in parts],
                    axis=0,
                )
                for way in ("nominal", "weighted")
            )
            found[one_variable.name, region] = np.divide(after, before, out=np.ones_like(after), where=before > 0.0)
    return found


def _nominal(events: ak.Array, name: str, pileup: SavedCalibration, settings: StabilitySettings) -> Array:
    return weigh(events, Dataset(name, name, "simulated"), pileup, settings.weights)["nominal"]


def _table(rows: list[tuple[str, str, str, float, float]]) -> Table:
    texts = (
        Axis(title, "", tuple(row[place] for row in rows))
        for place, title in enumerate(("Weighted in", "Workspace", "Strength"))
    )
    columns = (
        Column("Shift", "", tuple(row[3] for row in rows), {}, {}),
        Column("Systematic uncertainty", "", tuple(row[4] for row in rows), {}, {}),
        Column("Shift by uncertainty", "", tuple(round(row[3] / row[4], 3) for row in rows), {}, {}),
    )
    return Table("stability", "Strengths with W + jets weighted to the data at high $m_T$", tuple(texts), columns)


def _told(rows: list[tuple[str, str, str, float, float]]) -> str:
    variable, workspace, title, shift, uncertainty = max(rows, key=lambda row: abs(row[3]) / row[4])
    largest = f"{title} ({workspace}) by {shift:+.2g}, systematic uncertainty {uncertainty:.2g}"
    return f"at most {abs(shift) / uncertainty:.1g} of the systematic uncertainty; {variable}: {largest}"
