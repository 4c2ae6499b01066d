"""Description of a file of events, as its reader finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import DataError
from analysis.readers.layouts import as_array

__all__ = ["Description", "regular_clusters", "type_of"]


@dataclass(frozen=True)
class Description:
    """Description of what a file of events holds.

    Args:
        events: how many.
        columns: types by name, as :class:`~analysis.schema.Column` has them.
        clusters: first events of the ranges that lie together in the file; empty for a file that is read as a whole.
        tree: what they lie in, where a file may hold several.
        problems: why columns cannot be read, by name.
        others: what else events could be read from.
    """

    events: int
    columns: Mapping[str, str]
    clusters: Sequence[int] = ()
    tree: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def type_of(array: Any) -> str:
    """The type of a column as :class:`~analysis.schema.Column` has it; empty for records and the like.

    Raises:
        DataError: it is no column.

    Examples:
        >>> import awkward as ak
        >>> type_of(ak.Array([[1.5], []])), type_of(ak.Array(["a"])), type_of(ak.Array([{"x": 1}]))
        ('var * float64', 'string', '')
    """
    try:
        layout = as_array(array).layout
    except (TypeError, ValueError) as error:
        raise DataError(f"no column of numbers, texts or lists ({error})") from error
    lists = ""
    while not layout.is_numpy:
        if layout.parameter("__array__") in ("string", "bytestring"):
            return f"{lists}string"
        if layout.is_record:
            return ""
        if layout.is_unknown:
            raise DataError("a column without any type")
        lists += "var * " if layout.is_list else ""
        layout = layout.content
    return f"{lists}{layout.dtype.name}"


def regular_clusters(starts: Sequence[int], events: int) -> int | tuple[int, ...]:
    """Clusters as a catalogue has them: one number where all but the last are of one size.

    Examples:
        >>> regular_clusters([0, 100, 200], 250), regular_clusters([0, 100, 150], 250), regular_clusters([0], 250)
        (100, (0, 100, 150), 250)
    """
    if not starts or not events:
        return ()
    size = starts[1] - starts[0] if len(starts) > 1 else events
    regular = list(starts) == list(range(0, events, size))
    return size if regular else tuple(starts)
