from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from analysis.studies.htautau.datasets import COLLISIONS, DIMUON, FRACTIONS, SIMULATION, WHOLE_LUMINOSITY
from analysis.study import Dataset

ALL = (*SIMULATION, *COLLISIONS, DIMUON)


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.name)
def test_the_mirror_holds_what_the_catalogue_says(mirror: Path, dataset: Dataset) -> None:
    for file in dataset.files:
        content = (mirror / file.mirror).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert len(content) == file.size


def test_every_file_has_a_fixed_public_address() -> None:
    for dataset in ALL:
        for file in dataset.files:
            assert file.url.startswith("https://raw.githubusercontent.com/")
            assert file.url.endswith(f"/{file.name}")
            assert len(file.url.split("/")[5]) == 40
            assert len(file.sha256) == 64
        assert dataset.licence == "CC0-1.0"
        assert dataset.doi.startswith("10.7483/OPENDATA.CMS.")
    assert len({dataset.name for dataset in ALL}) == len(ALL) == 10


def test_the_public_cut_flow_of_the_reduced_sample(read: Callable[..., ak.Array]) -> None:
    """The log that hsf-training.github.io/hsf-training-cicd tests: 813 of 47,696 events, and a histogram's integral."""
    dataset = SIMULATION[0]
    assert (dataset.name, dataset.generated, dataset.events) == ("GluGluToHToTauTau", 47_696, 813)
    events = read(dataset.name)
    chosen = (events.mt_1 < 30) & (events.iso_1 < 0.1) & (events.q_1 != events.q_2) & (events.pt_1 > 17)
    histogram = np.histogram(np.asarray(events.pt_1[chosen]), 30, (17, 70))[0]
    # its weight: cross section x 11,467 /pb x 0.1 / 47,696
    assert dataset.weight_per_fb * 1.1467 * histogram.sum() == pytest.approx(222.88716647, rel=1e-6)


def test_the_public_cut_flow_of_a_whole_sample() -> None:
    """CERN Open Data record 12350 (tests/log-messages.feature): 10,492 of 491,653 events; a tenth is in the file."""
    dataset = SIMULATION[1]
    assert dataset.name == "VBF_HToTauTau"
    found, expected = dataset.events / (dataset.generated or 0), 10_492 / 491_653
    uncertainty = np.sqrt(expected * (1 - expected) / 49_165)
    assert abs(found - expected) < 3 * uncertainty
    assert abs(dataset.events / 491_653 - expected) > 25 * uncertainty


@pytest.mark.parametrize("dataset", SIMULATION, ids=lambda dataset: dataset.name)
def test_the_first_tenth_of_the_generated_events(dataset: Dataset) -> None:
    fraction = dict(FRACTIONS)[dataset.name]
    whole = round((dataset.generated or 0) / fraction)
    assert dataset.generated == whole // 10
    assert fraction == pytest.approx(0.1, abs=1e-6)
    assert (dataset.cross_section or 0.0) > 0.0


def test_the_luminosity_of_a_tenth() -> None:
    assert [dataset.luminosity for dataset in COLLISIONS] == pytest.approx([0.4412, 0.7055])
    # "about 1.1fb-1 of the data taken in 2012 with CMS", says who reduced the samples
    assert sum(dataset.luminosity or 0.0 for dataset in COLLISIONS) == pytest.approx(1.1, abs=0.05)
    assert pytest.approx(11.467) == WHOLE_LUMINOSITY


def test_both_periods_have_the_events_of_their_luminosity(read: Callable[..., ak.Array]) -> None:
    """What the uncertainty of 5 % for the luminosity of the first entries is for: what is expected to be equal is."""
    yields = []
    for dataset in COLLISIONS:
        events = read(dataset.name)
        isolated = (events.iso_1 < 0.1) & (events.q_1 != events.q_2)
        z = isolated & (events.mt_1 < 30) & (events.m_vis > 45) & (events.m_vis < 85)
        counts = np.array([ak.sum(z), ak.sum((events.iso_1 < 0.1) & (events.mt_1 > 70)), len(events)])
        yields.append((counts / dataset.luminosity, 1 / counts))
    ratio = yields[1][0] / yields[0][0]
    # Z -> tau tau, W + jets, everything: periods are 5 % apart in each way, which is 3.5 % in each of them
    assert ratio == pytest.approx([1.066, 0.943, 0.976], abs=0.001)
    assert (np.abs(ratio - 1) < np.sqrt(2) * 0.05 + 2 * np.sqrt(yields[0][1] + yields[1][1])).all()
