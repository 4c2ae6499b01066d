"""Records of the same events put together: always by the events' identities, never by their order alone."""

from __future__ import annotations

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.columns import values

__all__ = ["joined", "of_events"]


def of_events(records: ak.Array, identity: NDArray[np.uint64]) -> ak.Array:
    """The records of certain events, in the order of these.

    Args:
        records: with the field ``identity``, each once; m records.
        identity: of the events, (n,).

    Raises:
        DataError: an event has no record.

    Examples:
        >>> truth = ak.Array({"identity": np.array([7, 5, 9], np.uint64), "energy": [1.0, 2.0, 3.0]})
        >>> of_events(truth, np.array([9, 7], np.uint64)).energy.to_list()
        [3.0, 1.0]
    """
    known = values(records, "identity")
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known, identity, sorter=order)
    found = order[np.minimum(place, len(order) - 1)] if len(order) else np.zeros(len(identity), dtype=np.int64)
    missing = known[found] != identity if len(order) else np.ones(len(identity), dtype=np.bool_)
    if missing.any():
        raise DataError(
            f"{int(missing.sum())} of {len(identity)} events have no record to join, "
            f"the first is the event of identity {identity[missing][0]}",
            cure="run the tasks that make both again",
        )
    return records[found]


def joined(events: ak.Array, others: ak.Array, prefix: str = "") -> ak.Array:
    """Events with the fields of another record of the same events, ``identity`` of the others left out.

    Args:
        events: n events with the field ``identity``.
        others: n records in the same order; if they have the field ``identity``, it must agree.
        prefix: before the names of their fields.

    Raises:
        DataError: the records are not of the same events, or both have a field of the same name.
    """
    if len(events) != len(others):
        raise DataError(f"{len(events)} events cannot be joined with {len(others)} records")
    if "identity" in others.fields and not np.array_equal(values(events, "identity"), values(others, "identity")):
        raise DataError("the records to join are of other events", cure="run the tasks that make both again")
    contents = {name: events[name].layout for name in events.fields}
    for name in others.fields:
        if name != "identity":
            if prefix + name in contents:
                raise DataError(f"both records have the field {prefix + name!r}")
            contents[prefix + name] = others[name].layout
    return ak.Array(ak.contents.RecordArray(list(contents.values()), list(contents), length=len(events)))
