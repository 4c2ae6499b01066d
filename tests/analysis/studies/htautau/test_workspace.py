"""The statistical model from real events; networks are left out, so that the visible mass is all there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.histograms.filling import fill
from analysis.histograms.histograms import Histograms, merge
from analysis.histograms.processes import as_shift, process_labels
from analysis.inference.fitting import fit
from analysis.inference.model import build_model
from analysis.inference.specification import read_workspace
from analysis.studies.htautau.study import study
from analysis.studies.htautau.weights import weigh
from analysis.studies.htautau.workspace import MULTIJET, build, display
from analysis.study import Dataset

HISTOGRAMS = study.stage("histograms")
_MODEL = study.stage("workspaces").step.settings
SETTINGS = replace(_MODEL, workspaces=tuple(one for one in _MODEL.workspaces if one[0] == "m_vis"))
LUMINOSITY = study.campaign("2012B").luminosity
M_VIS = next(variable for variable in HISTOGRAMS.variables if variable.name == "m_vis")
REGIONS = tuple(region for region in HISTOGRAMS.regions if all(cut.field != "category" for cut in region.cuts))


@pytest.fixture(scope="module")
def histograms(reconstructed: Callable[[Dataset], ak.Array]) -> Histograms:
    """Nominal events under the name of every shift that changes events: those are tested where they are computed."""
    parts = []
    for dataset in (*study.simulated, study.dataset("Run2012B")):
        events = reconstructed(dataset)
        weights = weigh(events, dataset, HISTOGRAMS.weights.settings)
        part = fill(events, weights, process_labels(events, dataset, study.processes), (M_VIS,), REGIONS)
        parts += [part, *(as_shift(part, name) for shift in study.shifts for name in shift.names)]
    return merge(parts).scaled({process.name: LUMINOSITY for process in study.processes})


@pytest.fixture(scope="module")
def workspace(histograms: Histograms) -> dict:
    return build(histograms, SETTINGS)["m_vis"]


def test_it_is_a_workspace(workspace: dict) -> None:
    read_workspace(workspace)
    assert [channel["name"] for channel in workspace["channels"]] == [
        *("m_vis", "m_vis_same_sign", "high_mt", "high_mt_same_sign", "not_isolated", "not_isolated_same_sign")
    ]


def test_observations_are_the_measured_events(workspace: dict, histograms: Histograms) -> None:
    observed = {one["name"]: one["data"] for one in workspace["observations"]}
    assert sum(observed["m_vis"]) == histograms.content("m_vis", "data", "signal", "nominal")[0].sum()
    assert len(observed["high_mt"]) == len(observed["not_isolated"]) == 1
    # as counted in the files themselves, with taus above 21 GeV
    assert sum(observed["m_vis"]) == 2_589
    assert observed["high_mt"] == [1_383.0]


def test_multijet_events_are_what_same_charge_has_beyond_the_simulation(
    workspace: dict, histograms: Histograms
) -> None:
    samples = {
        channel["name"]: {one["name"]: np.array(one["data"]) for one in channel["samples"]}
        for channel in workspace["channels"]
    }
    same = samples["m_vis_same_sign"]
    observed = histograms.content("m_vis", "data", "same_sign", "nominal")[0]
    simulated = np.sum([content for name, content in same.items() if name != MULTIJET], axis=0)
    assert same[MULTIJET] == pytest.approx(np.maximum(observed - simulated, 1.0))
    assert np.array_equal(samples["m_vis"][MULTIJET], same[MULTIJET])


@pytest.mark.long
def test_control_regions_and_the_visible_mass_fit(workspace: dict) -> None:
    """Without the shifts of events; the whole measurement is run elsewhere."""
    model = build_model(workspace)
    found = fit(model)
    assert found.converged
    values = dict(zip(model.names, found.values, strict=True))
    spread = dict(zip(model.names, found.uncertainties, strict=True))
    # what a fit of the visible mass in 2012 B and C found is 0.96 to 0.99
    assert abs(values["mu_ztt"] - 0.98) < 2.0 * spread["mu_ztt"]
    assert 0.04 < spread["mu_ztt"] < 0.15
    # as many with opposite as with same charge, and the data say so: 992 over 908, simulated events taken off
    assert 1.0 < values["multijet_charge_ratio"] < 1.3
    assert 0.8 < values["w_norm"] < 1.3


def test_no_prediction_is_without_its_statistical_uncertainty(workspace: dict) -> None:
    for channel in workspace["channels"]:
        for one in channel["samples"]:
            kinds = {modifier["type"] for modifier in one["modifiers"]}
            assert kinds & ({"shapefactor", "normfactor"} if one["name"] == MULTIJET else {"staterror"})


def test_a_variable_is_shown_with_the_parameters_of_the_fit(histograms: Histograms, workspace: dict) -> None:
    (shown,) = dict(SETTINGS.workspaces)["m_vis"]
    made = display(histograms, SETTINGS, [shown], w_same_sign=1.0)
    read_workspace(made)
    names = {m["name"] for c in made["channels"] for s in c["samples"] for m in s["modifiers"]}
    fitted = {m["name"] for c in workspace["channels"] for s in c["samples"] for m in s["modifiers"]}
    assert names - fitted == {"stat_display_m_vis"}
    fewer = display(histograms, SETTINGS, [shown], w_same_sign=2.0)
    multijet = [
        sum(next(s["data"] for s in one["channels"][0]["samples"] if s["name"] == MULTIJET)) for one in (made, fewer)
    ]
    assert multijet[1] < multijet[0]
