from __future__ import annotations

import numpy as np
import pyhf
import pytest

from analysis.errors import DataError
from analysis.inference.building import channel, free, sample, shape, shift, statistics, workspace
from analysis.inference.model import build_model
from analysis.inference.specification import read_workspace

NOMINAL = np.array([10.0, 20.0, 30.0])


def built(**changes):
    signal = sample("signal", [1.0, 2.0, 3.0], [free("mu")])
    background = sample(
        "background",
        NOMINAL,
        [statistics("stat", NOMINAL / 4.0), shift("scale", NOMINAL, 1.1 * NOMINAL, 0.9 * NOMINAL)],
    )
    fake = sample("fake", [1.0, 1.0, 1.0], [shape("fake_shape")])
    parts = {"channels": [channel("region", [signal, background, fake])], "observations": {"region": [12, 24, 30]}}
    return workspace(**{**parts, "interest": "mu", **changes})


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated:DeprecationWarning")
def test_pyhf_reads_it():
    made = built(parameters=[{"name": "mu", "bounds": [[-5.0, 5.0]]}])
    read_workspace(made)
    model = pyhf.Workspace(made).model()
    assert model.config.poi_name == "mu"
    assert model.config.suggested_bounds()[model.config.poi_index] == [-5.0, 5.0]
    kinds = dict(model.config.modifiers)
    assert kinds == {"mu": "normfactor", "stat": "staterror", "scale": "normsys", "fake_shape": "shapefactor"}
    # and so does this project's own likelihood, in the same way
    assert build_model(made).names == tuple(model.config.par_names)


def test_a_change_of_all_bins_alike_is_a_factor():
    modifier = shift("scale", NOMINAL, 1.03 * NOMINAL, 0.97 * NOMINAL)
    assert modifier is not None
    assert modifier["type"] == "normsys"
    assert modifier["data"] == pytest.approx({"hi": 1.03, "lo": 0.97})


def test_a_change_of_single_bins_is_a_shape_and_goes_both_ways_alike():
    up, down = NOMINAL + np.array([3.0, -1.0, 0.5]), NOMINAL + np.array([-1.0, 1.0, 0.5])
    modifier = shift("energy", NOMINAL, up, down)
    assert modifier is not None
    assert modifier["type"] == "histosys"
    high, low = (np.array(modifier["data"][name]) for name in ("hi_data", "lo_data"))
    assert high - NOMINAL == pytest.approx([2.0, -1.0, 0.0])
    assert high + low == pytest.approx(2.0 * NOMINAL)


def test_no_bin_is_emptied():
    modifier = shift("energy", [1.0, 50.0], [9.0, 50.0], [0.0, 50.0])
    assert modifier is not None
    assert min(modifier["data"]["lo_data"]) == 0.0


@pytest.mark.parametrize("content", [NOMINAL, np.zeros(3)])
def test_no_change_is_no_modifier(content: np.ndarray):
    assert shift("nothing", content, content, content) is None
    assert sample("process", content, [None, free("mu")])["modifiers"] == [free("mu")]


def test_an_empty_channel():
    with pytest.raises(DataError, match="nothing is expected in the channel 'region'"):
        channel("region", [])


def test_observations_have_the_bins_of_their_channel():
    with pytest.raises(DataError, match="'region' has 3 bins, and 2 observations"):
        built(observations={"region": [1, 2]})


def test_bins_that_sum_to_nothing_or_less_have_no_statistical_uncertainty():
    one = sample("one", [5.0, -2.0, 1.0, 0.0], [statistics("stat", [1.0, 1.0, 1.0, 1.0]), free("mu")])
    other = sample("other", [5.0, 1.0, 1.0, 0.0], [statistics("stat", [4.0, 4.0, 4.0, 0.0])])
    made = workspace([channel("region", [one, other])], {"region": [10.0, 0.0, 2.0, 0.0]}, "mu")
    sizes = [sample["modifiers"][0]["data"] for sample in made["channels"][0]["samples"]]
    assert sizes == [[1.0, 0.0, 1.0, 0.0], [2.0, 0.0, 2.0, 0.0]]
    assert [one.fixed for one in build_model(made).parameters] == [False, False, True, False, True]
