from __future__ import annotations

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.events.identity import identify
from analysis.studies.airshower.published.gumbel import cdf, mean, variance
from analysis.studies.airshower.simulation.settings import ShowerSettings
from analysis.studies.airshower.simulation.showers import generate

_MASSES = (1, 4, 14, 56)


def _fixed(mass: int, log10_energy: float, model: str = "EPOS-LHC", n: int = 6000) -> ak.Array:
    settings = ShowerSettings(primaries=(mass,), log10_energy=(log10_energy, log10_energy), model=model)
    return generate(identify("fixed", 0, n), settings)


@pytest.mark.long
@pytest.mark.parametrize("model", ["EPOS-LHC", "QGSJetII-04", "Sibyll2.1"])
@pytest.mark.parametrize("mass", _MASSES)
def test_x_max_has_the_moments_of_the_parametrisation(mass: int, model: str) -> None:
    for log10_energy in (18.5, 19.7):
        xmax = _fixed(mass, log10_energy, model).xmax.to_numpy()
        sigma = float(np.sqrt(variance(log10_energy, mass, model)))
        assert xmax.mean() == pytest.approx(
            float(mean(log10_energy, mass, model)), abs=4.5 * sigma / np.sqrt(len(xmax))
        )
        assert xmax.std() == pytest.approx(sigma, rel=0.08)


@pytest.mark.parametrize("mass", _MASSES)
def test_x_max_has_the_distribution_of_the_parametrisation(mass: int) -> None:
    xmax = np.sort(_fixed(mass, 19.0).xmax.to_numpy())
    expected = cdf(xmax, 19.0, mass, "EPOS-LHC")
    # Kolmogorov-Smirnov at a probability of 10^-4
    assert np.abs(expected - np.arange(len(xmax)) / len(xmax)).max() < 2.23 / np.sqrt(len(xmax))


def test_muon_numbers_rise_with_mass_and_energy() -> None:
    beta = ShowerSettings().muon_exponent
    for mass in _MASSES:
        for log10_energy in (18.5, 20.0):
            expected = mass ** (1.0 - beta) * 10.0 ** (beta * (log10_energy - 19.0))
            assert ak.mean(_fixed(mass, log10_energy).muons) == pytest.approx(expected, rel=0.01)
    # between iron and proton: some 40 %, as in the models
    assert 1.3 < ak.mean(_fixed(56, 19.0).muons) / ak.mean(_fixed(1, 19.0).muons) < 1.5


@pytest.mark.parametrize(("mass", "spread"), [(1, 0.16), (56, 0.06)])
def test_muon_numbers_fluctuate_less_for_heavy_primaries(mass: int, spread: float) -> None:
    muons = _fixed(mass, 19.0).muons
    assert ak.std(muons) / ak.mean(muons) == pytest.approx(spread, rel=0.06)


def test_showers_are_spread_as_the_settings_say() -> None:
    settings = ShowerSettings(primaries=_MASSES, shares=(4.0, 3.0, 2.0, 1.0))
    truth = generate(identify("spread", 0, 8000), settings)
    limit = 1.63 * 1.5 / np.sqrt(len(truth))
    uniform = {
        "energy": (np.log10(truth.energy.to_numpy()) - 18.5) / 1.5,
        "zenith": np.sin(truth.zenith.to_numpy()) ** 2 / 0.75,
        "azimuth": truth.azimuth.to_numpy() / (2.0 * np.pi),
        "time": truth.time.to_numpy() / settings.period,
        "core": (truth.x_core.to_numpy() ** 2 + truth.y_core.to_numpy() ** 2) / settings.core_radius**2,
        "core angle": np.arctan2(truth.y_core.to_numpy(), truth.x_core.to_numpy()) / (2.0 * np.pi) + 0.5,
    }
    for name, values in uniform.items():
        assert np.abs(np.sort(values) - np.arange(len(truth)) / len(truth)).max() < limit, name
    assert 1.0 <= ak.min(truth.time) <= ak.max(truth.time) <= settings.period - 1.0
    shares = [float(np.mean(truth.mass_number.to_numpy() == mass)) for mass in _MASSES]
    np.testing.assert_allclose(shares, [0.4, 0.3, 0.2, 0.1], atol=0.03)


def test_a_falling_spectrum_falls_as_it_should() -> None:
    settings = ShowerSettings(spectral_index=3.0)
    energy = generate(identify("falling", 0, 8000), settings).energy.to_numpy()
    assert energy.min() >= 10**18.5
    assert energy.max() <= 1e20
    # integral spectrum ~ E^-2
    low, high, some = 10**18.5, 1e20, 10**19.0
    assert np.mean(energy > some) == pytest.approx((some**-2 - high**-2) / (low**-2 - high**-2), abs=0.015)


def test_a_shower_depends_on_its_identity_alone(mixed: ShowerSettings) -> None:
    identity = identify("chunks", 0, 60)
    whole = generate(identity, mixed)
    for size in (1, 7, 25):
        parts = ak.concatenate([generate(identity[i : i + size], mixed) for i in range(0, 60, size)])
        assert ak.array_equal(whole, parts)
    assert ak.array_equal(whole[::-1], generate(identity[::-1], mixed))


def test_no_identities_make_no_showers(mixed: ShowerSettings) -> None:
    nothing = generate(identify("chunks", 0, 0), mixed)
    assert len(nothing) == 0
    assert nothing.type.content == generate(identify("chunks", 0, 1), mixed).type.content


def test_an_unknown_model_is_refused_with_the_known_ones(mixed: ShowerSettings) -> None:
    with pytest.raises(StudyError, match="EPOS-LHC"):
        generate(identify("x", 0, 1), replace(mixed, model="EPOS-9"))


def test_an_unknown_primary_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        StudyError, match=r"mass number 12[\s\S]*1 \(proton\), 4 \(helium\), 14 \(nitrogen\), 56 \(iron\)"
    ):
        ShowerSettings(primaries=(1, 12), shares=(1.0, 1.0))
    with pytest.raises(StudyError, match="primaries"):
        ShowerSettings(primaries=(), shares=())


@pytest.mark.parametrize("shares", [(1.0,), (1.0, -1.0), (0.0, 0.0)])
def test_impossible_shares_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(StudyError, match="shares"):
        ShowerSettings(primaries=(1, 56), shares=shares)


def test_an_energy_range_goes_upwards() -> None:
    with pytest.raises(StudyError, match="log10_energy"):
        ShowerSettings(log10_energy=(20.0, 18.5))
