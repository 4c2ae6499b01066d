from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.patches import StepPatch

from analysis.measurement import Variable
from analysis.plotting.style import FigureLabel
from analysis.studies.htautau_refined.figures import draw
from analysis.studies.htautau_refined.settings import FigureSettings
from tests.analysis.studies.htautau_refined.test_comparison import made


def test_simulation_is_normalised_to_the_data_before_and_after(no_pileup: Any) -> None:
    inputs = made(no_pileup)
    variable = Variable("jpt_1", "p", "GeV", (30.0, 50.0, 70.0, 90.0))
    figure = draw(inputs, inputs, FigureLabel("Test"), FigureSettings((variable,), "region"))["jpt_1"]
    above = figure.axes[0]
    simulated = [patch.get_data()[0] for patch in above.patches if isinstance(patch, StepPatch)]
    assert len(simulated) == 2
    data = inputs["Run2012B"]
    shown = data.trainable & (data.spectators["region"] == 0) & data.features["event"].present[:, 1]
    assert [values.sum() for values in simulated] == pytest.approx([np.count_nonzero(shown)] * 2)
