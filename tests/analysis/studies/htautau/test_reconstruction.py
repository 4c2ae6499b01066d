from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.calibration import SavedCalibration
from analysis.errors import DataError
from analysis.events.selection import passes
from analysis.studies.htautau.calibration import calibrate
from analysis.studies.htautau.reconstruction import reconstruct
from analysis.studies.htautau.study import study
from analysis.study import Dataset

SETTINGS = study.stage("reconstructed").step.settings
DATA, VBF, DY = (study.dataset(name) for name in ("Run2012B", "VBF_HToTauTau", "DYJetsToLL"))
Read = Callable[..., ak.Array]


def made(events: ak.Array, dataset: Dataset) -> ak.Array:
    return reconstruct(events, dataset, dataset.weight_per_fb, SETTINGS)


@pytest.fixture(scope="module")
def vbf(read: Read) -> ak.Array:
    return made(read("VBF_HToTauTau"), VBF)


# without those that the networks divide
BASIC = [region for region in study.stage("histograms").regions if all(cut.field != "category" for cut in region.cuts)]
# as they were counted in the files, before any threshold of the measurement
STORED = {"signal": 2_796, "same_sign": 925, "high_mt": 1_528}
CHECKED = {
    region.name: tuple(cut for cut in region.cuts if cut.field not in ("pt_2", "nbtag"))
    for region in study.stage("histograms").regions
    if region.name in STORED
}


def column(events: ak.Array, name: str) -> np.ndarray:
    return np.asarray(ak.to_numpy(events[name]), dtype=np.float64)


def vector_of(events: ak.Array, pt: str, phi: str) -> np.ndarray:
    return column(events, pt) * np.array([np.cos(column(events, phi)), np.sin(column(events, phi))])


def test_check_numbers_of_the_regions(read: Read) -> None:
    events = made(read("Run2012B"), DATA)
    assert {name: passes(events, cuts).sum() for name, cuts in CHECKED.items()} == STORED


def test_regions_after_the_calibration(read: Read, saved: SavedCalibration) -> None:
    events = made(calibrate(read("Run2012B"), saved, DATA, study.stage("calibrated").step.settings), DATA)
    for region, stored in STORED.items():
        assert abs(passes(events, CHECKED[region]).sum() - stored) < 0.01 * stored


def test_no_event_is_in_two_regions(read: Read) -> None:
    events = made(read("Run2012B"), DATA)
    inside = np.array([passes(events, region.cuts) for region in BASIC])
    assert inside.sum(axis=0).max() == 1
    assert (inside.sum(axis=1) > 0).all()


@pytest.mark.parametrize("dataset", study.simulated, ids=lambda dataset: dataset.name)
def test_weights_and_labels(read: Read, dataset) -> None:
    stored = read(dataset.name)
    events = made(stored, dataset)
    assert np.asarray(events.weight).dtype == np.float64
    # a tenth of the events of the samples, and of the luminosity, that the files' weights are for
    fraction = dict(SETTINGS.fractions)[dataset.name]
    assert column(events, "weight") * 11.467 * fraction == pytest.approx(column(stored, "weight"), rel=1.2e-7)
    assert column(events, "weight") * 1.1467 == pytest.approx(column(stored, "weight"), rel=2e-5)
    assert column(events, "weight") == pytest.approx(1000.0 * dataset.cross_section / dataset.generated, rel=1e-15)
    names = np.array([process.name for process in study.processes])[np.asarray(events.label)]
    if dataset is DY:
        assert np.array_equal(names == "ztt", np.asarray(events.gen_match))
        assert np.array_equal(names == "zll", ~np.asarray(events.gen_match))
        assert np.bincount(events.label).tolist() == [0, 5_425, 1_546]
    else:
        expected = {"G": "higgs", "V": "higgs", "W": "w", "T": "tt"}[dataset.name[0]]
        assert set(names) == {expected}


def test_measured_events(read: Read) -> None:
    events = made(read("Run2012B"), DATA)
    assert set(column(events, "weight")) == {1.0}
    assert set(column(events, "label")) == {-1.0}


def test_what_was_stored_stays(read: Read, vbf: ak.Array) -> None:
    stored = read("VBF_HToTauTau")
    for name in stored.fields:
        if name not in ("weight", "jbtag_1", "jbtag_2"):
            assert ak.array_equal(vbf[name], stored[name]), name


def test_the_candidate(vbf: ak.Array) -> None:
    legs = [vector_of(vbf, f"pt_{leg}", f"phi_{leg}") for leg in (1, 2)]
    met = vector_of(vbf, "pt_met", "phi_met")
    assert column(vbf, "pt_tt") == pytest.approx(np.hypot(*(legs[0] + legs[1] + met)), rel=1e-6)
    pair_squared = 2 * (np.hypot(*legs[0]) * np.hypot(*legs[1]) - (legs[0] * legs[1]).sum(axis=0))
    total = np.sqrt(column(vbf, "mt_1") ** 2 + column(vbf, "mt_2") ** 2 + pair_squared)
    assert column(vbf, "mt_tot") == pytest.approx(total, rel=1e-6)
    half = (column(vbf, "phi_1") + column(vbf, "phi_2")) / 2
    axis = np.array([np.cos(half), np.sin(half)])
    axis *= np.sign((axis * legs[0]).sum(axis=0))
    d_zeta = (met * axis).sum(axis=0) - 0.85 * ((legs[0] + legs[1]) * axis).sum(axis=0)
    assert column(vbf, "d_zeta") == pytest.approx(d_zeta, rel=1e-6, abs=1e-5)


def test_distances(vbf: ak.Array) -> None:
    def between(first: str, second: str) -> np.ndarray:
        difference = np.abs(column(vbf, first) - column(vbf, second))
        return np.minimum(difference, 2 * np.pi - difference)

    dphi, deta = between("phi_1", "phi_2"), np.abs(column(vbf, "eta_1") - column(vbf, "eta_2"))
    assert column(vbf, "dphi_tt") == pytest.approx(dphi, abs=1e-6)
    assert column(vbf, "deta_tt") == pytest.approx(deta, abs=1e-6)
    assert column(vbf, "dr_tt") == pytest.approx(np.sqrt(dphi**2 + deta**2), abs=1e-6)
    assert column(vbf, "dphi_1_met") == pytest.approx(between("phi_1", "phi_met"), abs=1e-6)
    assert column(vbf, "dphi_2_met") == pytest.approx(between("phi_2", "phi_met"), abs=1e-6)


def test_jets(vbf: ak.Array) -> None:
    two = ~np.asarray(ak.is_none(vbf.jpt_2))
    for name in ("deta_jj", "dphi_jj", "eta_product_jj", "centrality_tt", "pt_ttjj"):
        assert np.array_equal(~np.asarray(ak.is_none(vbf[name])), two)
    events = vbf[two]
    first, second = column(events, "jeta_1"), column(events, "jeta_2")
    assert column(events, "deta_jj") == pytest.approx(np.abs(column(events, "jdeta")), abs=1e-6)
    assert column(events, "eta_product_jj") == pytest.approx(first * second, rel=1e-6)
    everything = np.sum(
        [
            vector_of(events, pt, phi)
            for pt, phi in (
                ("pt_1", "phi_1"),
                ("pt_2", "phi_2"),
                ("pt_met", "phi_met"),
                ("jpt_1", "jphi_1"),
                ("jpt_2", "jphi_2"),
            )
        ],
        axis=0,
    )
    assert column(events, "pt_ttjj") == pytest.approx(np.hypot(*everything), rel=1e-5, abs=1e-4)
    pz = sum(column(events, f"pt_{leg}") * np.sinh(column(events, f"eta_{leg}")) for leg in (1, 2))
    eta = np.arcsinh(pz / column(events, "pt_vis"))
    centrality = np.exp(-4 / (first - second) ** 2 * (eta - (first + second) / 2) ** 2)
    assert column(events, "centrality_tt") == pytest.approx(centrality, rel=1e-3, abs=1e-6)
    assert 0.3 < centrality.mean() < 0.8


def test_tags_without_an_answer_are_missing(read: Read, vbf: ak.Array) -> None:
    stored = read("VBF_HToTauTau").jbtag_1
    assert ak.sum(stored < 0) > 100
    assert ak.min(vbf.jbtag_1) >= 0
    answered = ak.fill_none(stored, -1.0) >= 0
    assert np.array_equal(np.asarray(ak.is_none(vbf.jbtag_1)), ~np.asarray(answered))


def test_decay_modes(vbf: ak.Array) -> None:
    assert np.array_equal(np.asarray(5 * (vbf.prongs_2 - 1) + vbf.pi0s_2), np.asarray(vbf.dm_2))
    assert set(np.asarray(vbf.prongs_2)) == {1, 3}


@pytest.mark.long
@pytest.mark.parametrize("dataset", [DATA, VBF], ids=lambda dataset: dataset.name)
def test_chunks_do_not_change_a_bit(read: Read, dataset) -> None:
    whole = made(read(dataset.name, 0, 600), dataset)
    for step, stop in ((1, 12), (97, 600)):
        starts = range(0, stop, step)
        parts = [made(read(dataset.name, a, min(a + step, stop)), dataset) for a in starts]
        assert ak.array_equal(ak.concatenate(parts), whole[:stop])
    assert made(read(dataset.name, 5, 5), dataset).type == whole[:0].type


def test_a_wrong_cross_section(read: Read) -> None:
    events = read("VBF_HToTauTau", 0, 10)
    wrong = replace(VBF, cross_section=1.58)
    with pytest.raises(DataError, match=r"'VBF_HToTauTau': the weight stored in 10 of 10 events is not 0\.0368"):
        made(events, wrong)
    for wrong in (replace(VBF, cross_section=1.55 * (1 + 5e-7)), replace(VBF, generated=491_653)):
        with pytest.raises(DataError, match="'VBF_HToTauTau': the weight"):
            made(events, wrong)


def test_measured_events_with_weights(read: Read) -> None:
    events = ak.with_field(read("Run2012B", 0, 10), np.float32(0.5), "weight")
    with pytest.raises(DataError, match=r"'Run2012B': the weight stored in 10 of 10 events is not 1 but"):
        made(events, DATA)
