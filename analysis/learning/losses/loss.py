"""Interface of a loss: the meaning of a network's outputs, in training and afterwards."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from analysis.errors import TrainingError
from analysis.learning.data.device_inputs import BatchInputs

if TYPE_CHECKING:
    from flax import nnx

    from analysis.learning.data.layout import Layout

__all__ = ["ArrayT", "BatchInputs", "Loss", "Truth", "Turn"]

ArrayT = TypeVar("ArrayT", np.ndarray, jax.Array)


class Truth(NamedTuple):
    """True classes and t targets of m events, which networks should predict."""

    label: jax.Array  # (m,) index of the class
    target: jax.Array  # (m, t) in the targets' units
    scale: jax.Array  # (t, 2) mean and standard deviation of each target among the network's training events
    inputs: BatchInputs
    events: int = 1  # number that a network learns from in an epoch, these among them


@dataclass(frozen=True)
class Turn:
    """One network's turn in each step of a training, in which all others stay as they are.

    Args:
        network: attribute of the module that the training builds; empty for all of it.
        times: number of its updates in a step, each with its own share of the step's events.
        learning_rate: a factor on the training's.
    """

    network: str = ""
    times: int = 1
    learning_rate: float = 1.0


class Loss(ABC):
    """The meaning of a network's outputs; o of them for each of m events.

    Args:
        settings: one of :mod:`analysis.learning.loss_settings`.
    """

    name: ClassVar[str]  # as in the settings
    title: ClassVar[str]  # for figures
    metrics: ClassVar[tuple[str, ...]]  # names of metrics that go with it; the first one is its own
    compares_epochs: ClassVar[bool] = True  # whether it can pick the best epoch
    uses: ClassVar[tuple[str, ...]] = ()  # attributes of networks that it needs, beside their outputs

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Whose parameters each step changes, one after another; those of all, at once, by default."""
        return (Turn(),)

    @property
    def updates(self) -> int:
        """Number of updates in each step, of all turns."""
        return sum(turn.times for turn in self.turns)

    def check_network(self, network: nnx.Module) -> None:
        """Check that a network has what the loss uses beside its outputs.

        Raises:
            TrainingError: it has not.
        """
        if missing := [name for name in self.uses if not hasattr(network, name)]:
            raise TrainingError(
                f"the loss {self.name!r} needs a network with {', '.join(self.uses)}; "
                f"{type(network).__name__} has no {', '.join(missing)}",
                cure="choose a network that is made for this loss (docs/learning.md), or another loss",
            )
        if hasattr(network, "divergence") and "divergence" not in self.uses:
            raise TrainingError(
                f"{type(network).__name__} draws its parameters, which the loss {self.name!r} does not know of",
                cure="use the loss 'variational' for classes, or 'variational_gaussian' for targets",
            )

    def losses_of(self, network: str, model: nnx.Module, inputs: BatchInputs, truth: Truth) -> jax.Array:
        """The loss of each event (m,) in training: by default, that of the network's outputs.

        Args:
            network: whose turn it is, of several.
            model: all networks.
            inputs: of the events.
            truth: of the events.
        """
        return self.losses(model(inputs.values, inputs.present).astype(jnp.float32), truth)

    @abstractmethod
    def check(self, layout: Layout) -> None:
        """Check that events have what the loss needs.

        Raises:
            TrainingError: they do not.
        """

    @abstractmethod
    def outputs(self, layout: Layout) -> int:
        """Number of a network's outputs o."""

    @abstractmethod
    def names(self, layout: Layout) -> tuple[str, ...]:
        """Names of the p predictions."""

    def factors(self, number: np.ndarray, total: np.ndarray, layout: Layout, where: str) -> np.ndarray:
        """Return the factors on the event weights of each class that make the mean over all events 1.

        Args:
            number: (c,) of each class's events.
            total: (c,) sums of their weights.
            layout: of the events.
            where: what these are, for messages.

        Returns:
            (c,) float64.

        Raises:
            TrainingError: sums of weights are not positive.
        """
        if not total.sum() > 0:
            raise TrainingError(
                f"the sum of weights of {where} is {total.sum():g}", cure="use more events or fewer folds"
            )
        return np.full(len(number), number.sum() / total.sum())

    def have_targets(self, label: np.ndarray) -> np.ndarray:
        """Select the events (n,) that have targets, by their classes; all of them by default."""
        return np.ones(len(label), np.bool_)

    def evaluate(self, model: nnx.Module, inputs: BatchInputs, truth: Truth) -> tuple[jax.Array, jax.Array]:
        """Losses (m,) and predictions (m, p) of events that a network is validated with.

        Args:
            model: without dropout.
            inputs: of the events.
            truth: of the events.
        """
        outputs = self.outputs_of(model, inputs)
        return self.losses(outputs, truth), self.predictions(outputs, truth.scale, inputs)

    def outputs_of(self, model: Any, inputs: BatchInputs) -> jax.Array:
        """Compute the outputs (m, o) that predictions are made of: by default, those of calling the network.

        Args:
            model: without dropout.
            inputs: of the events.
        """
        return model(inputs.values, inputs.present).astype(jnp.float32)

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:
        """The loss of each event by a network's outputs: (m, o) -> (m,).

        A loss that outputs do not tell has :meth:`losses_of` and :meth:`evaluate` instead.
        """
        raise NotImplementedError(f"the loss {self.name!r} needs more than outputs")

    def members(self, outputs: jax.Array) -> jax.Array:
        """Outputs of each member of an ensemble that a network is by itself, outside training: (s, m, o)."""
        return outputs[None]

    @abstractmethod
    def predictions(self, outputs: jax.Array, scale: jax.Array, inputs: BatchInputs) -> jax.Array:
        """Convert outputs to predictions: (m, o) -> (m, p), in the targets' units.

        Args:
            outputs: (m, o).
            scale: (t, 2) mean and standard deviation of each target.
            inputs: what the network saw.
        """

    def combine(self, predictions: ArrayT) -> ArrayT:
        """One prediction from those of several networks: (s, m, p) -> (m, p), arrays of NumPy or of JAX."""
        return predictions[0] if len(predictions) == 1 else predictions.mean(axis=0)
