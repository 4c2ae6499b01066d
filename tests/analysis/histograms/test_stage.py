"""Histograms of a stage: what its weights may be."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.histograms.stage import check
from analysis.study import Dataset, Histograms, SourceFile, Step

FILES = (SourceFile("data.root", "https://example.org/data.root", "0" * 64, 1, 3, ""),)
DATA = Dataset("data", "Data", "measured", files=FILES, luminosity=1.0)
STAGE = Histograms("histograms", weights=Step("physics:weigh"))


def test_a_measured_event_counts_once_unless_the_study_says_otherwise():
    check({"nominal": np.ones(3)}, STAGE, DATA, 3)
    scaled = {"nominal": np.full(3, 0.8)}
    with pytest.raises(StudyError, match="measured events of 'data' count other than once"):
        check(scaled, STAGE, DATA, 3)
    check(scaled, dataclasses.replace(STAGE, weighs_data=True), DATA, 3)
    check(scaled, STAGE, dataclasses.replace(DATA, kind="simulated", luminosity=None), 3)
