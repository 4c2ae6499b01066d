"""Events made up for the tests of the study."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.events.columns import with_columns
from analysis.events.identity import identify


class NoPileup:
    """Weights of the pile-up that are 1."""

    def __getitem__(self, name: str) -> NoPileup:
        return self

    def evaluate(self, dataset: str, npv: np.ndarray, way: str) -> np.ndarray:
        return np.ones(len(npv))


@pytest.fixture
def no_pileup() -> NoPileup:
    return NoPileup()


def events_of(number: int, label: int, seed: int = 1) -> ak.Array:
    """Events at high transverse mass, as they are reconstructed, but for derived quantities."""
    random = np.random.default_rng(seed)

    def like(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, number).astype(np.float32)

    jet = random.random(number) < 0.5
    columns = {name: like(22.0, 80.0) for name in ("pt_1", "pt_2", "pt_met")}
    columns |= {name: like(-2.0, 2.0) for name in ("eta_1", "eta_2")}
    columns |= {name: like(-3.14, 3.14) for name in ("phi_1", "phi_2", "phi_met")}
    columns |= {"iso_1": like(0.0, 0.05), "npv": like(5.0, 30.0), "mt_1": like(75.0, 120.0), "mt_2": like(0.0, 90.0)}
    opening = np.cosh(columns["eta_1"] - columns["eta_2"]) - np.cos(columns["phi_1"] - columns["phi_2"])
    columns["m_vis"] = np.sqrt(2.0 * columns["pt_1"] * columns["pt_2"] * opening)
    columns["pt_vis"] = like(0.0, 90.0)
    identity = identify(f"made up {seed}", 0, number)
    columns |= {"identity": identity, "opposite_charge": np.ones(number, np.bool_), "gen_match": np.zeros(number)}
    columns |= {"label": np.full(number, label, np.int32), "weight": np.ones(number)}
    columns |= {"nbtag": (random.random(number) < 0.3).astype(np.int32), "njets": jet.astype(np.float32)}
    events = ak.Array({name: columns[name] for name in columns})
    jets = {name: (like(30.0, 90.0), jet) for name in ("jpt_1", "jphi_1", "jpt_2", "jphi_2", "mjj", "ptjj")}
    return with_columns(events, jets)
