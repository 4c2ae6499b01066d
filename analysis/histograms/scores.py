"""Scores of networks for events, as fields that selections and variables can use."""

from __future__ import annotations

import awkward as ak
import numpy as np

from analysis.errors import DataError
from analysis.events.columns import values, with_columns
from analysis.learning.application.scores import Scores

__all__ = ["with_scores"]


def with_scores(events: ak.Array, scores: Scores, stage: str = "") -> ak.Array:
    """Add ``score_<name>`` and ``category``, the position of the highest score.

    Args:
        events: a record array of length n, with the field ``identity``.
        scores: of the same events.
        stage: name of the scores' stage, where there are several: the fields are ``<stage>_<name>`` and
            ``<stage>_category`` then.

    Raises:
        DataError: other events were scored, or the events have such a field already.
    """
    if not np.array_equal(values(events, "identity"), scores.identity):
        raise DataError(
            f"scores of {len(scores)} events do not belong to the {len(events)} events that are selected",
            cure="delete the scores' record, so that it is made again",
        )
    columns = {f"{stage or 'score'}_{name}": scores[name] for name in scores.names}
    columns[f"{stage}_category" if stage else "category"] = scores.predictions.argmax(axis=1).astype(np.int32)
    if twice := sorted(set(columns) & set(events.fields)):
        raise DataError(f"the events have a field {twice[0]!r} already", cure="call it otherwise")
    return with_columns(events, columns)
