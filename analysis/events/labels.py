"""Labels of events: the physical process that each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.events.selection import passes

if TYPE_CHECKING:
    import awkward as ak

    from analysis.study import Dataset, Process

__all__ = ["label"]


def label(events: ak.Array, dataset: Dataset, processes: Sequence[Process]) -> NDArray[np.int32]:
    """Label events with their process: its position among all processes of the study.

    Args:
        events: a record array of length n, with the fields that the processes cut on.
        dataset: where they are from.
        processes: of the study, in the order of the labels.

    Returns:
        Shape (n,); -1 for events of no process, as are all measured ones.

    Raises:
        StudyError: a simulated event belongs to two processes.

    Examples:
        >>> import awkward as ak
        >>> from analysis.study import Cut, Dataset, Process
        >>> both = (Process("b", "b", ("jets",), (Cut("flavour", "==", 5),)), Process("w", "w", ("w",)))
        >>> label(ak.Array({"flavour": [5, 4]}), Dataset("jets", "jets", "simulated"), both)
        array([ 0, -1], dtype=int32)
    """
    labels = np.full(len(events), -1, dtype=np.int32)
    if dataset.kind == "measured":
        return labels
    for index, process in enumerate(processes):
        if dataset.name in process.datasets:
            chosen = passes(events, process.cuts)
            if (labels[chosen] >= 0).any():
                other = processes[int(labels[chosen].max())]
                raise StudyError(
                    f"events of the data set {dataset.name!r} belong to the processes {other.name!r} and "
                    f"{process.name!r} at once",
                    cure="give the processes cuts that exclude each other",
                )
            labels[chosen] = index
    return labels
