import jax
import numpy as np
import pytest

from analysis.learning.networks import convolutional, dense, graph, recurrent
from analysis.learning.networks.convolutional_settings import ConvolutionalSettings
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.graph_settings import GraphSettings
from analysis.learning.networks.recurrent_settings import RecurrentSettings
from analysis.learning.training.devices import choose_devices, has_loops


def network(module, settings, block, values, present):
    """What a network is made from and sees: a function, values, what is present."""

    def build(rngs):
        return module.build({block: values}, 2, rngs, settings)

    return build, {block: np.zeros((3, *values), np.float16)}, {block: np.zeros((3, *present), bool)}


DENSE = network(dense, DenseSettings(hidden=(8,), dropout=0.2), "event", (4,), (4,))
RECURRENT = network(recurrent, RecurrentSettings(hidden=(8,), width=4), "trace", (20, 2), ())
CONVOLUTIONAL = network(convolutional, ConvolutionalSettings(channels=(4,)), "image", (8, 8, 1), (8, 8))
GRAPH = network(graph, GraphSettings(neighbours=3, widths=(4,), layers=1), "particles", (6, 3), (6,))


@pytest.mark.parametrize(
    ("given", "loops"),
    [(DENSE, False), (RECURRENT, True), (CONVOLUTIONAL, True), (GRAPH, True)],
    ids=["dense", "recurrent", "convolutional", "graph"],
)
def test_loops_are_found_wherever_they_are(given, loops):
    assert has_loops(*given) is loops


def test_a_processor_is_divided_for_networks_with_loops():
    assert len(jax.local_devices()) == 2  # as in commands
    for given, batch_size, number, devices in (
        (DENSE, 64, None, 1),
        (RECURRENT, 64, None, 2),
        (RECURRENT, 63, None, 1),
        (RECURRENT, 64, 1, 1),
        (DENSE, 64, 8, 2),
    ):
        build, values, present = given
        assert choose_devices(build, values, present, batch_size, number).number == devices
