from __future__ import annotations

import zipfile
from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.histograms.counts import Counts, Unassigned, merge_counts
from analysis.histograms.filling import fill
from analysis.histograms.histograms import Histograms, merge
from analysis.histograms.processes import DATA, NOMINAL, as_shift
from analysis.histograms.stage import merge_stage
from analysis.measurement import Cut, Region, Variable

EVENTS = 3000
MASS = Variable("mass", "mass", "GeV", (40.0, 90.0, 150.0))
SCORE = Variable("score", "score", "", (0.0, 0.5, 1.0), field="output", regions=("low",), overflow=False)
REGIONS = (
    Region("low", "low", (Cut("mt", "<", 40.0),)),
    Region("high", "high", (Cut("mt", ">=", 40.0),)),
    Region("all", "all", (Cut("mt", "<", 60.0),)),
)
NAMES = ("zz", "higgs")


def made(seed: int = 0) -> tuple[ak.Array, np.ndarray, np.ndarray]:
    """Events with values within and outside of the bins, some without; weights; labels, some of no process."""
    random = np.random.default_rng(seed)
    output = random.uniform(-0.1, 1.1, EVENTS)
    columns = {
        "identity": np.arange(EVENTS),
        "mass": random.normal(90.0, 40.0, EVENTS).astype(np.float32),
        "mt": random.random(EVENTS) * 80.0,
        "output": ak.mask(output, random.random(EVENTS) < 0.7),
    }
    return ak.Array(columns), random.normal(1.0, 0.5, EVENTS), random.integers(-1, 2, EVENTS)


def filled(events: ak.Array, weights: np.ndarray, labels: np.ndarray, simulated: str = "mc") -> Histograms:
    return fill(events, {NOMINAL: weights}, (NAMES, labels), (MASS, SCORE), REGIONS, simulated=simulated)


def test_counts_are_those_of_numpy():
    events, weights, labels = made()
    counts = filled(events, weights, labels).counts
    mt, mass = np.asarray(events.mt), np.asarray(events.mass)
    inside = {"low": mt < 40.0, "high": mt >= 40.0, "all": mt < 60.0}
    for number, name in enumerate(NAMES):
        own = labels == number
        # disjoint regions share nothing, and are not there at all
        assert name not in counts.between("low", "high")
        for pair in (("low", "all"), ("high", "all")):
            common = np.count_nonzero(inside[pair[0]] & inside[pair[1]] & own)
            assert counts.between(*pair)[name] == counts.between(*reversed(pair))[name] == common
        for region, mask in inside.items():
            some = mass[mask & own]
            placed = (len(some), 0, int(np.sum(some < 40.0)), int(np.sum(some >= 150.0)))
            assert counts.placed["mass", region, name] == placed
        output = events.output[inside["low"] & own]
        there = np.asarray(ak.drop_none(output))
        below, above = int(np.sum(there < 0.0)), int(np.sum(there >= 1.0))
        assert counts.placed["score", "low", name] == (len(output), len(output) - len(there), below, above)
        assert ("score", "high", name) not in counts.placed
    anywhere, lost = np.any(list(inside.values()), axis=0), labels < 0
    found = counts.unassigned["mc"]
    assert (found.events, found.lost) == (EVENTS, np.sum(lost & anywhere))
    assert found.weights == pytest.approx((weights.sum(), weights[lost].sum()))
    assert found.share == pytest.approx(weights[lost].sum() / weights.sum())


def test_what_is_counted_equals_what_is_filled():
    events, _, labels = made(1)
    found = filled(events, np.ones(EVENTS), labels)
    for name in NAMES:
        total, without, below, above = found.counts.placed["score", "low", name]
        assert found.content("score", name, "low", NOMINAL)[0].sum() == total - without - below - above
        assert found.content("mass", name, "low", NOMINAL)[0].sum() == found.counts.placed["mass", "low", name][0]


def test_chunks_add_up_in_any_order(tmp_path: Path):
    events, weights, labels = made(2)
    whole = filled(events, weights, labels)
    whole.save(tmp_path / "whole.zip")
    random = np.random.default_rng(4)
    for chunks in (2, 7, 300):
        rows = np.array_split(random.permutation(EVENTS), chunks)
        parts = merge([filled(events[some], weights[some], labels[some]) for some in rows])
        assert parts.counts == whole.counts
        parts.save(tmp_path / "parts.zip")
        assert (tmp_path / "parts.zip").read_bytes() == (tmp_path / "whole.zip").read_bytes()
    assert Histograms.load(tmp_path / "whole.zip").counts == whole.counts


def test_only_nominal_events_are_counted_and_each_once():
    events, weights, labels = made(3)
    nominal = filled(events, weights, labels)
    arguments = ((NAMES, labels), (MASS, SCORE), REGIONS)
    assert not fill(events, {"scale_up": weights}, *arguments, simulated="mc").counts
    assert not as_shift(nominal, "scale_up").counts
    both = fill(events, {NOMINAL: weights, "scale_up": 2.0 * weights}, *arguments, simulated="mc")
    assert both.counts == nominal.counts
    # the shift leaves these events as they are
    assert merge_stage({"mc": nominal}, ("mc",), ("scale_up", "scale_down"), 3.0).counts == nominal.counts


def test_measured_events_belong_to_one_process():
    events, _, labels = made(4)
    weights = {NOMINAL: np.ones(EVENTS)}
    found = fill(events, weights, ((DATA,), np.zeros(EVENTS, np.intp)), (MASS,), REGIONS)
    assert {process for *_, process in found.counts.placed} == {DATA}
    assert found.counts.unassigned == {}
    both = merge([found, filled(events, np.ones(EVENTS), labels)])
    assert set(both.counts.between("low", "all")) == {DATA, *NAMES}


def test_no_events_and_no_regions():
    events, weights, labels = made()
    none = filled(events[:0], weights[:0], labels[:0]).counts
    assert (none.shared, none.placed) == ({}, {})
    assert none.unassigned == {"mc": Unassigned(0, 0, (0.0, 0.0))}
    assert none.unassigned["mc"].share == 0.0
    nowhere = fill(events, {NOMINAL: weights}, (NAMES, labels), (), (), simulated="mc").counts
    assert nowhere.unassigned["mc"].events == 0
    assert merge_counts([]) == Counts()


def test_older_files_have_none_and_damaged_ones_are_told(tmp_path: Path):
    whole = filled(*made())
    whole.save(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    text = members.pop("~counts")
    for path, more in (("old.zip", {}), ("damaged.zip", {"~counts": text[: len(text) // 2]})):
        with zipfile.ZipFile(tmp_path / path, "w") as archive:
            for name, content in (members | more).items():
                archive.writestr(name, content)
    old = Histograms.load(tmp_path / "old.zip")
    assert not old.counts
    assert old.hists["mass"] == whole.hists["mass"]
    assert merge([old, whole]).counts == whole.counts
    with pytest.raises(DataError, match=r"damaged\.zip is damaged"):
        Histograms.load(tmp_path / "damaged.zip")


def test_shares_of_weights_that_add_up_to_nothing_are_those_of_numbers():
    assert Unassigned(10, 5, (0.0, 1.0)).share == 0.5
