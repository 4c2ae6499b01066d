from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import vector

from analysis.learning.networks.momenta import (
    boost,
    compress,
    cosines,
    direction,
    mass,
    precise,
    pseudorapidity,
    transverse,
)

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]

FLOOR = 1e-4


def draw(particles=400, seed=1):
    """Momenta of some ten to some hundred GeV, masses of some ten GeV; (4, n) float32."""
    random = np.random.default_rng(seed)
    momentum = random.normal(0.0, 60.0, (3, particles))
    energy = np.sqrt(np.sum(momentum**2, axis=0) + random.uniform(20.0, 150.0, particles) ** 2)
    return np.concatenate([energy[None], momentum]).astype(np.float32)


def as_vectors(momenta):
    energy, x, y, z = np.asarray(momenta, np.float64)
    return vector.array({"E": energy, "px": x, "py": y, "pz": z})


def as_array(vectors):
    return np.stack([vectors.E, vectors.px, vectors.py, vectors.pz])


def test_boosts_agree_with_an_independent_library():
    momenta, frames = draw(), draw(seed=2)
    expected = as_array(as_vectors(momenta).boostCM_of_p4(as_vectors(frames)))
    found = boost(jnp.asarray(momenta), jnp.asarray(frames), FLOOR)
    assert np.allclose(found, expected, rtol=1e-5, atol=1e-5 * expected[0].max())


def test_a_frame_is_at_rest_in_itself():
    momenta = jnp.asarray(draw())
    rest = boost(momenta, momenta, FLOOR)
    assert np.abs(rest[1:]).max() < 1e-4
    assert np.allclose(rest[0], as_vectors(momenta).mass, rtol=1e-5)


def test_features_agree_with_an_independent_library():
    momenta = draw()
    known, given = as_vectors(momenta), jnp.asarray(momenta)
    assert np.allclose(mass(given, FLOOR), known.mass, rtol=1e-5)
    assert np.allclose(transverse(given, FLOOR), known.pt, rtol=1e-6)
    assert np.allclose(pseudorapidity(given, FLOOR), known.eta, atol=1e-5)
    assert np.allclose(direction(given, FLOOR), [known.eta, np.cos(known.phi), np.sin(known.phi)], atol=1e-5)
    sets = momenta.reshape(4, 5, 80)
    angles = [
        np.cos(as_vectors(sets[:, first]).deltaangle(as_vectors(sets[:, second])))
        for first in range(5)
        for second in range(first + 1, 5)
    ]
    assert np.allclose(cosines(jnp.asarray(sets), FLOOR), angles, atol=1e-5)


@pytest.mark.parametrize("energy", [1.0, 100.0, 10_000.0])
def test_a_massless_frame_is_slowed_down_to_a_lorentz_factor_of_a_hundred(energy):
    """Which is a Lorentz transformation: masses stay."""
    light = energy * jnp.array([[1.0], [0.6], [0.0], [0.8]])
    momenta = draw(1)
    found = np.asarray(boost(jnp.asarray(momenta), light, FLOOR), np.float64)
    gamma = np.sqrt(1 + 100**2)
    along = 0.6 * momenta[1, 0] + 0.8 * momenta[3, 0]
    assert found[0, 0] == pytest.approx(float(gamma * momenta[0, 0] - 100 * along), rel=1e-3)
    before, after = ((array[0] ** 2 - np.sum(array[1:] ** 2, axis=0)) for array in (momenta, found))
    # in single precision, at energies a hundred times as large
    assert np.allclose(after, before, atol=1e-5 * found[0] ** 2)


def test_values_and_gradients_are_finite_where_nothing_is():
    nothing, light, heavy = np.zeros((4, 1)), np.array([[5.0], [0.0], [3.0], [4.0]]), draw(1)

    def everything(momenta, frame):
        boosted = boost(momenta, frame, FLOOR)
        parts = [boosted, mass(momenta, FLOOR), transverse(boosted, FLOOR), direction(boosted, FLOOR)]
        parts.append(cosines(jnp.stack([boosted, momenta], axis=1), FLOOR))
        return sum(jnp.sum(part) for part in parts)

    for momenta in (nothing, light, heavy):
        for frame in (nothing, light, heavy):
            value, gradient = jax.value_and_grad(everything, argnums=(0, 1))(jnp.asarray(momenta), jnp.asarray(frame))
            assert np.isfinite(value)
            assert np.isfinite(gradient).all()
    assert not np.any(boost(jnp.zeros((4, 1)), jnp.asarray(heavy), FLOOR))
    assert np.allclose(boost(jnp.asarray(heavy), jnp.zeros((4, 1)), FLOOR), heavy, rtol=1e-6)


def test_compression_is_linear_for_small_values_and_logarithmic_for_large_ones():
    assert np.allclose(compress(jnp.array([0.0, 0.5, -0.5]), 50.0), [0.0, 0.01, -0.01], atol=1e-6)
    assert compress(jnp.array(1e6), 50.0) - compress(jnp.array(1e5), 50.0) == pytest.approx(np.log(10), rel=1e-5)


def test_half_precision_is_not_enough_for_masses():
    assert precise(jnp.zeros(3, jnp.bfloat16)).dtype == jnp.float32
    assert precise(jnp.zeros(3)).dtype == jnp.float32
