"""The trained networks of a cross-validation: saved, loaded, applied. Never pickled."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from analysis.errors import DataError, TrainingError
from analysis.events.identity import fold_of
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.layout import Layout
from analysis.learning.data.standardisation import standardise
from analysis.learning.losses.by_name import loss_of
from analysis.learning.losses.loss import Loss
from analysis.learning.training.checkpoints import restore
from analysis.learning.training.history import save
from analysis.learning.training.network_state import split_network

if TYPE_CHECKING:
    from analysis.learning.settings import TrainingSettings
    from analysis.study import Step

__all__ = ["Trained"]

FORMAT = "erumflow networks 2"
KNOTS = "standardisation."  # and the block's name
SCALE = "target.scale"
# always the same shape: one compilation, and the same sums for an event in whatever chunk
BATCH = 1024


@dataclass(frozen=True, eq=False)
class Trained:
    """k networks, each for the events of its own test fold.

    Args:
        network: what built them.
        settings: of their training.
        layout: of the events they were trained on.
        knots: (k, f, q, 2) by block, the standardisation of each network; of blocks with names only.
        scale: (k, t, 2), mean and standard deviation of each target among each network's training events.
        weights: parameters and statistics of each network's best epoch by name, networks on the first axis: all folds
            with the first seed, then all with the next one.
        best_epoch: of each network.
        history: one entry for each epoch; empty when loaded.
    """

    network: Step
    settings: TrainingSettings
    layout: Layout
    knots: Mapping[str, np.ndarray]
    scale: np.ndarray
    weights: Mapping[str, np.ndarray]
    best_epoch: tuple[int, ...]
    history: tuple[dict[str, Any], ...] = field(default=())

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.layout.classes

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the predictions."""
        return self._loss.names(self.layout)

    def predictions(self, inputs: TrainingInputs) -> np.ndarray:
        """Predict each event with the network that the event had no part in.

        Args:
            inputs: n events, measured or simulated.

        Returns:
            (n, p) float32: probabilities of the classes, for classes of equal size, or means and standard deviations
            of the targets in their units; see :mod:`analysis.learning.losses.by_name`.

        Raises:
            DataError: the features are not those of the training.
        """
        return self.combine(self.predictions_by_member(inputs))

    def predictions_of(self, network: int, inputs: TrainingInputs) -> np.ndarray:
        """The same from one fold's networks for all events, to compare events that they were trained on with others.

        Those of several seeds are combined; see :meth:`analysis.learning.losses.loss.Loss.combine`.
        """
        return self.combine(self._by_member_of(network, inputs))

    def predictions_by_member(self, inputs: TrainingInputs) -> np.ndarray:
        """The same as :meth:`predictions` from each member of the ensemble alone, (m, n, p).

        Members are the networks of each seed; of a network that draws its parameters, each draw of each seed.
        """
        fold = fold_of(inputs.identity, self.settings.folds)
        rows = [np.flatnonzero(fold == network) for network in range(self.settings.folds)]
        found = [self._by_member_of(network, inputs.select(own)) for network, own in enumerate(rows)]
        result = np.zeros((len(found[0]), len(inputs), len(self.names)), np.float32)
        for own, predictions in zip(rows, found, strict=True):
            result[:, own] = predictions
        return result

    def combine(self, members: np.ndarray) -> np.ndarray:
        """Combine the predictions of members: (m, n, p) -> (n, p)."""
        return self._loss.combine(members)

    def _by_member_of(self, network: int, inputs: TrainingInputs) -> np.ndarray:
        """Predictions of each member of one fold's ensemble, (m, n, p)."""
        if inputs.layout.features != self.layout.features:
            raise DataError(
                f"the networks were trained on the features {self.layout}; these events have {inputs.layout}"
            )
        seeds, folds = self.settings.seeds, self.settings.folds
        weights = [jax.tree.map(lambda leaf, m=s * folds + network: leaf[m], self._weights) for s in range(seeds)]
        parts: list[list[np.ndarray]] = [[] for _ in range(seeds)]
        # without events, too: the number of members comes with what is computed
        for start in range(0, max(len(inputs), 1), BATCH):
            values, present, size = {}, {}, min(BATCH, len(inputs) - start)
            for name, block in inputs.features.items():
                part = Features(block.values[start : start + size], block.present[start : start + size], block.names)
                own = standardise(part.values, part.everywhere(), self.knots[name][network]) if part.names else None
                values[name] = _pad(part.values.astype(np.float32) if own is None else own)
                present[name] = _pad(part.present)
            for seed, own in enumerate(weights):
                parts[seed].append(np.asarray(self._apply(own, self.scale[network], values, present))[:, :size])
        return np.concatenate([np.concatenate(own, axis=1) for own in parts])

    def save(self, parameters: Path, description: Path) -> None:
        """Write the networks; the same networks give the same bytes.

        Args:
            parameters: safetensors file for all arrays.
            description: JSON file for all else.
        """
        from safetensors.numpy import save_file

        knots = {f"{KNOTS}{name}": array for name, array in self.knots.items()}
        arrays = {SCALE: self.scale, **knots, **self.weights}
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, parameters)
        described = {
            "best_epoch": self.best_epoch,
            "folds": "fold = analysis.events.identity.fold_of(identity, folds); network i is tested on fold i, "
            "stopped early by fold i + 1 modulo folds, and trained on the others",
            "format": FORMAT,
            "layout": self.layout.to_json(),
            "network": _describe_step(self.network),
            "predictions": self.names,
            "training": _to_json(self.settings),
        }
        description.write_text(json.dumps(described, indent=1, sort_keys=True) + "\n")

    def save_history(self, path: Path) -> None:
        """Write the history as JSON lines, one for each epoch."""
        save(self.history, path)

    @classmethod
    def load(cls, parameters: Path, description: Path, network: Step, settings: TrainingSettings) -> Trained:
        """Read what :meth:`save` wrote.

        Which code runs is the caller's word; the files hold numbers and names only.

        Args:
            parameters: safetensors file.
            description: JSON file.
            network: what built the networks.
            settings: of their training.

        Raises:
            DataError: a file is missing or damaged.
            TrainingError: the files are of another network or of other settings, or the parameters do not fit.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            described = json.loads(description.read_text())
            if described.get("format") != FORMAT:
                raise DataError(f"{description} describes no networks of this version")
            arrays = load_file(parameters)
            layout, scale = Layout.from_json(described["layout"]), arrays.pop(SCALE)
            knots = {name: arrays.pop(f"{KNOTS}{name}") for name, block in layout.features.items() if block.names}
            for what, value in (("network", _describe_step(network)), ("training", _to_json(settings))):
                if described[what] != json.loads(json.dumps(value)):
                    raise TrainingError(
                        f"{description} is of the {what} {described[what]}, not of {value}",
                        cure="give the settings that the networks were trained with",
                    )
            trained = cls(
                network=network,
                settings=settings,
                layout=layout,
                knots=knots,
                scale=scale,
                weights=arrays,
                best_epoch=tuple(described["best_epoch"]),
            )
        except FileNotFoundError as error:
            raise DataError(f"there is no file {error.filename or parameters}") from error
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            raise DataError(f"{parameters} or {description} is damaged: {error}") from error
        restore(trained._template, arrays, parameters)
        return trained

    def module(self, fold: int, seed: int = 0) -> nnx.Module:
        """One of the networks, without dropout.

        Args:
            fold: that it is tested on.
            seed: number of its seed, from 0.
        """
        return self._module(jax.tree.map(lambda leaf: leaf[seed * self.settings.folds + fold], self._weights))

    def _module(self, weights: Any) -> nnx.Module:
        # the initial values that this makes are replaced, so that nothing of them is compiled
        model = self._build(nnx.Rngs(0))
        nnx.update(model, weights["params"], weights["statistics"])
        model.eval()
        return model

    def _build(self, rngs: nnx.Rngs) -> nnx.Module:
        outputs = self._loss.outputs(self.layout)
        return self.network.load()(self.layout.shapes, outputs, rngs, self.network.settings)

    @property
    def _loss(self) -> Loss:
        return loss_of(self.settings.loss)

    @cached_property
    def _template(self) -> Any:
        """Shapes of the weights of all networks."""

        def initialise() -> Any:
            params, statistics, _ = split_network(self._build(nnx.Rngs(0)))
            return {"params": params, "statistics": statistics}

        networks = self.settings.folds * self.settings.seeds
        return jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct((networks, *leaf.shape), leaf.dtype), jax.eval_shape(initialise)
        )

    @cached_property
    def _weights(self) -> Any:
        return restore(self._template, self.weights, Path("these weights"))

    @cached_property
    def _apply(self) -> Callable[..., jax.Array]:
        def apply(weights: Any, scale: Any, values: Any, present: Any) -> jax.Array:
            model, inputs = self._module(weights), BatchInputs(values, present)
            members = self._loss.members(self._loss.outputs_of(model, inputs))
            return jnp.stack([self._loss.predictions(one, scale, inputs) for one in members])

        return jax.jit(apply)


def _pad(array: np.ndarray) -> np.ndarray:
    return np.pad(array, [(0, BATCH - len(array)), *[(0, 0)] * (array.ndim - 1)])


def _describe_step(step: Step) -> dict[str, Any]:
    return {"function": step.function, "settings": _to_json(step.settings)}


def _to_json(settings: Any) -> dict[str, Any] | None:
    if settings is None:
        return None
    kind, values = type(settings), dataclasses.asdict(settings)
    if "start" in values:
        # the same networks from another address are the same; networks of before starts were there do not tell of one
        start = values.pop("start")
        values |= {"start": {name: start[name] for name in start if name != "address"}} if start else {}
    return {"class": f"{kind.__module__}:{kind.__qualname__}", "values": values}
