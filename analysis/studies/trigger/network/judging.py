"""A trained network as a trigger: in integers, at every sample of a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import awkward as ak
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import nested_values, values
from analysis.learning.networks.quantised import Quantised, integers
from analysis.studies.trigger.network.windows import bin_means, windows
from analysis.studies.trigger.traces import of_stations

if TYPE_CHECKING:
    from analysis.learning.application.trained import Trained
    from analysis.learning.networks.integer_network import IntegerNetwork
    from analysis.studies.trigger.network.settings import WindowSettings

__all__ = ["TRIGGER_NETWORK", "judge", "largest_output", "outputs_of", "trigger_network"]

Integers = NDArray[np.int64]

TRIGGER_NETWORK = 0
"""The network of this fold is the trigger; events that triggers are judged by are in no training."""

# windows that are looked at together, always as many: one compilation
_TOGETHER = 2**16


def trigger_network(training: Trained) -> IntegerNetwork:
    """The network that goes into the hardware, in integers."""
    module = training.module(TRIGGER_NETWORK)
    assert isinstance(module, Quantised)
    return integers(module)


def outputs_of(network: IntegerNetwork) -> Callable[[NDArray[np.int16]], Integers]:
    """The network in integers for many windows: single precision holds all of its sums, so that nothing is rounded.

    Returns:
        ``f(inputs)`` of (n, bins) integers to (n,) outputs.
    """
    weights = [jnp.asarray(one, jnp.float32) for one in network.weights]
    biases = [jnp.asarray(one, jnp.float32) for one in network.biases]
    numbers = network.activations

    @jax.jit
    def evaluate(inputs: jax.Array) -> jax.Array:
        sums = inputs.astype(jnp.float32)
        for layer, (kernel, bias) in enumerate(zip(weights, biases, strict=True)):
            if layer:
                shift = network.fractions[layer - 1] - numbers.fraction
                sums = jnp.clip(jnp.floor(sums * 2.0**-shift), numbers.lowest, numbers.highest)
            with jax.default_matmul_precision("highest"):
                sums = sums @ kernel + bias
        return sums[:, 0]

    def outputs(inputs: NDArray[np.int16]) -> Integers:
        parts = []
        for start in range(0, len(inputs), _TOGETHER):
            part = inputs[start : start + _TOGETHER]
            padded = np.pad(part, ((0, _TOGETHER - len(part)), (0, 0)))
            parts.append(np.asarray(evaluate(padded))[: len(part)])
        return np.concatenate([np.zeros(0), *parts]).astype(np.int64)

    return outputs


def largest_output(
    raw: ak.Array, network: IntegerNetwork, settings: WindowSettings
) -> tuple[Integers, NDArray[np.int16]]:
    """Evaluate a network at every sample of all stations.

    Args:
        raw: events with ``stations``.
        network: whose inputs are windows.
        settings: of the windows.

    Returns:
        Of each of the m stations, (m,) the largest output and (m, bins) the first window with it.
    """
    number = int(ak.sum(ak.num(raw.stations)))
    evaluate = outputs_of(network)
    largest, seen = np.zeros(number, np.int64), np.zeros((number, settings.bins), np.int16)
    for traces in of_stations(raw, settings.triggers):
        means = bin_means(traces.mean(), settings)
        starts = np.arange(1 - settings.samples, traces.signal.shape[2])
        step = max(_TOGETHER * 4 // len(starts), 1)
        for first in range(0, len(means), step):
            some, rows = means[first : first + step], traces.rows[first : first + step]
            every = windows(some, np.broadcast_to(starts, (len(some), len(starts))), settings)
            found = evaluate(every.reshape(-1, settings.bins)).reshape(len(some), len(starts))
            place = found.argmax(axis=1)
            largest[rows] = found[np.arange(len(some)), place]
            seen[rows] = every[np.arange(len(some)), place]
    return largest, seen


def judge(raw: ak.Array, training: Trained, settings: WindowSettings) -> ak.Array:
    """Evaluate the trigger network at every sample of all stations.

    Args:
        raw: events with ``stations``.
        training: of networks in fixed point.
        settings: of their windows.

    Returns:
        Records with ``identity`` and ``stations``, a list of records ``station``, ``network`` (largest output of any
        window, an integer) and ``window`` (the inputs that it has there).
    """
    largest, seen = largest_output(raw, trigger_network(training), settings)
    stations = ak.zip(
        {
            "station": nested_values(raw.stations.station),
            "network": largest.astype(np.int32),
            "window": ak.from_regular(ak.from_numpy(seen), axis=None),
        },
        depth_limit=1,
    )
    number = ak.to_numpy(ak.num(raw.stations))
    return ak.zip({"identity": values(raw, "identity"), "stations": ak.unflatten(stations, number)}, depth_limit=1)
