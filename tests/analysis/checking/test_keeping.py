"""What later stages get of what a step returned."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from analysis.checking.keeping import as_kept, keep
from analysis.errors import StudyError
from analysis.results import Number
from analysis.study import Events, Figures, Result


def test_events_without_behaviour_and_results_as_json():
    events = ak.Array({"identity": np.array([1, 2], np.uint64), "x": [1.0, 2.0]}, behavior={"one": lambda: 1})
    kept = as_kept(Events("events"), events)
    assert kept.to_list() == events.to_list()
    assert kept.behavior is None
    number = Number("mass", "mass", 1.0, (0.1, 0.1), None, "GeV", "mean")
    assert as_kept(Result("result"), {"numbers": [number]}) == {"numbers": [number.as_json()]}


def test_figures_and_what_no_stage_keeps_stay_as_they_are():
    value = object()
    assert as_kept(None, value) is as_kept(Figures("figures"), value) is value


def test_what_a_format_does_not_know_is_told_in_its_words(tmp_path: Path):
    mixed = ak.Array([{"identity": 1, "x": 1.0}, {"identity": 2, "x": "one"}])
    with pytest.raises(StudyError, match="cannot be kept in the format 'events': ArrowNotImplementedError") as told:
        keep(Events("events"), mixed, tmp_path.joinpath)
    assert "plain numbers" in (told.value.cure or "")
