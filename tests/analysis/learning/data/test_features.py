from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.learning.data.features import Block, Features


def stations(**changes):
    """Two features of three stations, of four events; one station is missing."""
    values = np.arange(1, 25, dtype=np.float32).reshape(4, 3, 2)
    present = np.ones((4, 3), bool)
    present[1, 2], values[1, 2] = False, 0
    return Features(**{"values": values, "present": present, "names": ("signal", "start"), **changes})


def test_presence_is_that_of_the_first_axes():
    everywhere = stations().everywhere()
    assert everywhere.shape == (4, 3, 2)
    assert np.argwhere(~everywhere).tolist() == [[1, 2, 0], [1, 2, 1]]


def test_a_block_says_what_it_is():
    assert stations().block == Block((3, 2), (3,), "float32", ("signal", "start"))
    assert str(stations().block) == "signal, start (3)"
    traces = Features(np.zeros((4, 3, 128), np.float16), np.zeros((4, 3), bool))
    assert str(traces.block) == "float16 (3 x 128)"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.zeros((4, 3, 2))}, "the values are float64"),
        ({"values": np.zeros(4, np.float32)}, r"float32 of shape \(4,\)"),
        ({"present": np.ones((4, 2), bool)}, r"present is bool of shape \(4, 2\), which does not begin"),
        ({"present": np.ones((4, 3), int)}, "present is int64"),
        ({"present": np.array(True)}, r"present is bool of shape \(\)"),
        ({"names": ("signal",)}, "there are 1 names for 2 values"),
    ],
)
def test_wrong_shapes_and_types(changes, message):
    with pytest.raises(DataError, match=message):
        stations(**changes)


def test_a_value_that_is_not_finite_names_block_feature_place_and_event():
    identity = np.arange(100, 104, dtype=np.uint64)
    values = stations().values.copy()
    values[2, 1, 0] = np.inf
    with pytest.raises(
        DataError, match=r"'signal' of the block 'stations', place 1, of event 2 \(identity 102\) is inf"
    ):
        stations(values=values).check_values("stations", identity)
    with pytest.raises(DataError, match=r"a value of the block 'stations', place 1, 0, of event 2"):
        stations(values=values, names=()).check_values("stations", identity)


def test_a_value_where_nothing_is():
    values = stations().values.copy()
    values[1, 2, 1] = 5
    with pytest.raises(DataError, match="'start' of the block 'x', place 2, has values other than 0 where it is not"):
        stations(values=values).check_values("x", np.arange(4))
    stations().check_values("x", np.arange(4))
