"""Processes that events are counted for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.labels import label
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
    """Find the processes that a data set contributes to, and which of them each event belongs to.

    Args:
        events: a record array of length n, with the fields that the processes cut on.
        dataset: where they are from.
        processes: of the study, in the order of the labels.

    Returns:
        Names, and (n,) positions among them; -1 for events of no process.

    Raises:
        StudyError: a simulated event belongs to two processes.
    """
    if dataset.kind == "measured":
        return (DATA,), np.zeros(len(events), np.intp)
    own = [index for index, process in enumerate(processes) if dataset.name in process.datasets]
    position = np.full(len(processes) + 1, -1, np.intp)
    position[own] = np.arange(len(own))
    return tuple(processes[index].name for index in own), position[label(events, dataset, processes)]


def as_shift(histograms: Histograms, shift: str) -> Histograms:
    """Nominal histograms under the name of a shift that leaves them as they are; their events are not counted again."""
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
    return Histograms(hists, rests, by_seed=tuple(as_shift(one, shift) for one in histograms.by_seed))
