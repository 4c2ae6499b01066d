import ast

import numpy as np
import pytest
import scipy.special
from scipy import integrate, stats

from analysis.errors import StudyError
from analysis.events.resources import read_resource
from analysis.studies.airshower.published import gumbel
from analysis.studies.airshower.published.literals import AUGER, literal

MODELS = ("QGSJetII", "QGSJetII-04", "Sibyll2.1", "EPOS1.99", "EPOS-LHC")
MASSES = (1, 4, 14, 56)
cases = pytest.mark.parametrize(
    ("model", "mass", "energy"), [(m, a, e) for m in MODELS for a in MASSES for e in (17.0, 18.5, 20.0)]
)


@pytest.fixture(scope="module")
def astrotools():
    """Functions of astrotools' own text; the package itself imports what nothing here needs."""
    functions: list[ast.stmt] = [
        node
        for node in ast.parse(read_resource(AUGER)).body
        if isinstance(node, ast.FunctionDef) and node.name in ("gumbel_parameters", "gumbel", "gumbel_cdf")
    ]
    names = {"np": np, "scipy": scipy}
    exec(compile(ast.Module(functions, []), AUGER.path, "exec"), names)
    return names


@cases
def test_the_numbers_are_those_of_astrotools(astrotools, model, mass, energy):
    depths = np.linspace(400.0, 1400.0, 101)
    assert np.allclose(
        gumbel.gumbel_parameters(energy, mass, model),
        astrotools["gumbel_parameters"](energy, mass, model),
        rtol=1e-13,
        atol=0,
    )
    expected = astrotools["gumbel"](depths, energy, mass, model)
    assert np.allclose(gumbel.pdf(depths, energy, mass, model), expected, rtol=1e-10, atol=1e-300)
    expected = astrotools["gumbel_cdf"](depths, energy, mass, model)
    assert np.allclose(gumbel.cdf(depths, energy, mass, model), expected, rtol=1e-10, atol=1e-300)


def test_table_1_of_the_paper():
    # arXiv:1305.2331, table 1, EPOS-LHC: for protons at 10^19 eV and one decade above, only a, b and c count
    location, scale, shape = gumbel.gumbel_parameters([19.0, 20.0], 1, "EPOS-LHC")
    assert location == pytest.approx([775.589, 775.589 + 57.589 - 0.820])
    assert scale == pytest.approx([29.403, 29.403 + 0.096])
    assert shape == pytest.approx([0.563, 0.563 + 0.039])


@pytest.mark.long
@cases
def test_moments_and_distribution_agree_with_integrals_of_the_density(model, mass, energy):
    def density(x):
        return gumbel.pdf(x, energy, mass, model)

    mean, variance = gumbel.mean(energy, mass, model), gumbel.variance(energy, mass, model)
    width = np.sqrt(variance)
    low, high = mean - 15 * width, mean + 45 * width

    def integral(function, to=high):
        return integrate.quad(function, low, to, points=[min(to, mean)], epsabs=1e-10, limit=500)[0]

    assert integral(density) == pytest.approx(1, abs=1e-7)
    assert integral(lambda x: x * density(x)) == pytest.approx(mean, rel=1e-7)
    assert integral(lambda x: (x - mean) ** 2 * density(x)) == pytest.approx(variance, rel=1e-6)
    deep = mean + width
    assert integral(density, deep) == pytest.approx(gumbel.cdf(deep, energy, mass, model), abs=1e-7)


@cases
def test_the_quantile_is_the_inverse_of_the_distribution(model, mass, energy):
    probability = np.array([1e-6, 0.1, 0.5, 0.9, 1 - 1e-6])
    x = gumbel.quantile(probability, energy, mass, model)
    assert np.all(np.diff(x) > 0)
    assert np.allclose(gumbel.cdf(x, energy, mass, model), probability, rtol=1e-9, atol=0)


def test_random_depths_follow_the_distribution():
    x = gumbel.quantile(np.random.default_rng(5).random(20_000), 19.0, 4, "EPOS-LHC")
    assert stats.kstest(x, lambda depth: gumbel.cdf(depth, 19.0, 4, "EPOS-LHC")).pvalue > 0.01


@pytest.mark.parametrize("model", ["EPOS-LHC", "QGSJetII-04", "Sibyll2.1"])
def test_the_moments_agree_with_the_parametrisation_of_the_auger_collaboration(model):
    # JCAP 02 (2013) 026, equations 2.1 to 2.7: linear in lg E and ln A, and good to a few g/cm2; the update for the
    # models in use since the LHC is in astrotools
    x0, d, xi, delta, p0, p1, p2, a0, a1, b = literal(AUGER, "DXMAX_PARAMS")[model]
    energy, mass = np.meshgrid(np.linspace(17.8, 20.0, 12) - 19.0, np.log(MASSES))
    mean = x0 + d * energy + (xi - d / np.log(10) + delta * energy) * mass
    variance = (p0 + p1 * energy + p2 * energy**2) * (1 + (a0 + a1 * energy) * mass + b * mass**2)
    assert np.abs(gumbel.mean(energy + 19, np.exp(mass), model) - mean).max() < 6
    assert np.abs(np.sqrt(gumbel.variance(energy + 19, np.exp(mass), model)) - np.sqrt(variance)).max() < 4


def test_an_events_numbers_do_not_depend_on_the_events_beside_it():
    energies = np.random.default_rng(1).uniform(18.5, 20.0, 999)
    masses = np.resize(MASSES, 999)
    together = gumbel.gumbel_parameters(energies, masses, "EPOS-LHC")
    for i in (0, 1, 500, 998):
        alone = gumbel.gumbel_parameters(energies[i : i + 1], masses[i : i + 1], "EPOS-LHC")
        assert [float(p[0]) for p in alone] == [float(p[i]) for p in together]


def test_depths_far_from_the_shower_have_no_probability_and_no_warning():
    x = np.array([-1e5, 1e5])
    assert gumbel.pdf(x, 19.0, 56, "EPOS-LHC").tolist() == [0.0, 0.0]
    assert gumbel.cdf(x, 19.0, 56, "EPOS-LHC").tolist() == [0.0, 1.0]


def test_an_unknown_model_lists_the_known_ones():
    with pytest.raises(StudyError, match=r"'Sibyll2\.3c'") as unknown:
        gumbel.gumbel_parameters(19.0, 1, "Sibyll2.3c")
    assert str(unknown.value).endswith("use one of: " + ", ".join(MODELS))
