from __future__ import annotations

from collections.abc import Callable

import awkward as ak
import numpy as np
import pytest

from analysis.calibration import SavedCalibration
from analysis.studies.htautau.study import study
from analysis.studies.htautau.weights import weigh
from analysis.study import Dataset

HISTOGRAMS = study.stage("histograms")
SETTINGS = HISTOGRAMS.weights.settings
Reconstructed = Callable[[Dataset], ak.Array]


def test_measured_events_count_once_and_nothing_is_uncertain_about_that(
    reconstructed: Reconstructed, pileup: SavedCalibration
) -> None:
    dataset = study.dataset("Run2012B")
    weights = weigh(reconstructed(dataset), dataset, pileup, SETTINGS)
    assert set(weights) == {"nominal"}
    assert (weights["nominal"] == 1.0).all()


@pytest.mark.parametrize("dataset", study.simulated, ids=lambda dataset: dataset.name)
def test_every_weight_shift_has_its_column(
    reconstructed: Reconstructed, pileup: SavedCalibration, dataset: Dataset
) -> None:
    weights = weigh(reconstructed(dataset), dataset, pileup, SETTINGS)
    declared = {f"{source}_{way}" for source in HISTOGRAMS.weight_shifts for way in ("up", "down")}
    assert set(weights) == {"nominal"} | declared
    for uncertainty in SETTINGS.uncertainties:
        up, down = (weights[f"{uncertainty.source}_{way}"] / weights["nominal"] for way in ("up", "down"))
        assert up + down == pytest.approx(2.0)
        if not uncertainty.along:
            assert set(np.round(up, 9)) <= {1.0, round(1.0 + uncertainty.relative, 9)}


def test_the_higgs_boson_decays_to_tau_leptons_in_6_percent(
    reconstructed: Reconstructed, pileup: SavedCalibration
) -> None:
    for name, ratio in (("GluGluToHToTauTau", 0.0632), ("TTbar", 1.0)):
        dataset = study.dataset(name)
        weights = weigh(reconstructed(dataset), dataset, pileup, SETTINGS)
        events = reconstructed(dataset)
        by_vertices = pileup["pileup"].evaluate(name, np.asarray(events.npv, float), "nominal")
        assert weights["nominal"] == pytest.approx(ratio * dataset.weight_per_fb * by_vertices)


def test_tau_identification_is_about_genuine_taus(reconstructed: Reconstructed, pileup: SavedCalibration) -> None:
    dataset = study.dataset("DYJetsToLL")
    events = reconstructed(dataset)
    weights = weigh(events, dataset, pileup, SETTINGS)
    genuine = np.asarray(events.gen_match, bool)
    relative = weights["tau_identification_up"] / weights["nominal"] - 1.0
    assert relative[genuine] == pytest.approx(0.06)
    assert not relative[~genuine].any()
    assert (weights["misidentification_up"] / weights["nominal"] - 1.0)[~genuine] == pytest.approx(0.25)


def test_w_bosons_are_uncertain_by_their_jets_and_by_the_momentum_of_the_tau(
    reconstructed: Reconstructed, pileup: SavedCalibration
) -> None:
    dataset = study.dataset("W3JetsToLNu")
    events = reconstructed(dataset)
    weights = weigh(events, dataset, pileup, SETTINGS)
    up = {name: weights[f"{name}_up"] / weights["nominal"] for name in HISTOGRAMS.weight_shifts}
    njets, pt = np.asarray(events.njets), np.asarray(events.pt_2, float)
    for name, those, size in (
        ("w_no_jet", njets == 0, 1.15),
        ("w_two_jets", njets == 2, 1.25),
        ("w_many_jets", njets >= 3, 1.5),
    ):
        assert up[name] == pytest.approx(np.where(those, size, 1.0))
    assert up["w_tau_pt"] == pytest.approx(1.0 + np.clip(0.004 * (pt - 30.0), -1.0, 1.0))
    other = study.dataset("TTbar")
    assert (
        weigh(reconstructed(other), other, pileup, SETTINGS)["w_no_jet_up"]
        == weigh(reconstructed(other), other, pileup, SETTINGS)["nominal"]
    ).all()
