from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.events.identity import identify
from analysis.events.selection import passes
from analysis.learning.data.inputs import TrainingInputs
from analysis.studies.htautau.study import study
from analysis.studies.htautau.training import prepare_training
from analysis.study import Cut, Dataset

SETTINGS = study.stage("inputs").step.settings
VBF = study.dataset("VBF_HToTauTau")
Read = Callable[..., ak.Array]


@pytest.fixture(scope="module")
def vbf(reconstructed: Callable[[Dataset], ak.Array]) -> ak.Array:
    return reconstructed(VBF)


def test_every_event_has_a_row(vbf: ak.Array) -> None:
    inputs = prepare_training(vbf, VBF, SETTINGS)
    assert isinstance(inputs, TrainingInputs)
    assert len(inputs) == VBF.events
    event = inputs.features["event"]
    assert event.names == SETTINGS.features
    assert inputs.classes == ("higgs", "ztt", "zll", "w", "tt")
    assert np.array_equal(inputs.identity, identify(VBF.name, 0, VBF.events))
    assert inputs.weight == pytest.approx(VBF.weight_per_fb)
    for index, name in enumerate(event.names):
        missing = np.asarray(ak.is_none(vbf[name]))
        assert np.array_equal(~event.present[:, index], missing)
        assert not event.values[missing, index].any()
        expected = ak.to_numpy(ak.drop_none(vbf[name])).astype(np.float32)
        assert np.array_equal(event.values[~missing, index], expected)


def test_what_is_trained_on(vbf: ak.Array) -> None:
    inputs = prepare_training(vbf, VBF, SETTINGS)
    expected = np.asarray((vbf.q_1 * vbf.q_2 < 0) & (vbf.iso_1 < 0.1))
    assert np.array_equal(inputs.trainable, expected)
    for region in study.stage("histograms").regions:
        if region.name in ("signal", "high_mt"):
            assert (passes(vbf, region.cuts) <= inputs.trainable).all()


def test_all_data_sets(reconstructed: Callable[[Dataset], ak.Array]) -> None:
    trainable = np.zeros(5, dtype=int)
    for dataset in study.simulated:
        inputs = prepare_training(reconstructed(dataset), dataset, SETTINGS)
        trainable += np.bincount(inputs.label[inputs.trainable], minlength=5)
    assert trainable.min() > 500
    measured = study.dataset("Run2012B")
    inputs = prepare_training(reconstructed(measured), measured, SETTINGS)
    assert len(inputs) == 13_572
    assert not inputs.trainable.any()
    assert (inputs.label == -1).all()


def test_a_feature_that_is_no_number(vbf: ak.Array) -> None:
    d_zeta = np.array(vbf.d_zeta)
    d_zeta[17] = np.nan
    with pytest.raises(DataError, match=r"'VBF_HToTauTau': the feature 'd_zeta' of event 17 \(identity \d+\) is nan"):
        prepare_training(ak.with_field(vbf, d_zeta, "d_zeta"), VBF, SETTINGS)


def test_a_part_without_trainable_events_goes_through(vbf: ak.Array) -> None:
    none = prepare_training(vbf, VBF, replace(SETTINGS, selection=(Cut("mt_1", ">", 10_000.0),)))
    assert len(none) == len(vbf)
    assert not none.trainable.any()
    assert len(prepare_training(vbf[:0], VBF, SETTINGS)) == 0


def test_an_unknown_feature(vbf: ak.Array) -> None:
    with pytest.raises(StudyError, match="no field 'm_sv'"):
        prepare_training(vbf, VBF, replace(SETTINGS, features=("m_vis", "m_sv")))
