"""Predictions of networks, with the identities of their events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.learning.data import inputs as training_inputs
from analysis.learning.data.inputs import TrainingInputs

if TYPE_CHECKING:
    from analysis.learning.application.trained import Trained

__all__ = ["Scores", "concatenate", "score", "scored"]


@dataclass(frozen=True, eq=False)
class Scores:
    """Predictions of n events, each from the network that had no part in it.

    Args:
        identity: (n,) uint64.
        predictions: (n, k) float32.
        names: of the k predictions.
        by_seed: (s, n, k) float32, predictions of the networks of each of s seeds alone, which ``predictions`` combine;
            s is 0 where there is one only.
        drawn: (m, n, k) float32, predictions of each of m draws of the parameters of Bayesian networks, those of a seed
            after those of another; m is 0 for networks that draw nothing.

    Examples:
        >>> scores = Scores(np.array([7, 8], np.uint64), np.array([[0.1, 0.9], [0.8, 0.2]], np.float32), ("w", "z"))
        >>> scores["z"]
        array([0.9, 0.2], dtype=float32)
    """

    identity: NDArray[np.uint64]
    predictions: NDArray[np.float32]
    names: tuple[str, ...]
    by_seed: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))
    drawn: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))

    def __len__(self) -> int:
        """Number of events."""
        return len(self.identity)

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """One prediction, (n,).

        Raises:
            DataError: there is none of that name; the message lists the known ones.
        """
        if name not in self.names:
            raise DataError(f"the networks predict no {name!r}", cure=f"use one of: {', '.join(self.names)}")
        return self.predictions[:, self.names.index(name)]

    def select(self, rows: NDArray[Any] | slice) -> Scores:
        """Return the scores of some events."""
        kept = {name: alone[:, rows] for name, alone in self._alone().items()}
        return Scores(self.identity[rows], self.predictions[rows], self.names, **kept)

    def of_seed(self, seed: int) -> Scores:
        """Return the scores by the networks of one seed alone; all of them where there is one only."""
        return Scores(self.identity, self.by_seed[seed], self.names) if len(self.by_seed) else self

    def save(self, path: Path) -> None:
        """Write one safetensors file; the same scores give the same bytes."""
        from safetensors.numpy import save_file

        arrays: dict[str, NDArray[Any]] = {
            "identity": self.identity,
            "predictions": np.ascontiguousarray(self.predictions),
        }
        arrays |= {name: np.ascontiguousarray(alone) for name, alone in self._alone().items()}
        save_file(arrays, path, metadata={"names": json.dumps(self.names)})

    @classmethod
    def load(cls, path: Path) -> Scores:
        """Read what :meth:`save` wrote.

        Raises:
            DataError: the file is missing or damaged.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "numpy") as file:
                names = tuple(json.loads(file.metadata()["names"]))
                there = set(file.keys())
                alone = {name: file.get_tensor(name) for name in ("by_seed", "drawn") if name in there}
                return cls(file.get_tensor("identity"), file.get_tensor("predictions"), names, **alone)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path} holds no scores: {error}", cure="delete it and run the task again") from None

    def _alone(self) -> dict[str, NDArray[np.float32]]:
        return {name: alone for name, alone in (("by_seed", self.by_seed), ("drawn", self.drawn)) if len(alone)}


def concatenate(parts: Sequence[Scores]) -> Scores:
    """Scores of several chunks, in their order.

    Raises:
        DataError: they are of other networks.
    """
    if len({(part.names, len(part.by_seed), len(part.drawn)) for part in parts}) != 1:
        raise DataError("scores of different networks cannot be put together")
    return Scores(
        np.concatenate([part.identity for part in parts]),
        np.concatenate([part.predictions for part in parts]),
        parts[0].names,
        np.concatenate([part.by_seed for part in parts], axis=1),
        np.concatenate([part.drawn for part in parts], axis=1),
    )


def score(networks: Trained, inputs: TrainingInputs) -> Scores:
    """Let the networks that had no part in an event judge it, for each of n events.

    Args:
        networks: of all folds and seeds.
        inputs: n events, measured or simulated.
    """
    members, seeds = networks.predictions_by_member(inputs), networks.settings.seeds
    alone = {}
    if seeds > 1:
        alone["by_seed"] = np.stack([networks.combine(own) for own in np.split(members, seeds)])
    if len(members) > seeds:
        alone["drawn"] = members
    return Scores(inputs.identity, networks.combine(members), networks.names, **alone)


def scored(
    inputs: Mapping[str, TrainingInputs], scores: Mapping[str, Scores]
) -> tuple[TrainingInputs, NDArray[np.float32]]:
    """Put the events of all data sets together, with what networks say of them.

    Args:
        inputs: by data set.
        scores: of the same events, by data set; further data sets are left out.

    Returns:
        n events and predictions, (n, k).

    Raises:
        DataError: there are none, a data set has no scores, or they are of other events.
    """
    for name, events in inputs.items():
        if name not in scores or not np.array_equal(events.identity, scores[name].identity):
            raise DataError(
                f"the scores of the data set {name!r} are not those of its inputs",
                cure="run the tasks that make both again",
            )
    return training_inputs.concatenate(list(inputs.values())), concatenate([scores[n] for n in inputs]).predictions
