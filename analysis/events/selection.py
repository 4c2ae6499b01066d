"""Selection of events by a study's cuts."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.events.columns import check_numbers, presence, values
from analysis.study import Cut

__all__ = ["passes"]

_RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def passes(events: ak.Array, cuts: Sequence[Cut]) -> NDArray[np.bool_]:
    """Select the events that pass all cuts; a missing value passes none.

    Args:
        events: a record array of length n, with the event's ``identity`` for messages.
        cuts: their conjunction is taken; with no cuts all events pass.

    Returns:
        Shape (n,).

    Raises:
        StudyError: a cut uses an unknown field or relation.
        DataError: the field is not a number in an event that passes the cuts before: it would vanish, whatever the
            relation.

    Examples:
        >>> passes(ak.Array([{"mt_1": 20.0}, {"mt_1": 80.0}]), [Cut("mt_1", "<", 30.0)])
        array([ True, False])
    """
    passing = np.ones(len(events), dtype=np.bool_)
    for cut in cuts:
        if cut.relation not in _RELATIONS:
            raise StudyError(
                f"{cut.relation!r} in the cut on {cut.field!r} is no relation",
                cure="use one of: " + " ".join(_RELATIONS),
            )
        present, numbers = presence(events, cut.field), values(events, cut.field)
        if present is not None:
            passing &= present
        # each value of its own kind: whole numbers and truth values are never anything else
        check_numbers(events, np.flatnonzero(passing & (numbers != numbers)), f"{cut.field!r}, which is cut on,")
        # float32 fields are compared with the cut's value as a float32, numpy's rule for a Python number
        passing &= _RELATIONS[cut.relation](numbers, cut.value)
    return passing
