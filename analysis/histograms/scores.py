"""What networks say of events, as fields that selections and variables can use."""

from __future__ import annotations

from collections.abc import Sequence

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.columns import values, with_columns

__all__ = ["with_scores"]


def with_scores(
    events: ak.Array, identity: NDArray[np.uint64], predictions: NDArray[np.float32], names: Sequence[str]
) -> ak.Array:
    """Add ``score_<name>`` and ``category``, the position of the highest score.

    Args:
        events: a record array of length n, with the field ``identity``.
        identity: (n,) of the events that were scored.
        predictions: (n, k).
        names: of the k scores.

    Raises:
        DataError: other events were scored.
    """
    if not np.array_equal(values(events, "identity"), identity):
        raise DataError(
            f"scores of {len(identity)} events do not belong to the {len(events)} events that are selected",
            cure="delete the scores' record, so that it is made again",
        )
    columns = {f"score_{name}": predictions[:, index] for index, name in enumerate(names)}
    columns["category"] = predictions.argmax(axis=1).astype(np.int32)
    return with_columns(events, columns)
