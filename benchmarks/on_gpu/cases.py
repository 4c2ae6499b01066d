"""Every network of this project with its own settings on events of a usual shape, trained by the engine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from engine_peer import Trainer
from flax import nnx

from analysis.learning.data.device_inputs import DeviceInputs
from analysis.learning.loss_settings import (
    CrossEntropy,
    DomainAdversarial,
    Gaussian,
    Likelihood,
    LossSettings,
    Reconstruction,
    Refinement,
    Variational,
    Wasserstein,
)
from analysis.learning.networks.adversarial_settings import AdversarialSettings
from analysis.learning.networks.attention_settings import AttentionSettings
from analysis.learning.networks.autoencoder_settings import AutoencoderSettings
from analysis.learning.networks.bayesian_settings import BayesianSettings
from analysis.learning.networks.convolutional_adversarial_settings import ConvolutionalAdversarialSettings
from analysis.learning.networks.convolutional_settings import ConvolutionalSettings
from analysis.learning.networks.deep_sets_settings import DeepSetsSettings
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.flow_settings import FlowSettings
from analysis.learning.networks.graph_settings import GraphSettings
from analysis.learning.networks.hexagonal_settings import HexagonalSettings
from analysis.learning.networks.lorentz_settings import LorentzSettings
from analysis.learning.networks.quantised_settings import QuantisedSettings
from analysis.learning.networks.recurrent_settings import RecurrentSettings
from analysis.learning.networks.refiner_settings import RefinerSettings, TraceRefinerSettings
from analysis.learning.networks.reversal_settings import ReversalSettings
from analysis.learning.networks.stations_settings import StationsSettings
from analysis.learning.settings import TrainingSettings
from analysis.step import Step

__all__ = ["CASES", "EDGECONV", "MLP", "Case", "median_seconds"]

FOREVER = 1_000_000
TARGETS = 250
QUANTITIES, PARTICLES = {"event": (30,)}, {"particles": (100, 8)}
TRACES = {"traces": (19, 120), "stations": (19, 4), **QUANTITIES}


@dataclass(frozen=True)
class Case:
    """A network, what it learns of what, and from how many events in a step.

    Args:
        name: of its module in ``analysis.learning.networks``.
        settings: of the network.
        shapes: of the blocks of features by name.
        outputs: of the network.
        loss: what it learns.
        targets: number of targets; for none, there are as many classes as outputs.
        batch: events in a step.
    """

    name: str
    settings: Any
    shapes: Mapping[str, tuple[int, ...]]
    outputs: int = 2
    loss: LossSettings = field(default_factory=CrossEntropy)
    targets: int = 0
    batch: int = 1024

    @property
    def build(self) -> Callable[[nnx.Rngs], nnx.Module]:
        """``f(rngs) -> nnx.Module``."""
        step = Step(f"analysis.learning.networks.{self.name}:build", self.settings)
        return partial(step.load(), dict(self.shapes), self.outputs, settings=self.settings)

    def events(self, folds: int = 1) -> DeviceInputs:
        """So many as are in a step, of random numbers."""
        random = np.random.default_rng(0)
        values = {name: random.normal(size=(self.batch, *shape)) for name, shape in self.shapes.items()}
        if self.name == "lorentz":
            momenta = values["particles"]
            momenta[..., 0] = np.sqrt(1 + np.sum(momenta[..., 1:] ** 2, axis=-1))
        # simulation and data where both are trained with
        classes = 2 if isinstance(self.loss, Refinement | DomainAdversarial) else self.outputs
        return DeviceInputs(
            shared={name: block.astype(np.float32) for name, block in values.items()},
            own={},
            # features that stand alone may be missing one by one, those of particles or pixels together
            present={name: np.ones(block.shape[: max(block.ndim - 1, 2)], bool) for name, block in values.items()},
            label=random.integers(0, classes, self.batch).astype(np.int32),
            target=random.normal(size=(self.batch, self.targets)).astype(np.float32),
            scale=np.tile(np.float32([0, 1]), (folds, self.targets, 1)),
        )

    def trainer(self, steps: int, device: Any, folds: int = 1, state: Any = None, **changes: Any) -> Trainer:
        """Trains the network on one device: a call of its ``run`` is a number of steps.

        Args:
            steps: in an epoch.
            device: that computes.
            folds: so many networks are trained together.
            state: of the networks before.
            changes: of the training's settings.
        """
        watched = "last" if isinstance(self.loss, Wasserstein | Refinement) else "loss"
        given = {"loss": self.loss, "validation": watched, "batch_size": self.batch, **changes}
        settings = TrainingSettings(epochs=FOREVER, patience=FOREVER, shuffled_events=2**31, **given)
        rows = np.tile(np.arange(self.batch, dtype=np.int32), (steps, 1))
        return Trainer(self.build, settings, self.events(folds), rows, rows[0, :2], device, state)

    def gradient(self, trainer: Trainer) -> tuple[Callable[..., Any], Any]:
        """The gradient of a step as a function of the parameters, and these."""
        state, events = trainer.state, trainer.arguments[0]
        alone = jax.tree.map(jnp.asarray, events._replace(scale=events.scale[0]))
        params, *carried = jax.tree.map(lambda leaf: leaf[0], (state.params, state.statistics, state.random))

        def loss(params: Any) -> Any:
            losses, _ = trainer.engine.forward.training_losses(params, tuple(carried), alone, jnp.arange(self.batch))
            return jnp.mean(losses)

        return jax.value_and_grad(loss), params

    def generating(self) -> Callable[[], Any]:
        """A function that applies the network to all events, as is done after a training."""
        model, events = self.build(nnx.Rngs(params=0, dropout=0)), self.events()
        model.eval()
        graph, variables = nnx.split(model)
        given = jax.device_put((variables, events.shared, events.present))
        apply = jax.jit(lambda variables, *inputs: nnx.merge(graph, variables)(*inputs))
        return lambda: jax.block_until_ready(apply(*given))


def median_seconds(run: Callable[[], Any], rounds: int) -> float:
    """Median time of a call, after one that does not count."""
    run()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


MLP = Case(
    "dense",
    DenseSettings(hidden=(256, 256, 256), activation="relu", dropout=0.0, segments=0),
    QUANTITIES,
    4,
    batch=65_536,
)
EDGECONV = Case("graph", GraphSettings(widths=(64, 128)), PARTICLES)
CASES = (
    Case("dense", DenseSettings(), QUANTITIES, 4),
    Case("gaussian", DenseSettings(), QUANTITIES, 4, Gaussian(), 2),
    Case("autoencoder", AutoencoderSettings(), QUANTITIES, 30, Reconstruction()),
    Case("convolutional", ConvolutionalSettings(), {"image": (32, 32, 3)}),
    Case("recurrent", RecurrentSettings(), {"trace": (100, 8)}),
    Case("hexagonal", HexagonalSettings(), TRACES, 4, Gaussian(), 2),
    Case("stations", StationsSettings(), TRACES, 4, Gaussian(), 2),
    Case("graph", GraphSettings(), PARTICLES),
    Case("deep_sets", DeepSetsSettings(), {**PARTICLES, **QUANTITIES}),
    Case("attention", AttentionSettings(), {**PARTICLES, **QUANTITIES}),
    Case("lorentz", LorentzSettings(), {"particles": (5, 4), **QUANTITIES}),
    Case("flow", FlowSettings(noise="noise"), {"event": (3,), "noise": (TARGETS,)}, TARGETS, Likelihood(True), TARGETS),
    Case(
        "adversarial", AdversarialSettings(), {"event": (3,), "noise": (64,)}, TARGETS, Wasserstein(), TARGETS, 6 * 256
    ),
    Case(
        "convolutional_adversarial",
        ConvolutionalAdversarialSettings(image=(5, 5, 10)),
        {"event": (3,), "noise": (64,)},
        TARGETS,
        Wasserstein(),
        TARGETS,
        6 * 256,
    ),
    Case("refiner", RefinerSettings(), {"event": (3,), "refined": (30,)}, 30, Refinement(), batch=6 * 256),
    Case("trace_refiner", TraceRefinerSettings(), {"traces": (7, 120)}, 840, Refinement("traces"), batch=6 * 64),
    Case("reversal", ReversalSettings(), QUANTITIES, 4, DomainAdversarial(), 2),
    Case("bayesian", BayesianSettings(), QUANTITIES, 4, Variational()),
    Case("quantised", QuantisedSettings(), {"window": (16,)}, 5),
)
