from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from analysis.learning.data.folded_inputs import fold_inputs
from analysis.learning.data.sorted_inputs import sort_inputs
from analysis.learning.networks.dense import build
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.checkpoints import flatten
from analysis.learning.training.data_parallel import DataParallel
from analysis.learning.training.engine import Engine, Member
from analysis.learning.training.forward import Forward

MEMBERS = [Member(seed, fold) for seed in (0, 1) for fold in (0, 1, 2)]


def engine_of(folded, settings, network):
    alone = DataParallel((jax.local_devices()[0],))
    return Engine(Forward(lambda rngs: build({"event": (4,)}, 3, rngs, network), settings, alone), folded.batch_order)


@pytest.fixture
def folded(gaussians):
    settings = TrainingSettings(folds=3, seeds=2, epochs=10, batch_size=64, learning_rate=0.1)
    return fold_inputs(sort_inputs([gaussians(900)]), settings)


@pytest.fixture
def engine(folded):
    settings = TrainingSettings(folds=3, seeds=2, epochs=10, batch_size=64, learning_rate=0.1)
    network = DenseSettings(hidden=(16,), segments=2)
    return engine_of(folded, settings, network)


@pytest.mark.usefixtures("quick_compilation")
def test_networks_start_differently_and_the_same_in_any_company(engine):
    together, alone = engine.initialise(MEMBERS), engine.initialise(MEMBERS[4:5])
    kernel = np.asarray(together.params["hidden"][0]["kernel"])
    assert kernel.shape == (6, 16, 16)
    assert len({part.tobytes() for part in kernel}) == 6
    for first, second in zip(jax.tree.leaves(together.params), jax.tree.leaves(alone.params), strict=True):
        assert np.array_equal(first[4], second[0])


@pytest.mark.long
@pytest.mark.usefixtures("quick_compilation")
def test_a_window_after_the_other_is_an_epoch(gaussians):
    """Nothing but the windows' own events is needed."""
    settings = TrainingSettings(folds=3, epochs=3, batch_size=32, learning_rate=0.01, shuffled_events=100)
    folded = fold_inputs(sort_inputs([gaussians(900)]), settings)
    network = DenseSettings(hidden=(8,), segments=0, dropout=0.2)
    engine = engine_of(folded, settings, network)
    assert folded.batch_order.windows > 2
    member = [Member(0, 1)]
    whole = engine.parallel.place(folded.whole([1]))
    state = engine.initialise(member)
    after, report = engine.compile_epoch(state, *whole)(state, *whole)

    state = engine.initialise(member)
    pieces = np.asarray(folded.batch_order.pieces(engine.key_of_epoch(jax.tree.map(lambda leaf: leaf[0], state))))
    window = None
    for piece in pieces:
        places = (piece[:, None] * 32 + np.arange(32)).ravel()
        data = engine.parallel.place(folded.window(1, places))
        window = window or engine.compile_window(state, *data)
        state = window(state, *data)
    for first, second in zip(jax.tree.leaves(after.params), jax.tree.leaves(state.params), strict=True):
        assert np.allclose(first, second, rtol=1e-5, atol=1e-6)
    assert float(report.loss[0]) == pytest.approx(float(state.progress.loss[0] / state.progress.weight[0]), rel=1e-5)
    assert int(state.progress.finite_updates[0]) == folded.batch_order.batches == int(report.finite_updates[0])


@pytest.mark.long
@pytest.mark.usefixtures("quick_compilation")
def test_a_network_that_has_stopped_stays_as_it_is(folded, engine):
    state = engine.initialise(MEMBERS[:3])._replace(stopped=jnp.array([False, True, False]))
    before = {name: np.array(leaf) for name, leaf in flatten(state).items()}
    data = engine.parallel.place(folded.whole(range(3)))
    after, _ = engine.compile_epoch(state, *data)(state, *data)
    assert after.epoch.tolist() == [1, 0, 1]
    for name, new in flatten(after).items():
        assert np.array_equal(before[name][1], new[1]), name
        if name.startswith("params."):
            assert not np.array_equal(before[name][0], new[0]), name


@pytest.mark.long
@pytest.mark.usefixtures("quick_compilation")
def test_networks_train_together_as_they_would_alone(folded, engine):
    """``vmap`` over folds and seeds changes rounding only: losses agree to 1e-5."""
    state = engine.initialise(MEMBERS)
    data = engine.parallel.place(folded.whole(range(3)))
    together, report = engine.compile_epoch(state, *data)(state, *data)
    compiled = None
    for number, member in enumerate(MEMBERS):
        state = engine.initialise([member])
        data = engine.parallel.place(folded.whole([member.fold]))
        compiled = compiled or engine.compile_epoch(state, *data)
        one, epoch = compiled(state, *data)
        assert float(epoch.validation_loss[0]) == pytest.approx(float(report.validation_loss[number]), rel=1e-5)
        for first, second in zip(jax.tree.leaves(one.params), jax.tree.leaves(together.params), strict=True):
            assert np.allclose(first[0], second[number], rtol=1e-3, atol=1e-4)
