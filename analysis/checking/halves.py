"""Cut a step's arguments into two halves of the events, as if they came in two chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["halves", "together"]

_EVENTS = (
    "awkward.highlevel.Array",
    "analysis.learning.data.inputs.TrainingInputs",
    "analysis.learning.application.scores.Scores",
)

Chosen = NDArray[np.bool_]


def halves(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Cut arguments into two halves.

    Which events are in the first half, the longest argument says. Others that have the field ``identity`` follow by it,
    as they may be a selection; arrays of the length of an argument with events go with it. All else stays as it is.

    Returns:
        The arguments of both calls; ``None`` if there are fewer than two events.
    """
    by_length = sorted((v for v in arguments.values() if _has_events(v)), key=len, reverse=True)
    if not by_length:
        return _halves_of_identities(arguments)
    if len(by_length[0]) < 2:
        return None
    leading = by_length[0]
    first = np.arange(len(leading)) < len(leading) // 2
    known = _identity(leading)
    chosen: dict[int, Chosen] = {}
    for value in reversed(by_length):
        own = _identity(value)
        if known is None or own is None or value is leading:
            chosen[len(value)] = np.arange(len(value)) < len(value) // 2
        else:
            chosen[len(value)] = np.isin(own, known[first])
    parts = ({name: _cut(value, chosen, half) for name, value in arguments.items()} for half in (True, False))
    return next(parts), next(parts)


def together(parts: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Put arrays of the same names together again, such as weights of two halves."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _halves_of_identities(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The same where there are no events yet, but identities of those that are to be generated."""
    arrays = [v for v in arguments.values() if isinstance(v, np.ndarray) and v.ndim == 1 and v.dtype == np.uint64]
    length = max(map(len, arrays), default=0)
    if length < 2:
        return None
    chosen = {length: np.arange(length) < length // 2}
    first, second = ({name: _cut(v, chosen, half) for name, v in arguments.items()} for half in (True, False))
    return first, second


def _has_events(value: Any) -> bool:
    return f"{type(value).__module__}.{type(value).__name__}" in _EVENTS


def _identity(value: Any) -> NDArray[np.uint64] | None:
    if hasattr(value, "fields") and "identity" not in value.fields:
        return None
    return np.asarray(value.identity)


def _cut(value: Any, chosen: Mapping[int, Chosen], half: bool) -> Any:
    if isinstance(value, Mapping):
        arrays = value and all(isinstance(part, np.ndarray) and part.ndim for part in value.values())
        if arrays and len({len(part) for part in value.values()}) == 1:
            return {name: _cut(part, chosen, half) for name, part in value.items()}
        return value
    if not _has_events(value) and not (isinstance(value, np.ndarray) and value.ndim):
        return value
    if (mask := chosen.get(len(value))) is None:
        return value
    rows = np.flatnonzero(mask == half)
    # neighbours stay where they are in memory
    part: Any = slice(rows[0], rows[-1] + 1) if len(rows) and rows[-1] - rows[0] + 1 == len(rows) else rows
    if hasattr(value, "select"):
        return value.select(part)
    return value[part]
