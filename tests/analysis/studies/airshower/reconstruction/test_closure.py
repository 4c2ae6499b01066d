"""The study's own simulation, calibrated and reconstructed: what was put in comes out, within stated limits."""

from __future__ import annotations

import json
from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.calibration import load_corrections
from analysis.events.identity import identify
from analysis.events.joining import joined, of_events
from analysis.events.parquet import read_events, write_events
from analysis.studies.airshower.study import study

pytestmark = pytest.mark.long

EVENTS = {"hybrid": 1000, "proton": 250, "iron": 250}
# all events fall into few minutes, so that no more have to be monitored
MINUTES = 10


def run(step, **arguments):
    if step.settings is not None:
        arguments["settings"] = step.settings
    return step.load()(**arguments)


def make(stage, **arguments):
    return run(study.stage(stage).step, **arguments)


def flat(events: ak.Array) -> ak.Array:
    names = [name for name in events.fields if name not in ("stations", "geometry")]
    return ak.Array(ak.contents.RecordArray([events[name].layout for name in names], names, length=len(events)))


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Reconstructed events, their truth, and the scale, as the graph's tasks hand them on."""
    folder = tmp_path_factory.mktemp("chain")
    minutes = study.dataset("monitoring")
    truth = run(minutes.generate, identity=identify("monitoring", 0, MINUTES))
    constants = make("calibration", raw={"monitoring": run(minutes.simulate, truth=truth)})
    constants.save_corrections(folder / "calibration.json")
    calibration = load_corrections(folder / "calibration.json")

    def stored(events: ak.Array) -> ak.Array:
        write_events(events, folder / "events.parquet")
        return read_events(folder / "events.parquet")

    calibrated, fitted, truths = {}, {}, {}
    for name, count in EVENTS.items():
        dataset = study.dataset(name)
        assert dataset.generate
        showers = replace(dataset.generate.settings, period=60.0 * MINUTES)
        truths[name] = stored(dataset.generate.load()(identify(name, 0, count), showers))
        raw = stored(run(dataset.simulate, truth=truths[name]))
        calibrated[name] = stored(make("calibrated", raw=raw, calibration=calibration, dataset=dataset))
        fitted[name] = stored(make("fitted", calibrated=calibrated[name]))
    scale = make("scale", calibrated={"hybrid": calibrated["hybrid"]}, fitted={"hybrid": fitted["hybrid"]})
    scale.save_corrections(folder / "scale.json")
    corrections = load_corrections(folder / "scale.json")
    reconstructed, truth = {}, {}
    for name in EVENTS:
        events = stored(make("reconstructed", calibrated=calibrated[name], fitted=fitted[name], scale=corrections))
        reconstructed[name] = flat(events)
        truth[name] = ak.to_packed(of_events(truths[name], np.asarray(events["identity"])))
    return reconstructed, truth, scale


@pytest.fixture(scope="module")
def resolution(chain):
    reconstructed, truth, _ = chain
    return make("resolution", reconstructed=reconstructed, truth=truth)


def compared(chain, name):
    """Reconstructed events with their truth."""
    reconstructed, truth, _ = chain
    return joined(reconstructed[name], truth[name], "true_")


def test_nearly_all_events_are_well_reconstructed(resolution):
    for name in EVENTS:
        assert resolution["datasets"][name]["good"] > 0.97, name


def test_directions_are_better_than_one_and_a_half_degrees(resolution):
    for name in EVENTS:
        for entry in (*resolution["datasets"][name]["by_energy"], *resolution["datasets"][name]["by_zenith"]):
            assert entry is None or entry["angle"]["value"] < 1.5, name


def test_directions_and_cores_are_unbiased(chain):
    events = compared(chain, "hybrid")
    events = events[events["good"]]
    count = len(events)
    for name, unit in (("x_core", 100.0), ("y_core", 100.0)):
        deviation = np.asarray(events[name] - events[f"true_{name}"])
        assert abs(np.mean(np.clip(deviation, -3 * unit, 3 * unit))) < 4.0 * unit / np.sqrt(count), name

    def towards(prefix: str) -> np.ndarray:
        zenith, azimuth = (np.asarray(events[prefix + name]) for name in ("zenith", "azimuth"))
        return np.stack([np.sin(zenith) * np.cos(azimuth), np.sin(zenith) * np.sin(azimuth)])

    mean = np.mean(towards("") - towards("true_"), axis=1)
    assert np.all(np.abs(mean) < np.radians(0.1))


def test_energies_are_better_than_twenty_per_cent_and_unbiased(resolution):
    hybrid = resolution["datasets"]["hybrid"]["by_energy"]
    edges = resolution["bins"]["lg_energy"]
    known = [(low, entry) for low, entry in zip(edges[:-1], hybrid, strict=True) if entry is not None]
    assert {low for low, _ in known} >= {18.5, 19.0}
    for low, entry in known:
        assert abs(entry["bias"]["value"]) < 0.05 + 2.0 * entry["bias"]["uncertainty"], low
        assert entry["resolution"]["value"] < 0.20, low
    at_19 = dict(known)[19.0]
    assert abs(at_19["bias"]["value"]) < 0.05
    assert at_19["resolution"]["value"] < 0.20


def test_showers_of_iron_look_more_energetic_than_those_of_protons(resolution):
    # more muons for the same energy: a bias that nature has, too
    def bias(name: str) -> float:
        entries = [entry for entry in resolution["datasets"][name]["by_energy"] if entry is not None]
        return float(np.mean([entry["bias"]["value"] for entry in entries]))

    assert 0.02 < bias("iron") - bias("proton") < 0.25


def test_uncertainties_of_the_size_are_true(chain):
    hybrid = compared(chain, "hybrid")
    hybrid = hybrid[hybrid["good"]]
    # sizes of equal energy, so that what is left are the fit and the showers' own fluctuations
    energy_scale = chain[2].measurements["energy_scale"]
    expected = (np.asarray(hybrid["true_energy"]) / energy_scale["A"]["value"]) ** (1.0 / energy_scale["B"]["value"])
    relative = np.asarray(hybrid["s1000_uncertainty"]) / np.asarray(hybrid["s1000"])
    spread = np.hypot(relative, energy_scale["fluctuation"]["value"])
    pull = (np.asarray(hybrid["s38"]) / expected - 1.0) / spread
    assert 0.7 < (np.quantile(pull, 0.84) - np.quantile(pull, 0.16)) / 2.0 < 1.3


def test_deep_showers_have_long_rise_times(chain):
    events = compared(chain, "proton")
    known = np.asarray(events["good"] & ~ak.is_none(events["rise_time_1000"]))
    assert known.mean() > 0.9
    zenith, depth = np.asarray(events["zenith"])[known], np.asarray(events["true_xmax"])[known]
    steep = zenith < np.radians(45.0)
    rise, delta = (np.asarray(ak.fill_none(events[name], 0.0))[known] for name in ("rise_time_1000", "delta"))
    # rise times fall with the zenith angle; Δ is free of that
    rise = rise - np.polyval(np.polyfit(np.cos(zenith), rise, 2), np.cos(zenith))
    assert np.corrcoef(rise[steep], depth[steep])[0, 1] > 0.4
    assert np.corrcoef(delta[steep], depth[steep])[0, 1] > 0.4


def test_the_scale_can_be_written_and_says_what_it_is(chain):
    measurements = chain[2].measurements
    assert json.loads(json.dumps(measurements, allow_nan=False)) == measurements
    assert set(measurements["headline"]) == {"attenuation", "energy scale"}
    # a shower of 10^19 eV at 38 degrees has some 50 VEM (0.19 EeV S38^1.02 in Auger)
    found = measurements["energy_scale"]
    assert 0.1e18 < found["A"]["value"] < 0.4e18
    assert 0.9 < found["B"]["value"] < 1.15
    assert measurements["attenuation"]["coefficients"]["a"]["value"] > 0.0


def test_rise_times_know_the_depth_as_well_as_those_of_the_observatory(chain):
    # PRD 96 (2017) 122003 calibrates X_max = a + b Δ + c lg E; about 45 g/cm2 remain at 10^19 eV
    events = compared(chain, "hybrid")
    events = events[events["good"] & ~ak.is_none(events["delta"])]
    lg_energy, delta, depth = (
        np.asarray(values, np.float64)
        for values in (np.log10(events["true_energy"]), ak.drop_none(events["delta"]), events["true_xmax"])
    )
    near = np.abs(lg_energy - 19.0) < 0.3
    terms = np.stack([np.ones(near.sum()), delta[near], lg_energy[near]], axis=1)
    error = depth[near] - terms @ np.linalg.lstsq(terms, depth[near])[0]
    assert near.sum() > 300
    # 37 g/cm2 where stations differ less than those of the observatory do
    assert 39.0 < error.std() < 47.0
