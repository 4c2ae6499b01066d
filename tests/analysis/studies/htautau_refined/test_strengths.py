from __future__ import annotations

import awkward as ak
import numpy as np

from analysis.histograms.filling import fill
from analysis.histograms.histograms import Histograms, merge
from analysis.histograms.processes import as_shift
from analysis.measurement import Region, Variable
from analysis.studies.htautau_refined.strengths import RefinedHistograms

MASS = Variable("mass", "m", "GeV", (0.0, 1.0, 2.0), regions=("all",))
ALL = (Region("all", "all", ()),)


def test_nominal_events_are_the_refined_ones_and_shifts_keep_their_relative_size() -> None:
    def filled(mass: list[float], process: str, luminosity_up: float = 1.0) -> Histograms:
        events = ak.Array({"identity": np.arange(len(mass), dtype=np.uint64), "mass": mass})
        weight = np.ones(len(mass))
        weights = {"nominal": weight}
        if process != "data":
            weights["luminosity_up"] = luminosity_up * weight
        return fill(events, weights, np.full(len(mass), process), (MASS,), ALL)

    nominal, refined = filled([0.5, 0.5, 1.5], "w", 1.1), filled([0.5, 1.5, 1.5], "w")
    data = filled([0.5, 1.5], "data")
    histograms = merge([nominal, data, *(as_shift(one, "refinement_up") for one in (refined, data))])
    found = RefinedHistograms(histograms.hists, histograms.rests, histograms.counts, shift="refinement_up")
    assert found.content("mass", "w", "all", "nominal")[0].tolist() == [1.0, 2.0]
    assert np.allclose(found.content("mass", "w", "all", "luminosity_up")[0], [1.1, 2.2])
    assert found.content("mass", "data", "all", "nominal")[0].tolist() == [1.0, 1.0]
