from __future__ import annotations

from collections.abc import Callable

import awkward as ak
import numpy as np
import pytest

from analysis.studies.htautau.study import study
from analysis.studies.htautau.weights import weigh
from analysis.study import Dataset

HISTOGRAMS = study.stage("histograms")
SETTINGS = HISTOGRAMS.weights.settings
Reconstructed = Callable[[Dataset], ak.Array]


def test_measured_events_count_once_and_nothing_is_uncertain_about_that(reconstructed: Reconstructed) -> None:
    dataset = study.dataset("Run2012B")
    weights = weigh(reconstructed(dataset), dataset, SETTINGS)
    assert set(weights) == {"nominal"}
    assert (weights["nominal"] == 1.0).all()


@pytest.mark.parametrize("dataset", study.simulated, ids=lambda dataset: dataset.name)
def test_every_weight_shift_has_its_column(reconstructed: Reconstructed, dataset: Dataset) -> None:
    weights = weigh(reconstructed(dataset), dataset, SETTINGS)
    declared = {f"{source}_{way}" for source in HISTOGRAMS.weight_shifts for way in ("up", "down")}
    assert set(weights) == {"nominal"} | declared
    for uncertainty in SETTINGS.uncertainties:
        up, down = (weights[f"{uncertainty.source}_{way}"] / weights["nominal"] for way in ("up", "down"))
        assert up + down == pytest.approx(2.0)
        assert set(np.round(up, 9)) <= {1.0, round(1.0 + uncertainty.relative, 9)}


def test_the_higgs_boson_decays_to_tau_leptons_in_6_percent(reconstructed: Reconstructed) -> None:
    for name, ratio in (("GluGluToHToTauTau", 0.0632), ("TTbar", 1.0)):
        dataset = study.dataset(name)
        weights = weigh(reconstructed(dataset), dataset, SETTINGS)
        assert weights["nominal"] == pytest.approx(ratio * dataset.weight_per_fb)


def test_tau_identification_is_about_genuine_taus(reconstructed: Reconstructed) -> None:
    dataset = study.dataset("DYJetsToLL")
    events = reconstructed(dataset)
    weights = weigh(events, dataset, SETTINGS)
    genuine = np.asarray(events.gen_match, bool)
    relative = weights["tau_identification_up"] / weights["nominal"] - 1.0
    assert relative[genuine] == pytest.approx(0.06)
    assert not relative[~genuine].any()
    assert (weights["misidentification_up"] / weights["nominal"] - 1.0)[~genuine] == pytest.approx(0.25)
