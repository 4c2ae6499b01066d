from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.chapters import Histograms, Workspaces
from analysis.checking.stage_values import check_value
from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.stages import Events, Figures, Inputs, Publications, Result, Stage

GIVEN = ak.Array({"x": np.arange(5.0), "identity": identify("some", 0, 5)})


@pytest.mark.parametrize(
    ("stage", "value", "message"),
    [
        (Events("e"), GIVEN[1:], "it loses 1 of 5 events"),
        (Events("e", fields=("y",)), GIVEN, "'y' is declared and not made"),
        (Inputs("i"), GIVEN, "not TrainingInputs"),
        (Result("r"), {"x": float("nan")}, "x is nan"),
        (Figures("f", names=("mass",)), {}, "'mass' is declared and not made"),
        (Workspaces("w", names=("mu",)), {"nu": {}}, "'mu' is declared and not made"),
        (Histograms("h"), None, "it returns None, not Histograms"),
        (Stage("a", format="arrays"), {"x": np.array([np.nan])}, "'x' is nan"),
    ],
    ids=lambda one: getattr(one, "format", ""),
)
def test_each_format_has_its_check(stage: Stage, value: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_value(stage, value, GIVEN)


def test_good_values_come_back() -> None:
    assert check_value(Events("e"), GIVEN, GIVEN) is GIVEN
    assert check_value(Events("e", selects=True), GIVEN[2:], GIVEN) is not None
    assert check_value(Result("r"), {"x": (1, 2)}) == {"x": [1, 2]}
    assert check_value(Publications("p"), "anything") == "anything"
    assert check_value(Stage("o", format="my.format"), 1) == 1
