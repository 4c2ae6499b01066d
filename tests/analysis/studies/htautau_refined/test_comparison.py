from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.events.columns import values
from analysis.learning.application.scores import Scores
from analysis.learning.data.inputs import TrainingInputs
from analysis.measurement import Cut, Region
from analysis.studies.htautau import measuring
from analysis.studies.htautau_refined.comparison import compare, evaluate
from analysis.studies.htautau_refined.refining import part_of
from analysis.studies.htautau_refined.settings import ComparisonSettings
from analysis.study import Dataset
from tests.analysis.studies.htautau_refined.conftest import events_of

TOP, DATA = Dataset("TTbar", "tt", "simulated"), Dataset("Run2012B", "data", "measured")
TESTED, OTHER = (Region(name, name, (Cut("nbtag", "==", tags),)) for name, tags in (("tested", 0), ("other", 1)))


def settings(halves: bool = False) -> ComparisonSettings:
    return ComparisonSettings(("pt_1", "jpt_1"), TESTED, OTHER, measuring.WEIGHTS, (), halves)


def made(no_pileup: Any, halves: bool = False) -> dict[str, TrainingInputs]:
    events = {TOP: events_of(600, 4), DATA: events_of(900, -1, seed=2)}
    return {one.name: compare(some, one, no_pileup, settings(halves)) for one, some in events.items()}


def test_measured_events_are_those_that_the_refiner_has_not_seen(no_pileup: Any) -> None:
    found = made(no_pileup)
    assert found["TTbar"].trainable.all()
    tagged = values(events_of(900, -1, seed=2), "nbtag") == 1
    assert (found["Run2012B"].trainable == (tagged | (part_of(found["Run2012B"].identity)[0] == 1))).all()
    assert (found["Run2012B"].spectators["region"] == tagged).all()
    halves = made(no_pileup, halves=True)
    assert not halves["TTbar"].trainable.any()
    assert halves["Run2012B"].label[halves["Run2012B"].trainable].mean() == pytest.approx(0.5, abs=0.1)


def test_the_area_is_that_of_each_region(no_pileup: Any) -> None:
    """A classifier that knows all of the tagged events and nothing of the others."""

    class Settings:
        folds = 3

    class Training:
        settings = Settings

    def scores(inputs: dict[str, TrainingInputs]) -> dict[str, Scores]:
        found = {}
        for name, one in inputs.items():
            right = np.where(one.spectators["region"] == 1, one.label, 0.5).astype(np.float32)
            found[name] = Scores(one.identity, np.stack([1.0 - right, right], axis=1), one.classes)
        return found

    before, halves = made(no_pileup), made(no_pileup, halves=True)
    both = (before, before, halves)
    result = evaluate(*both, *(scores(one) for one in both), Training)  # type: ignore[arg-type, call-arg]
    numbers = {one["name"]: one["value"] for one in result["numbers"]}
    assert numbers["auc_before_tested"] == pytest.approx(0.5)
    assert numbers["auc_after_other"] == pytest.approx(1.0)
    assert numbers["auc_halves_other"] == pytest.approx(1.0)
    assert result["tables"][0]["columns"][0]["values"] == pytest.approx([0.5, 0.5, 0.5])
