from __future__ import annotations

import numpy as np
import pytest

from analysis.events.columns import presence, values
from analysis.studies.htautau_refined.coordinates import NAMES, coordinates, moved
from tests.analysis.studies.htautau_refined.conftest import events_of

EVENTS = events_of(300, 3)


def mass(events: object) -> np.ndarray:
    number = {
        name: values(events, name).astype(np.float64) for name in ("pt_1", "pt_2", "eta_1", "eta_2", "phi_1", "phi_2")
    }
    opening = np.cosh(number["eta_1"] - number["eta_2"]) - np.cos(number["phi_1"] - number["phi_2"])
    return np.sqrt(2.0 * number["pt_1"] * number["pt_2"] * opening)


def test_what_does_not_change_stays() -> None:
    same = moved(EVENTS, np.zeros((len(EVENTS), len(NAMES))))
    for name in ("pt_1", "pt_2", "eta_2", "phi_2", "pt_met", "phi_met", "m_vis", "jpt_1", "mjj"):
        there = presence(EVENTS, name)
        rows = np.ones(len(EVENTS), np.bool_) if there is None else there
        assert values(same, name)[rows] == pytest.approx(values(EVENTS, name)[rows], abs=1e-4), name


def test_coordinates_become_what_they_are_told_at_the_same_visible_mass() -> None:
    random = np.random.default_rng(2)
    before, there = coordinates(EVENTS)
    change = random.normal(0.0, 0.1, before.shape)
    events = moved(EVENTS, change)
    after, _ = coordinates(events)
    assert mass(events) == pytest.approx(mass(EVENTS), rel=1e-5)
    assert (values(events, "m_vis") == values(EVENTS, "m_vis")).all()
    # an angle that leaves its range comes back
    wanted = before + change
    inside = (wanted[:, 2] > 0.05) & (wanted[:, 2] < 3.95)
    rows = np.flatnonzero(inside)
    assert len(rows) > 200
    assert after[rows][there[rows]] == pytest.approx(wanted[rows][there[rows]], abs=2e-3)


def test_a_missing_jet_stays_missing() -> None:
    _, there = coordinates(EVENTS)
    assert 0 < there[:, 5].sum() < len(EVENTS)
    events = moved(EVENTS, np.full((len(EVENTS), len(NAMES)), 0.2))
    assert np.array_equal(coordinates(events)[1], there)
    assert (values(events, "jpt_1")[there[:, 5]] > values(EVENTS, "jpt_1")[there[:, 5]]).all()
