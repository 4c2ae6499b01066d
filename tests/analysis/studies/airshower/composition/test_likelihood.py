import copy
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pyhf
import pytest
from scipy.optimize import nnls

from analysis.errors import StudyError
from analysis.studies.airshower.composition.likelihood import (
    expected,
    half_deviance,
    mixtures,
    read_channels,
    solve,
)

# each test compiles programs of its own
pytestmark = pytest.mark.long


def single(workspace, name):
    """The workspace of one channel."""
    kept = copy.deepcopy(workspace)
    for part in ("channels", "observations"):
        kept[part] = [entry for entry in kept[part] if entry["name"] == name]
    names = [s["modifiers"][0]["name"] for s in kept["channels"][0]["samples"]]
    config = kept["measurements"][0]["config"]
    config["parameters"] = [p for p in config["parameters"] if p["name"] in names]
    config["poi"] = names[0]
    return kept, names


# pyhf 0.7 validates with it
@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated:DeprecationWarning")
@pytest.mark.parametrize("index", [2, 17])
def test_the_likelihood_is_pyhfs(channels, workspaces, generator, index):
    workspace, fractions = single(workspaces["EPOS-LHC"], channels.names[index])
    built = pyhf.Workspace(workspace)
    model = built.model()
    data = built.data(model)
    size = channels.sizes[index]
    differences = []
    random = generator(7)
    for _ in range(12):
        weights, nuisances = random.uniform(0.1, 0.9, 4), random.uniform(-1.2, 1.2, 3)
        values = dict(zip((*fractions, *channels.nuisances), (*weights, *nuisances), strict=True))
        place = [values[name] for name in model.config.par_order]
        events = expected(channels, index, weights, nuisances)
        assert events[:size] == pytest.approx(model.expected_data(place, include_auxdata=False), rel=1e-12)
        with jax.enable_x64(True):
            own = float(half_deviance(jnp.asarray(channels.counts[index]), jnp.asarray(events)))
        own += 0.5 * float(nuisances @ nuisances)
        differences.append(float(model.logpdf(place, data)[0]) + own)
    # but for what depends on the data alone
    assert np.ptp(differences) < 1e-9


def test_the_best_fit_is_that_of_an_independent_method(channels):
    """Expectation maximisation: slow, and cannot leave the simplex (A. P. Dempster et al., JRSS B 39 (1977) 1)."""
    index = np.arange(len(channels.names))
    found = solve(channels, index, channels.counts)
    assert found.converged.all()
    shares = channels.nominal / channels.nominal.sum(axis=2, keepdims=True)
    fractions = np.full((len(index), 4), 0.25)
    events = channels.counts.sum(axis=1, keepdims=True)
    for _ in range(20_000):
        mixed = np.einsum("cs,csd->cd", fractions, shares)
        ratio = np.where(channels.counts > 0, channels.counts / np.where(mixed > 0, mixed, 1.0), 0.0)
        fractions *= np.einsum("cd,csd->cs", ratio, shares) / events
    assert np.abs(found.fractions - fractions).max() < 2e-3
    assert found.fractions.sum(axis=1) == pytest.approx(np.ones(len(index)), abs=1e-12)

    def deviance(fractions):
        mixed = events * np.einsum("cs,csd->cd", fractions, shares)
        logarithm = np.log(np.where(channels.counts > 0, mixed, 1.0))
        return -2.0 * (channels.counts * logarithm).sum(axis=1)

    assert (deviance(found.fractions) <= deviance(fractions) + 1e-3).all()


def test_pure_and_mixed_histograms_give_their_fractions_back(channels):
    truths = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0.5, 0, 0, 0.5], [0.1, 0.2, 0.3, 0.4]])
    index = np.full(len(truths), 3)
    nuisances = np.tile([0.4, -0.3, 0.2], (len(truths), 1))
    counts = np.stack([expected(channels, 3, truth, nuisances[0]) for truth in truths])
    found = solve(channels, index, counts, nuisances)
    assert found.converged.all()
    assert np.abs(found.fractions - truths).max() < 1e-4
    assert np.abs(found.value).max() < 1e-6


def test_mixtures_reach_everything_with_that_value_and_nothing_else(generator):
    random = generator(3)
    fractions = random.dirichlet(np.full(4, 0.5), 200)
    coefficients = np.array([0.0, 1.39, 2.64, 4.03])
    value = fractions @ coefficients
    shares, there = mixtures(np.tile(coefficients, (200, 1)), value)
    assert there.any(axis=1).all()
    for row in range(200):
        edges = shares[row][there[row]]
        assert edges @ coefficients == pytest.approx(np.full(len(edges), value[row]))
        assert edges.sum(axis=1) == pytest.approx(np.ones(len(edges)))
        # the fractions themselves are such a mixture
        assert nnls(edges.T, fractions[row])[1] < 1e-9


def test_a_fit_does_not_depend_on_those_beside_it(channels):
    index = np.arange(len(channels.names))
    all_of_them = solve(channels, index, channels.counts)
    alone = solve(channels, index[5:6], channels.counts[5:6])
    assert alone.fractions[0].tobytes() == all_of_them.fractions[5].tobytes()
    assert alone.value[0] == all_of_them.value[5]


def test_the_process_keeps_32_bit_for_others(channels):
    solve(channels, np.array([0]), channels.counts[:1])
    assert jnp.ones(1).dtype == jnp.float32


def test_impossible_events_are_said_to_be(channels):
    counts = channels.counts[:1].copy()
    nothing = replace(channels, nominal=np.where(np.arange(counts.shape[1]) == 9, 0.0, channels.nominal))
    found = solve(nothing, np.array([0]), counts)
    assert not found.converged[0]
    assert found.value[0] == np.inf


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: c["samples"][0]["modifiers"].append({"name": "b", "type": "staterror", "data": []}), "staterror"),
        (lambda c: c["samples"][0]["modifiers"].pop(0), "0 normfactors"),
        (lambda c: c["samples"].reverse(), "other samples or modifiers"),
        (lambda c: c["samples"][2]["modifiers"].pop(), "other samples or modifiers"),
        (lambda c: c.update(name="signal"), "'signal' is none of a composition"),
    ],
)
def test_other_workspaces_are_refused(workspaces, change, problem):
    other = {"EPOS-LHC": copy.deepcopy(workspaces["EPOS-LHC"])}
    change(other["EPOS-LHC"]["channels"][4])
    with pytest.raises(StudyError, match=problem):
        read_channels(other)


def test_nothing_to_fit_is_an_error():
    with pytest.raises(StudyError, match="no channel to fit"):
        read_channels({})
