from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.inference.specification import read_workspace

FOLDER = Path(__file__).parent / "workspaces"


def complete() -> dict[str, Any]:
    return json.loads((FOLDER / "all_modifiers.json").read_text())


def test_channels_samples_and_effects_are_sorted():
    found = read_workspace(complete())
    assert list(found.channels) == ["control_region", "same_sign", "signal_region"]
    assert found.channels["signal_region"] == slice(5, 8)
    assert found.samples == ("background", "diboson", "multijet", "signal")
    np.testing.assert_array_equal(found.channel_of_bin, [0, 0, 1, 1, 1, 2, 2, 2])
    np.testing.assert_array_equal(found.nominal[1], [20.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(found.observed, [130.0, 118.0, 9.0, 22.0, 30.0, 66.0, 88.0, 31.0])
    order = [(e.block.channel, e.block.sample, e.name, e.type) for e in found.effects]
    assert order == sorted(order)
    assert found.poi == "mu"


def test_a_measurement_is_chosen_by_name():
    workspace = complete()
    config = {"poi": "background_scale", "parameters": workspace["measurements"][0]["config"]["parameters"]}
    workspace["measurements"].append({"name": "other", "config": config})
    assert read_workspace(workspace).poi == "mu"
    assert read_workspace(workspace, "other").poi == "background_scale"
    with pytest.raises(StudyError, match=r"no measurement 'third'.*\n.*measurement, other"):
        read_workspace(workspace, "third")


def modifiers(workspace: dict[str, Any], channel: int, sample: int) -> list[dict[str, Any]]:
    return workspace["channels"][channel]["samples"][sample]["modifiers"]


def changed(name: str, **values: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the first modifier of that name and type."""

    def change(workspace: dict[str, Any]) -> None:
        kind, modifier_name = name.split("/")
        for channel in workspace["channels"]:
            for sample in channel["samples"]:
                for modifier in sample["modifiers"]:
                    if (modifier["type"], modifier["name"]) == (kind, modifier_name):
                        modifier.update(values)
                        return

    return change


FAULTS = {
    "schema/signal_region/samples/signal: .*'modifiers'.*": lambda w: w["channels"][0]["samples"][0].pop("modifiers"),
    "schema.*at its top": lambda w: w.pop("version"),
    "schema.*signal_region/samples/signal/modifiers/mu": changed("normfactor/mu", type="unheard_of"),
    "channel 'signal_region' is there twice": lambda w: w["channels"].append(w["channels"][0]),
    "sample of the channel 'signal_region' 'signal' is there twice": lambda w: w["channels"][0]["samples"].append(
        w["channels"][0]["samples"][0]
    ),
    "channel 'same_sign' has no observation": lambda w: w["observations"].pop(2),
    "observation of the channel 'same_sign' has 2 bins": lambda w: w["observations"][2]["data"].pop(),
    "observation of the channel 'same_sign' is negative": lambda w: w["observations"][2].update(data=[1.0, 2.0, -3.0]),
    "sample 'multijet' of the channel 'signal_region' has 2 bins": lambda w: w["channels"][0]["samples"][2][
        "data"
    ].pop(),
    "sample 'multijet' of the channel 'signal_region' has a value that is not finite": lambda w: w["channels"][0][
        "samples"
    ][2].update(data=[1.0, float("nan"), 2.0]),
    "normsys 'efficiency' of the sample 'signal' of the channel 'signal_region' has the factors 0.0": changed(
        "normsys/efficiency", data={"lo": 0.0, "hi": 1.1}
    ),
    "histosys 'energy_scale' of the sample 'signal'": changed(
        "histosys/energy_scale", data={"lo_data": [1.0], "hi_data": [1.0]}
    ),
    "staterror 'mc_signal_region' of the sample 'signal' .* negative": changed(
        "staterror/mc_signal_region", data=[1.0, -1.0, 0.0]
    ),
    "normfactor 'mu' of the sample 'signal' .* is there twice": lambda w: modifiers(w, 0, 0).append(
        {"name": "mu", "type": "normfactor", "data": None}
    ),
    "parameter of interest 'nu' belongs to no modifier": lambda w: w["measurements"][0]["config"].update(poi="nu"),
}


@pytest.mark.parametrize("message", FAULTS)
def test_what_is_wrong_is_named(message):
    workspace = complete()
    FAULTS[message](workspace)
    pattern = message.replace("schema/", "schema at channels/")
    with pytest.raises(StudyError, match=pattern) as problem:
        read_workspace(workspace)
    assert problem.value.cure


def test_unknown_and_no_channels():
    with pytest.raises(StudyError, match="no channel 'other'"):
        read_workspace(complete(), channels=["other"])
    with pytest.raises(StudyError, match="no channel of the workspace is kept"):
        read_workspace(complete(), channels=[])
