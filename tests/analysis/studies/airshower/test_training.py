from __future__ import annotations

import dataclasses

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.studies.airshower.array import footprint
from analysis.studies.airshower.study import study
from analysis.studies.airshower.training import EVENT, STATIONS, prepare_training
from analysis.studies.airshower.training_settings import FeatureSettings

SETTINGS = FeatureSettings(samples=5)
PROTON = study.dataset("proton")


def station(number: int, signal: float) -> dict[str, object]:
    trace = np.linspace(1.0, 0.0, 8, dtype=np.float32) * np.float32(signal)
    return {"station": np.int32(number), "signal": signal, "saturated": False, "photomultipliers": 3, "trace": trace}


def geometry(distance: float) -> dict[str, float]:
    return {"distance": distance, "angle": 0.5, "residual": 40.0, "rise_time": 200.0}


def events(*stations: tuple[int, ...], good: bool = True) -> tuple[ak.Array, ak.Array]:
    """Events with these stations, the first one of each the hottest; and their truth."""
    count = len(stations)
    rows = [
        {
            "good": good,
            "stations": [station(number, 50.0 / (place + 1)) for place, number in enumerate(members)],
            "geometry": [geometry(400.0 + 600.0 * place) for place in range(len(members))],
            "hottest": 0 if members else -1,
            "n_stations": len(members),
            "zenith": 0.6,
            "s1000": 50.0,
            "s38": 48.0,
            "energy": 1.0e19,
            "rise_time_1000": 250.0 if len(members) > 1 else None,
            "delta": 0.3 if len(members) > 1 else None,
        }
        for members in stations
    ]
    identity = identify("proton", 0, count)
    found = ak.with_field(ak.Array(rows), identity, "identity")
    truth = {"mass_number": np.ones(count, np.int32), "xmax": np.linspace(700.0, 800.0, count)}
    return found, ak.Array(
        {"identity": identity, **truth, "energy": np.full(count, 1.1e19), "zenith": np.full(count, 0.61)}
    )


def test_stations_stand_at_their_places_around_the_hottest_one() -> None:
    around = footprint(SETTINGS.observatory, 1)
    inputs = prepare_training(*events((0, 3, 5), (around[8, 2], 8)), PROTON, SETTINGS)
    present = inputs.features["stations"].present
    assert present[0].tolist() == [True, False, False, True, False, True, False]
    # seen from station around[8, 2], station 8 lies on the opposite side: three places further
    assert np.flatnonzero(present[1]).tolist() == [0, 5]
    signal = inputs.features["stations"].values[0, :, STATIONS.index("log_signal")]
    assert signal[[0, 3, 5]] == pytest.approx(np.log10([50.0, 25.0, 50.0 / 3]))
    assert inputs.features["traces"].values.shape == (2, 7, 5)
    assert inputs.features["traces"].values[0, 3, 0] == pytest.approx(25.0)


def test_stations_beyond_the_hexagon_are_left_out() -> None:
    far = int(footprint(SETTINGS.observatory, 2)[0, 12])
    inputs = prepare_training(*events((0, far, 1)), PROTON, SETTINGS)
    assert inputs.features["traces"].present.sum() == 2
    wider = prepare_training(*events((0, far, 1)), PROTON, dataclasses.replace(SETTINGS, rings=2))
    assert wider.features["traces"].present.sum() == 3


def test_truth_is_target_and_spectator_and_nothing_else() -> None:
    reconstructed, truth = events((0, 1, 2), (4, 5, 6))
    inputs = prepare_training(reconstructed, truth, PROTON, SETTINGS)
    assert inputs.target[:, 0].tolist() == [700.0, 800.0]
    assert inputs.targets == ("xmax",)
    assert inputs.label.tolist() == [0, 0]
    other = ak.with_field(ak.with_field(truth, truth.xmax + 50.0, "xmax"), truth.energy * 2.0, "energy")
    changed = prepare_training(reconstructed, other, PROTON, SETTINGS)
    for name, block in inputs.features.items():
        assert np.array_equal(block.values, changed.features[name].values)


def test_events_that_are_not_good_train_nothing_and_still_get_a_row() -> None:
    inputs = prepare_training(*events((0, 1, 2), good=False), PROTON, SETTINGS)
    assert not inputs.trainable.any()
    assert len(inputs) == 1


def test_an_event_with_no_station_and_an_empty_chunk_go_through() -> None:
    reconstructed, truth = events((0, 1, 2), ())
    inputs = prepare_training(reconstructed, truth, PROTON, SETTINGS)
    assert not inputs.features["traces"].present[1].any()
    # no rise time: missing for the network, -1 for the classical estimator
    assert not inputs.features["event"].present[1, EVENT.index("rise_time_1000")]
    assert inputs.spectators["rise_time_1000"].tolist() == [250.0, -1.0]
    empty = prepare_training(reconstructed[:0], truth[:0], PROTON, SETTINGS)
    assert len(empty) == 0
    assert empty.features["traces"].values.shape == (0, 7, 5)


def test_chunks_change_nothing() -> None:
    reconstructed, truth = events((0, 1), (7, 2, 1), (3, 4))
    whole = prepare_training(reconstructed, truth, PROTON, SETTINGS)
    parts = [prepare_training(reconstructed[a:b], truth[a:b], PROTON, SETTINGS) for a, b in ((0, 1), (1, 3))]
    for name, block in whole.features.items():
        assert np.array_equal(block.values, np.concatenate([part.features[name].values for part in parts]))


def test_an_unknown_primary_is_named() -> None:
    reconstructed, truth = events((0, 1, 2))
    truth = ak.with_field(truth, np.array([12], np.int32), "mass_number")
    with pytest.raises(DataError, match="'proton' has primaries of mass number 12"):
        prepare_training(reconstructed, truth, PROTON, SETTINGS)


def test_a_hidden_truth_leaves_inputs_as_those_of_measured_events() -> None:
    reconstructed, truth = events((0, 3, 5), (8, 9))
    open_, hidden = (prepare_training(reconstructed, known, PROTON, SETTINGS) for known in (truth, None))
    for name, block in open_.features.items():
        assert np.array_equal(block.values, hidden.features[name].values)
    assert hidden.label.tolist() == [-1, -1]
    assert not hidden.target.any()
    assert not hidden.trainable.any()
    for name in ("true_zenith", "true_energy", "mass_number"):
        assert not hidden.spectators[name].any()
    assert np.array_equal(hidden.spectators["energy"], open_.spectators["energy"])
