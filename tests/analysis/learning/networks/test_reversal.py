"""A network whose features tell simulation and data apart as little as they can."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError
from analysis.learning.loss_settings import DomainAdversarial
from analysis.learning.networks.reversal import ReversalSettings, build, reverse_gradient

SHAPES = {"event": (3,)}
VALUES = {"event": np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)}
PRESENT = {"event": np.ones((6, 3), bool)}
pytestmark = pytest.mark.usefixtures("quick_compilation")


def test_a_gradient_is_turned_round() -> None:
    x = jnp.array([0.3, -2.0])
    assert np.array_equal(reverse_gradient(x, 0.5), x)
    assert np.allclose(jax.grad(lambda x: jnp.sum(reverse_gradient(x, 0.5) ** 3))(x), -0.5 * 3 * x**2)


@pytest.mark.long
@pytest.mark.parametrize("strength", [0.0, 1.5])
def test_the_extractor_gets_the_classifiers_gradient_reversed(strength: float) -> None:
    """In proportion to the strength; the classifier's own gradient does not know it."""

    def gradients(strength: float) -> Any:
        settings = ReversalSettings(hidden=(4,), head=(4,), domain=(4,))
        graph, params, rest = nnx.split(build(SHAPES, 2, nnx.Rngs(0), settings), nnx.Param, ...)  # type: ignore[misc]

        def total(params: Any) -> jax.Array:
            network: Any = nnx.merge(graph, params, rest)
            return jnp.sum(network.outputs_and_domain(VALUES, PRESENT, strength)[1] ** 2)

        return jax.grad(total)(params)

    one, found = gradients(1.0), gradients(strength)
    for first, other in zip(jax.tree.leaves(one["extractor"]), jax.tree.leaves(found["extractor"]), strict=True):
        assert np.allclose(other, strength * np.asarray(first), rtol=1e-5)
    for first, other in zip(jax.tree.leaves(one["domain"]), jax.tree.leaves(found["domain"]), strict=True):
        assert np.array_equal(first, other)
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(found["head"]))


def test_settings_are_checked() -> None:
    with pytest.raises(StudyError, match="hidden"):
        ReversalSettings(hidden=())
    with pytest.raises(StudyError, match="strength"):
        DomainAdversarial(strength=-1.0)
