from __future__ import annotations

import awkward as ak
import jax.numpy as jnp
import numpy as np
import pytest

from analysis.events.parquet import read_events, write_events
from analysis.studies.airshower.reconstruction.fit import fit

NUMBERS = (
    *("zenith", "azimuth", "x_core", "y_core", "radius", "time_chi2", "s1000", "s1000_uncertainty", "slope"),
    "lateral_chi2",
)


def column(found, name):
    return np.asarray(ak.fill_none(found[name], np.nan))


def flat_bytes(found: ak.Array) -> dict[str, bytes]:
    columns = {name: found[name] for name in found.fields if name != "geometry"}
    columns |= {name: found["geometry"][name] for name in found["geometry"].fields}
    return {name: np.asarray(ak.flatten(ak.fill_none(c, -1.0), axis=None)).tobytes() for name, c in columns.items()}


@pytest.fixture(scope="module")
def exact(toy, settings):
    showers, events = toy(400, settings, noise=False)
    return showers, events, fit(events, settings)


@pytest.fixture(scope="module")
def noisy(toy, settings):
    showers, events = toy(1200, settings, noise=True, most=600.0)
    return showers, events, fit(events, settings)


def test_showers_that_follow_the_models_are_found(exact, opening_angle):
    showers, events, found = exact
    good = column(found, "good")
    many = ak.to_numpy(ak.num(events["stations"])) >= 6
    # one core is 30 m from a station, where the function has its pole
    assert good[many].mean() > 0.99
    many &= good
    angle = np.degrees(opening_angle(found, showers))[many]
    core = np.hypot(column(found, "x_core") - showers["x_core"], column(found, "y_core") - showers["y_core"])[many]
    size = (column(found, "s1000") / showers["s1000"])[many]
    # silent stations pull a little on core and size
    assert np.quantile(angle, 0.9) < 0.1
    assert np.quantile(core, 0.9) < 30.0
    assert np.quantile(np.abs(size - 1.0), 0.9) < 0.04


def test_fluctuating_showers_are_unbiased_and_their_uncertainties_true(noisy, opening_angle):
    showers, events, found = noisy
    good = column(found, "good") & (ak.to_numpy(ak.num(events["stations"])) >= 5)
    assert good.sum() > 800
    assert np.quantile(np.degrees(opening_angle(found, showers))[good], 0.68) < 0.4
    for name in ("x_core", "y_core"):
        deviation = (column(found, name) - showers[name])[good]
        assert abs(np.median(deviation)) < 5.0
    deviation = (column(found, "s1000") - showers["s1000"])[good]
    assert abs(np.mean(deviation / showers["s1000"][good])) < 0.02
    pull = deviation / column(found, "s1000_uncertainty")[good]
    assert abs(np.median(pull)) < 0.2
    assert 0.8 < (np.quantile(pull, 0.84) - np.quantile(pull, 0.16)) / 2.0 < 1.2


def test_three_stations_are_enough(toy, settings, opening_angle):
    showers, events = toy(1500, settings, noise=True, energy=(0.3, 1.2))
    three = ak.to_numpy(ak.num(events["stations"])) == 3
    assert three.sum() > 30
    found = fit(events[three], settings)
    good = column(found, "good")
    assert good.mean() > 0.5
    assert np.all(column(found, "time_ndf")[good] == 0)
    assert np.all(column(found, "lateral_ndf") == 0)
    angle = np.degrees(opening_angle(found, {name: value[three] for name, value in showers.items()}))[good]
    assert np.median(angle) < 2.0


def test_events_with_too_few_stations_are_rows_of_zeros(noisy, settings):
    _, events, _ = noisy
    stations = events["stations"]
    few = ak.with_field(events, stations[ak.local_index(stations, axis=1) < (np.arange(len(events)) % 3)], "stations")
    found = fit(few[:30], settings)
    assert not column(found, "good").any()
    for name in NUMBERS:
        np.testing.assert_array_equal(column(found, name), 0.0)
    assert np.isnan(column(found, "rise_time_1000")).all()
    np.testing.assert_array_equal(column(found, "hottest")[::3], -1)
    np.testing.assert_array_equal(column(found, "n_stations"), ak.to_numpy(ak.num(few["stations"]))[:30])
    np.testing.assert_array_equal(ak.flatten(found["geometry"]["distance"]), 0.0)


def test_stations_in_one_line_make_no_good_event(toy, settings):
    _, events = toy(200, settings, noise=False, energy=(2.0, 2.5))
    stations = events["stations"]
    line = ak.with_field(events, stations[abs(stations["y"]) < 1.0], "stations")
    assert ak.sum(ak.num(line["stations"]) >= 3) > 100
    assert not column(fit(line, settings), "good").any()


def test_numbers_of_good_events_are_finite(noisy):
    found = noisy[2]
    for name in NUMBERS:
        assert np.isfinite(column(found, name)).all()
    for name in found["geometry"].fields:
        assert np.isfinite(ak.to_numpy(ak.flatten(found["geometry"][name]))).all()


def test_an_event_is_the_same_in_any_chunk_and_at_any_place(noisy, settings):
    events, found = noisy[1][:700], noisy[2][:700]
    expected = flat_bytes(found)
    for size in (101, 256, 300):
        parts = [fit(events[begin : begin + size], settings) for begin in range(0, len(events), size)]
        assert flat_bytes(ak.concatenate(parts)) == expected
    order = np.random.default_rng(4).permutation(len(events))
    assert flat_bytes(fit(events[order], settings)) == flat_bytes(found[order])
    assert flat_bytes(fit(events[13:14], settings)) == flat_bytes(found[13:14])


def test_a_chunk_without_events_has_all_fields(noisy, settings, tmp_path):
    _, events, found = noisy
    empty = fit(events[:0], settings)
    assert empty.fields == found.fields
    assert len(empty) == 0
    for name, part in (("empty", empty), ("some", found[:5])):
        write_events(part, tmp_path / name)
    again = read_events(tmp_path / "empty"), read_events(tmp_path / "some")
    for one, other in zip(*((str(a.type).split(" * ", 1)[1]) for a in again), strict=True):
        assert one == other


def test_records_say_which_events_they_are_of(noisy):
    _, events, found = noisy
    np.testing.assert_array_equal(found["identity"], events["identity"])


def test_geometry_is_that_of_the_shower(exact):
    _, events, found = exact
    number = int(np.argmax(ak.to_numpy(ak.num(events["stations"]))))
    stations, geometry = events["stations"][number], found["geometry"][number]
    assert len(geometry) == len(stations)
    zenith, azimuth = (float(found[name][number]) for name in ("zenith", "azimuth"))
    axis = np.array([np.sin(zenith) * np.cos(azimuth), np.sin(zenith) * np.sin(azimuth), np.cos(zenith)])
    d = np.stack([ak.to_numpy(stations["x"]), ak.to_numpy(stations["y"]), np.zeros(len(stations))], axis=1)
    d[:, 0] -= float(found["x_core"][number])
    d[:, 1] -= float(found["y_core"][number])
    distance = np.linalg.norm(np.cross(d, axis), axis=1)
    np.testing.assert_allclose(geometry["distance"], distance, rtol=1e-4, atol=0.05)
    # a plane front is there before the sphere wherever it is off the axis, and they touch on the axis
    residual = ak.to_numpy(geometry["residual"])
    assert np.all(residual > -20.0)
    assert residual[np.argmax(distance)] > 500.0
    early = np.cos(ak.to_numpy(geometry["angle"])) > 0.0
    np.testing.assert_array_equal(early, d @ np.array([np.cos(azimuth), np.sin(azimuth), 0.0]) > 0.0)


def test_stations_beyond_the_places_of_the_fit_get_their_geometry(exact, settings, opening_angle):
    showers, events, found = exact
    many = column(found, "n_stations") > settings.stations
    assert many.sum() > 10
    np.testing.assert_array_equal(ak.num(found["geometry"]), ak.num(events["stations"]))
    assert ak.min(found["geometry"]["distance"][many]) > 0.0
    np.testing.assert_array_equal(column(found, "time_ndf")[many], settings.stations - 4)
    assert np.degrees(opening_angle(found, showers))[many].max() < 0.2


def test_saturated_stations_do_not_shift_the_size(toy, settings):
    showers, events = toy(300, settings, noise=False, energy=(1.8, 2.5), most=400.0)
    found = fit(events, settings)
    saturated = ak.to_numpy(ak.any(events["stations"]["saturated"], axis=1)) & column(found, "good")
    assert saturated.sum() > 100
    ratio = (column(found, "s1000") / showers["s1000"])[saturated]
    assert abs(np.median(ratio) - 1.0) < 0.02
    assert np.quantile(np.abs(ratio - 1.0), 0.9) < 0.1


def test_other_code_keeps_its_precision(noisy, settings):
    fit(noisy[1][:3], settings)
    assert jnp.zeros(1).dtype == jnp.float32
