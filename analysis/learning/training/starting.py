"""Published networks that a training starts from: read, compared with what is trained, and put in its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from analysis.errors import DataError, TrainingError
from analysis.exchange.card import read_card, unit_misfits
from analysis.learning.application.trained import KNOTS, SCALE
from analysis.learning.data.layout import Layout
from analysis.learning.pretrained_settings import Pretrained, is_among
from analysis.learning.training.network_state import split_network

if TYPE_CHECKING:
    from analysis.learning.data.folded_inputs import Fold
    from analysis.learning.settings import TrainingSettings
    from analysis.learning.training.state import State

__all__ = ["Start", "read_start"]

_PARAMS = "params."
_SHOWN = 8  # misfits of one kind


@dataclass(frozen=True, eq=False)
class Start:
    """Published networks, k folds and s seeds of them, as a training starts from them.

    Args:
        settings: what the training takes from them.
        layout: of the events they were trained on.
        predictions: their names.
        knots: (k, f, q, 2) by block, the standardisation of each fold's networks.
        scale: (k, t, 2), mean and standard deviation of each target.
        weights: parameters and statistics by name, networks on the first axis: all folds with the first seed, then all
            with the next one.
        into: number of folds of the training.
        wrong_units: features whose units are not those of the study, in words.
    """

    settings: Pretrained
    layout: Layout
    predictions: tuple[str, ...]
    knots: Mapping[str, np.ndarray]
    scale: np.ndarray
    weights: Mapping[str, np.ndarray]
    into: int
    wrong_units: tuple[str, ...] = ()

    @property
    def folds(self) -> int:
        """Number of folds."""
        return len(self.scale)

    def check(
        self,
        layout: Layout,
        predictions: tuple[str, ...],
        build: Callable[[nnx.Rngs], nnx.Module],
    ) -> None:
        """Compare the published networks with those that are to be trained, before anything is.

        Args:
            layout: of the events.
            predictions: names of what the networks will predict.
            build: ``f(rngs) -> nnx.Module``.

        Raises:
            TrainingError: something does not fit; one message has all of it.
        """
        shapes = _shapes(build)
        misfits = [
            *self._folds_misfit(),
            *self._features_misfit(layout),
            *self.wrong_units,
            *self._patterns_misfit(shapes),
            *self._parameters_misfit(shapes),
        ]
        if predictions != self.predictions and not self.settings.new:
            misfits.append(
                f"they predict {', '.join(self.predictions)}, these {', '.join(predictions)}; name the layers that "
                "start anew: new=('output.*',)"
            )
        if misfits:
            raise TrainingError(
                "the published networks do not fit those that start from them:\n    " + "\n    ".join(misfits),
                cure="use the network and the features that their config.json tells of; let what differs start anew: "
                "new=('PATTERN',)",
            )

    def scaled(self, fold: Fold, layout: Layout) -> Fold:
        """A fold whose features, and targets of the same names, are scaled as the published networks expect it."""
        if self.settings.standardisation == "own":
            return fold
        place = self._place(fold.number)
        knots = {name: self.knots[name][place] for name in fold.knots}
        return replace(
            fold, knots=knots, scale=self.scale[place] if layout.targets == self.layout.targets else fold.scale
        )

    def give(self, state: State, members: Sequence[tuple[int, int]]) -> State:
        """Put published parameters into the state before the first epoch.

        Args:
            state: of networks with random parameters.
            members: fold and seed of each.
        """
        number = next(iter(self.weights.values())).shape[0] // self.folds
        rows = np.array([seed % number * self.folds + self._place(fold) for fold, seed in members])
        new = self.settings.new

        def of(path: Any, leaf: Any) -> Any:
            name = _name(path)
            return leaf if is_among(name.removeprefix(_PARAMS), new) else jnp.asarray(self.weights[name][rows])

        given = jax.tree_util.tree_map_with_path(of, {"params": state.params, "statistics": state.statistics})
        # copies, as a step consumes its state
        average, best = (jax.tree.map(jnp.copy, given) for _ in range(2))
        return state._replace(**given, best=best, average=average["params"] if state.average != () else ())

    def _place(self, fold: int) -> int:
        """Fold of the published networks that a fold's start from; of a multiple of folds, the one that contains it."""
        return fold % self.folds if self.into % self.folds else fold // (self.into // self.folds)

    def _folds_misfit(self) -> Iterator[str]:
        if self.into % self.folds and not self.settings.other_events:
            yield (
                f"they have {self.folds} folds, these {self.into}: events of a fold may have been in the training that "
                f"its network starts from; use {self.folds} folds or a multiple, or say other_events=True where none "
                "can have been"
            )

    def _features_misfit(self, layout: Layout) -> Iterator[str]:
        if self.settings.standardisation == "own":
            return
        for name in sorted(self.layout.features.keys() | layout.features.keys()):
            theirs, own = self.layout.features.get(name), layout.features.get(name)
            if theirs is None or own is None:
                yield f"the block of features {name!r} is {'here alone' if theirs is None else 'theirs alone'}"
            elif (theirs.shape, theirs.names) != (own.shape, own.names):
                yield f"the block of features {name!r} is {own} of shape {own.shape}, theirs {theirs} of {theirs.shape}"

    def _patterns_misfit(self, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
        names = [name.removeprefix(_PARAMS) for name in shapes]
        for kind in ("frozen", "slow", "new"):
            for pattern in getattr(self.settings, kind):
                if not any(is_among(name, (pattern,)) for name in names):
                    yield f"{kind}={pattern!r} is none of their parameters: {', '.join(names)}"
        both = [one for one in names if is_among(one, self.settings.new) and is_among(one, self.settings.frozen)]
        yield from (f"{name} is new and frozen: it would never learn" for name in both)

    def _parameters_misfit(self, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
        expected = {n: shape for n, shape in shapes.items() if not is_among(n.removeprefix(_PARAMS), self.settings.new)}
        found = {n: array.shape[1:] for n, array in self.weights.items()}
        unused = [n for n in found.keys() - expected.keys() if not is_among(n.removeprefix(_PARAMS), self.settings.new)]
        lines = [
            *(f"{name} {list(expected[name])} is not theirs" for name in sorted(expected.keys() - found.keys())),
            *(f"{name} {list(found[name])} is theirs alone" for name in sorted(unused)),
            *(
                f"{name} is {list(expected[name])}, theirs {list(found[name])}"
                for name in sorted(expected.keys() & found.keys())
                if expected[name] != found[name]
            ),
        ]
        yield from lines[:_SHOWN]
        if len(lines) > _SHOWN:
            yield f"and {len(lines) - _SHOWN} more parameters"


def read_start(
    parameters: Path, config: Path, settings: TrainingSettings, units: Mapping[str, str] | None = None
) -> Start:
    """Read published networks.

    Args:
        parameters: file ``model.safetensors`` of the folder.
        config: its ``config.json``.
        settings: of the training, whose ``start`` says what it takes from them.
        units: of features, as far as the study says them.

    Raises:
        DataError: a file is missing, damaged or of another format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        described = json.loads(config.read_text())["network"]
        layout, arrays = Layout.from_json(described["layout"]), load_file(parameters)
        scale = arrays.pop(SCALE)
        knots = {name: arrays.pop(f"{KNOTS}{name}") for name, block in layout.features.items() if block.names}
        predictions, known = tuple(described["predictions"]), units or {}
        inputs = [] if not known else read_card(config).inputs.values()
        wrong = [line for one in inputs for line in unit_misfits(one, {n: n for n in one.units if n in known}, known)]
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{config.parent} holds no networks that a training can start from: {type(error).__name__}: {error}",
            cure="publish them with PublishModel; what others made can be applied as it is (Apply)",
        ) from error
    assert settings.start is not None
    return Start(settings.start, layout, predictions, knots, scale, arrays, settings.folds, tuple(wrong))


def _shapes(build: Callable[[nnx.Rngs], nnx.Module]) -> dict[str, tuple[int, ...]]:
    """Shapes of a network's parameters and statistics by name."""

    def initialise() -> Any:
        params, statistics, _ = split_network(build(nnx.Rngs(params=0, dropout=0)))
        return {"params": params, "statistics": statistics}

    leaves, _ = jax.tree_util.tree_flatten_with_path(jax.eval_shape(initialise))
    return {_name(path): tuple(leaf.shape) for path, leaf in leaves}


def _name(path: tuple[Any, ...]) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")
