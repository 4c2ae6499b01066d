from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from analysis.learning.pretrained_settings import Pretrained
from analysis.learning.training.rates import Rates

PARAMS = {"encoder": {"kernel": jnp.array([1.0, -0.0])}, "output": {"kernel": jnp.array([3.0, 4.0])}}
CHANGES = jax.tree.map(lambda leaf: jnp.array([0.5, jnp.inf]), PARAMS)


def test_frozen_parameters_keep_all_bits_and_have_no_gradient():
    rates = Rates(Pretrained("x", "0" * 64, frozen=("encoder.*",), slow=("output.*",), rate=0.5))
    found = rates.updated(PARAMS, CHANGES)
    assert np.asarray(found["encoder"]["kernel"]).tobytes() == np.asarray(PARAMS["encoder"]["kernel"]).tobytes()
    assert found["output"]["kernel"][0] == 3.25
    gradient = jax.grad(lambda params: sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(rates.held(params))))(PARAMS)
    assert not gradient["encoder"]["kernel"].any()
    assert gradient["output"]["kernel"][1] == 8.0


def test_without_a_start_all_learn_alike():
    found = Rates(None).updated(PARAMS, CHANGES)
    assert found["encoder"]["kernel"][0] == 1.5


def test_networks_that_take_turns_have_names_of_their_own():
    rates = Rates(Pretrained("x", "0" * 64, frozen=("critic.*",)), "critic")
    assert rates.updated(PARAMS["encoder"], CHANGES["encoder"])["kernel"][0] == 1.0
    rates = Rates(Pretrained("x", "0" * 64, frozen=("critic.*",)), "generator")
    assert rates.updated(PARAMS["encoder"], CHANGES["encoder"])["kernel"][0] == 1.5
