"""Which process an event is counted for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.events.columns import values
from analysis.events.selection import passes
from analysis.histograms.histograms import Histograms, new_histogram

if TYPE_CHECKING:
    from analysis.study import Dataset, Process

__all__ = ["DATA", "NOMINAL", "as_shift", "process_labels"]

DATA = "data"
"""Name of the process that measured events are counted for."""

NOMINAL = "nominal"
"""Name of the shift that is none."""


def process_labels(
    events: ak.Array, dataset: Dataset, processes: Sequence[Process]
) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """The processes that a data set contributes to, and which of them each event belongs to.

    Args:
        events: reconstructed events, a record array of length n; where simulated ones have the field ``label``, it is
            the position of their process among all of them, otherwise the processes' cuts decide.
        dataset: where they are from.
        processes: of the study, in the order of the labels.

    Returns:
        Names, and (n,) positions among them; -1 for events of no process.

    Raises:
        StudyError: an event belongs to two processes.
    """
    if dataset.kind == "measured":
        return (DATA,), np.zeros(len(events), np.intp)
    own = [index for index, process in enumerate(processes) if dataset.name in process.datasets]
    names = tuple(processes[index].name for index in own)
    if "label" in events.fields:
        position = np.full(len(processes) + 1, -1, np.intp)
        position[own] = np.arange(len(own))
        return names, position[values(events, "label")]
    labels = np.full(len(events), -1, np.intp)
    for position_of, index in enumerate(own):
        rows = passes(events, processes[index].cuts)
        if (twice := rows & (labels >= 0)).any():
            first = int(np.argmax(twice))
            raise StudyError(
                f"event {first} of {dataset.name!r} belongs to the processes {names[labels[first]]!r} and "
                f"{names[position_of]!r}",
                cure="give them cuts that exclude each other",
            )
        labels[rows] = position_of
    return names, labels


def as_shift(histograms: Histograms, shift: str) -> Histograms:
    """Nominal histograms under the name of a shift that leaves them as they are."""
    hists, rests = {}, {}
    for name, histogram in histograms.hists.items():
        processes, regions, shifts, axis = histogram.axes
        nominal = [list(shifts).index(NOMINAL)]
        view: Any = histogram.view(flow=True)[:, :, nominal]
        hists[name] = new_histogram(
            name,
            np.asarray(axis.edges),
            axis.traits.overflow,
            (list(processes), list(regions), [shift]),
            sums=np.stack([view["value"], view["variance"]]),
        )
        rests[name] = histograms.rests[name][:, :, :, nominal]
    return Histograms(hists, rests)
