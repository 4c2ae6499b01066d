"""What the surface detector and the telescopes say of showers, as plain columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores

__all__ = ["Showers", "of_dataset", "showers"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Showers:
    """Well reconstructed showers, n of them.

    Args:
        energy: log10(E/eV), as reconstructed.
        zenith: in rad, as reconstructed.
        depth: X_max that the networks predict, in g/cm2.
        telescope: X_max that the telescopes measure, in g/cm2; not a number where they saw nothing.
        identity: of the events.
    """

    energy: Array
    zenith: Array
    depth: Array
    telescope: Array
    identity: NDArray[np.uint64]

    def __len__(self) -> int:
        """Number of showers."""
        return len(self.energy)

    def select(self, rows: NDArray[Any]) -> Showers:
        """Some of them, by index or by truth value."""
        return Showers(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    @property
    def hybrid(self) -> NDArray[np.bool_]:
        """(n,) whether the telescopes saw it, too."""
        return np.isfinite(self.telescope)


def showers(events: ak.Array, scores: Scores, prediction: str = "xmax") -> Showers:
    """The well reconstructed ones of some events.

    Args:
        events: with ``identity``, ``good``, ``energy`` (eV), ``zenith`` (rad) and, of hybrid events,
            ``fd_xmax`` (g/cm2).
        scores: of the same events in the same order.
        prediction: name of the depth among the scores.

    Raises:
        DataError: the scores are of other events.
    """
    identity = np.asarray(events["identity"], np.uint64)
    if not np.array_equal(identity, scores.identity):
        raise DataError("the scores are not those of the reconstructed events", cure="run both tasks again")
    good = np.asarray(events["good"], np.bool_)
    return Showers(
        energy=np.log10(np.asarray(events["energy"], np.float64)[good]),
        zenith=np.asarray(events["zenith"], np.float64)[good],
        depth=np.asarray(scores[prediction], np.float64)[good],
        telescope=_telescope(events)[good],
        identity=identity[good],
    )


def _telescope(events: ak.Array) -> Array:
    if "fd_xmax" not in events.fields:
        return np.full(len(events), np.nan)
    return np.asarray(ak.fill_none(events["fd_xmax"], np.nan), np.float64)


def of_dataset(
    events: dict[str, ak.Array], scores: dict[str, Scores], dataset: str, prediction: str = "xmax"
) -> Showers:
    """The showers of one data set; arguments by data set, else as in :func:`showers`.

    Raises:
        DataError: the data set is not there, or the scores are of other events.
    """
    if dataset not in events or dataset not in scores:
        raise DataError(
            f"the data set {dataset!r} is not among {', '.join(events)}",
            cure="name it in the datasets of the study's stage that uses it",
        )
    return showers(events[dataset], scores[dataset], prediction)
