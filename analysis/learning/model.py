"""The trained networks of a cross-validation: saved, loaded, applied. Never pickled."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np
from flax import nnx

from analysis.errors import DataError, TrainingError
from analysis.events.identity import fold_of
from analysis.learning.checkpoints import restore
from analysis.learning.inputs import TrainingInputs
from analysis.learning.settings import TrainingSettings
from analysis.learning.standardisation import standardise
from analysis.learning.weights import take_apart
from analysis.study import Step

__all__ = ["Trained"]

FORMAT = "erumflow networks 1"
KNOTS = "standardisation.knots"
# always the same shape: one compilation, and the same sums for an event in whatever chunk
BATCH = 1024


@dataclass(frozen=True, eq=False)
class Trained:
    """k networks, each for the events of its own test fold.

    Args:
        network: what built them.
        settings: of their training.
        names: names of the f features.
        classes: names of the c classes.
        knots: (k, f, q, 2), the standardisation of each network.
        weights: parameters and statistics of each network's best epoch by name, networks on the first axis.
        best_epoch: of each network.
        history: one entry for each epoch; empty when loaded.
    """

    network: Step
    settings: TrainingSettings
    names: tuple[str, ...]
    classes: tuple[str, ...]
    knots: np.ndarray
    weights: Mapping[str, np.ndarray]
    best_epoch: tuple[int, ...]
    history: tuple[dict[str, Any], ...] = field(default=())

    def scores(self, inputs: TrainingInputs) -> np.ndarray:
        """Each event's probability of each class, for classes of equal size, from the network it had no part in.

        Args:
            inputs: n events, measured or simulated.

        Returns:
            (n, c) float32, the sum over classes is 1.

        Raises:
            DataError: the features are not those of the training.
        """
        fold = fold_of(inputs.identity, self.settings.folds)
        result = np.zeros((len(inputs), len(self.classes)), np.float32)
        for network in range(self.settings.folds):
            rows = np.flatnonzero(fold == network)
            result[rows] = self.scores_of(network, inputs.select(rows))
        return result

    def scores_of(self, network: int, inputs: TrainingInputs) -> np.ndarray:
        """The same from one network for all events, to compare events that it was trained on with others."""
        if inputs.names != self.names:
            raise DataError(
                f"the networks were trained on the features {', '.join(self.names)}; "
                f"these events have {', '.join(inputs.names)}"
            )
        weights = jax.tree.map(lambda leaf: leaf[network], self._weights)
        features = standardise(inputs.features, inputs.present, self.knots[network])
        result = np.zeros((len(inputs), len(self.classes)), np.float32)
        for start in range(0, len(inputs), BATCH):
            batch, present = features[start : start + BATCH], inputs.present[start : start + BATCH]
            padding = ((0, BATCH - len(batch)), (0, 0))
            scores = self._apply(weights, np.pad(batch, padding), np.pad(present, padding))
            result[start : start + BATCH] = np.asarray(scores)[: len(batch)]
        return result

    def save(self, parameters: Path, description: Path) -> None:
        """Write the networks; the same networks give the same bytes.

        Args:
            parameters: safetensors file for all arrays.
            description: JSON file for all else.
        """
        from safetensors.numpy import save_file

        arrays = {KNOTS: self.knots, **self.weights}
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, parameters)
        described = {
            "best_epoch": self.best_epoch,
            "classes": self.classes,
            "features": self.names,
            "folds": "fold = analysis.events.identity.fold_of(identity, folds); network i is tested on fold i, "
            "stopped early by fold i + 1 modulo folds, and trained on the others",
            "format": FORMAT,
            "network": _describe_step(self.network),
            "training": _to_json(self.settings),
        }
        description.write_text(json.dumps(described, indent=1, sort_keys=True) + "\n")

    def save_history(self, path: Path) -> None:
        """Write the history as JSON lines, one for each epoch."""
        path.write_text("".join(json.dumps(entry, sort_keys=True) + "\n" for entry in self.history))

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
            knots = arrays.pop(KNOTS)
            for what, value in (("network", _describe_step(network)), ("training", _to_json(settings))):
                if described[what] != json.loads(json.dumps(value)):
                    raise TrainingError(
                        f"{description} is of the {what} {described[what]}, not of {value}",
                        cure="give the settings that the networks were trained with",
                    )
            trained = cls(
                network=network,
                settings=settings,
                names=tuple(described["features"]),
                classes=tuple(described["classes"]),
                knots=knots,
                weights=arrays,
                best_epoch=tuple(described["best_epoch"]),
            )
        except FileNotFoundError as error:
            raise DataError(f"there is no file {error.filename or parameters}") from error
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            raise DataError(f"{parameters} or {description} is damaged: {error}") from error
        restore(trained._template, arrays, parameters)
        return trained

    def _build(self, rngs: nnx.Rngs) -> nnx.Module:
        return self.network.load()(len(self.names), len(self.classes), rngs, self.network.settings)

    @cached_property
    def _template(self) -> Any:
        """Shapes of the weights of all networks."""

        def initialise() -> Any:
            params, statistics, _ = take_apart(self._build(nnx.Rngs(0)))
            return {"params": params, "statistics": statistics}

        networks = self.settings.folds
        return jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct((networks, *leaf.shape), leaf.dtype), jax.eval_shape(initialise)
        )

    @cached_property
    def _weights(self) -> Any:
        return restore(self._template, self.weights, Path("these weights"))

    @cached_property
    def _apply(self) -> Callable[..., jax.Array]:
        def apply(weights: Any, features: jax.Array, present: jax.Array) -> jax.Array:
            # the initial values that this makes are replaced, so that nothing of them is compiled
            model = self._build(nnx.Rngs(0))
            nnx.update(model, weights["params"], weights["statistics"])
            model.eval()
            return jax.nn.softmax(model(features, present))

        return jax.jit(apply)


def _describe_step(step: Step) -> dict[str, Any]:
    return {"function": step.function, "settings": _to_json(step.settings)}


def _to_json(settings: Any) -> dict[str, Any] | None:
    if settings is None:
        return None
    kind = type(settings)
    return {"class": f"{kind.__module__}:{kind.__qualname__}", "values": dataclasses.asdict(settings)}
