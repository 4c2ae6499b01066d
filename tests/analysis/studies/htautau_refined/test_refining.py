from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.events.columns import values, with_columns
from analysis.events.identity import fold_of, identify
from analysis.learning.application.scores import Scores
from analysis.measurement import Cut, Region
from analysis.studies.htautau import measuring
from analysis.studies.htautau_refined.coordinates import NAMES, coordinates
from analysis.studies.htautau_refined.refining import part_of, prepare, refine
from analysis.studies.htautau_refined.settings import RefinementSettings, RefiningSettings
from analysis.study import Dataset
from tests.analysis.studies.htautau_refined.conftest import events_of

REGION = Region("high", "high", (Cut("mt_1", ">", 90.0),))
SETTINGS = RefinementSettings(REGION, measuring.WEIGHTS, (("tt", 0.5),))
TOP, DATA = Dataset("TTbar", "tt", "simulated"), Dataset("Run2012B", "data", "measured")


def test_halves_know_nothing_of_each_other_and_of_folds() -> None:
    identity = identify("some", 0, 40000)
    half, other = part_of(identity)
    for rows in (half == 1, *(fold_of(identity, 10) == fold for fold in range(10))):
        assert abs(other[rows].mean() - 0.5) < 0.03
    assert abs(half[fold_of(identity, 10) == 3].mean() - 0.5) < 0.03


def test_one_half_of_the_measured_events_is_learned_from(no_pileup: Any) -> None:
    simulated, measured = events_of(400, 4), events_of(400, -1, seed=2)
    found = prepare(simulated, TOP, no_pileup, SETTINGS)
    high = values(simulated, "mt_1") > 90.0
    assert (found.trainable == high).all()
    assert (found.label == 0).all()
    assert found.weight == pytest.approx(0.5)
    found = prepare(measured, DATA, no_pileup, SETTINGS)
    first = part_of(found.identity)[0] == 0
    assert (found.trainable == (first & (values(measured, "mt_1") > 90.0))).all()
    assert 0.3 < found.trainable.mean() / high.mean() < 0.7
    assert (found.label == 1).all()
    assert (found.weight == 1.0).all()


def test_events_are_refined_by_the_strength() -> None:
    events = events_of(100, 3)
    before, _ = coordinates(events)
    told = np.where(before != 0.0, before + 0.1, 0.0).astype(np.float32)
    scores = Scores(values(events, "identity"), told, NAMES)
    for strength in (1.0, -1.0):
        refined = refine(events, scores, TOP, RefiningSettings(strength))
        after, there = coordinates(refined)
        rows = there[:, 0]
        assert after[rows, 0] - before[rows, 0] == pytest.approx(0.1 * strength, abs=1e-3)
        assert (values(refined, "m_vis") == values(events, "m_vis")).all()
    assert refine(events, scores, TOP, RefiningSettings(0.0)) is events
    assert refine(events, scores, DATA, RefiningSettings(1.0)) is events
    with pytest.raises(DataError, match="not those of the events"):
        refine(events[1:], scores, TOP, RefiningSettings(1.0))


def test_genuine_taus_stay_unless_somebody_asks() -> None:
    events = with_columns(events_of(50, 1), {"gen_match": np.ones(50)})
    scores = Scores(values(events, "identity"), coordinates(events)[0] + np.float32(0.1), NAMES)
    assert values(refine(events, scores, TOP, RefiningSettings(1.0)), "pt_1") == pytest.approx(values(events, "pt_1"))
    changed = refine(events, scores, TOP, RefiningSettings(1.0, genuine=True))
    assert (values(changed, "pt_1") > values(events, "pt_1")).all()
