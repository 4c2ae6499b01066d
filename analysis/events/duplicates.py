"""Find events that come twice, in one data set or in several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError, StudyError

if TYPE_CHECKING:
    import awkward as ak

    from analysis.events.duplicates_settings import EventIdentity

__all__ = [
    "Duplicates",
    "check_repeated",
    "checked_duplicates",
    "find_duplicates",
    "identifying_columns",
    "repeated_in_words",
]

Columns = Mapping[str, NDArray[Any]]
_SHOWN = 3
# of one data set: columns that so many events have in common do not tell events apart; so many are worth a word
_MOST, _MANY = 0.5, 0.03


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Events that came before.

    Args:
        rows: by data set, rows of events that an earlier data set has, or an earlier row: (r,) int64, ascending.
        origins: by data set, where each of them came first: (r, 2) int64, number of the data set and row in it.
        examples: the first ones, for people.
    """

    rows: Mapping[str, NDArray[np.int64]]
    origins: Mapping[str, NDArray[np.int64]]
    examples: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Number of events that came before, in all data sets."""
        return sum(len(rows) for rows in self.rows.values())

    def within(self, name: str) -> int:
        """Number of events of a data set that an earlier row of the same data set has."""
        return int(np.count_nonzero(self.origins[name][:, 0] == list(self.rows).index(name)))

    def __str__(self) -> str:
        if not self.count:
            return "no event comes twice"
        by_name = ", ".join(f"{len(rows)} of {name}" for name, rows in self.rows.items() if len(rows))
        more = f" and {self.count - len(self.examples)} more" if self.count > len(self.examples) else ""
        noun = "event comes" if self.count == 1 else "events come"
        return f"{self.count} {noun} twice ({by_name}): {'; '.join(self.examples)}{more}"


def checked_duplicates(datasets: Mapping[str, Columns], identity: EventIdentity, where: str) -> Duplicates:
    """Find the events to leave out so that each counts once.

    Args:
        datasets: identifying columns by data set, in the order of the campaign; see :func:`identifying_columns`.
        identity: says what is done with events that come twice.
        where: for messages, such as ``"the campaign '2012BC'"``.

    Raises:
        DataError: columns do not agree, or an event comes twice and the study says that this is an error.
    """
    found = find_duplicates(datasets)
    if found.count and identity.duplicates == "error":
        raise DataError(
            f"in {where}, {found}",
            cure="take data sets without common events, or count each event once: EventIdentity(duplicates='first')",
        )
    return found


def check_repeated(repeated: int, events: int, dataset: str, identity: EventIdentity) -> None:
    """Refuse columns that do not tell the events of a simulated data set apart.

    Args:
        repeated: number of its events that an earlier row of the data set has.
        events: number of all its events.
        dataset: its name.
        identity: says by which columns.

    Raises:
        StudyError: these are more than half of them.
    """
    if repeated > _MOST * events:
        raise StudyError(
            f"{repeated} of {events} events of the simulated data set {dataset!r} have the same {_listed(identity)} as "
            "an earlier one of it, so they would be left out as events that come twice",
            cure="name columns that tell events apart: EventIdentity(('run', 'luminosityBlock', 'event')), or measured "
            "quantities besides",
        )


def repeated_in_words(repeated: int, events: int, dataset: str, identity: EventIdentity) -> list[str]:
    """Warn where more than a few per cent of a data set's events have the columns of an earlier one of the same.

    Returns:
        One sentence, or none; arguments are those of :func:`check_repeated`.
    """
    if repeated <= _MANY * events:
        return []
    return [
        f"{repeated} of {events} events of the data set {dataset!r} ({100.0 * repeated / events:.2g} %) have the same "
        f"{_listed(identity)} as an earlier one of it, and are left out: look whether these columns tell events apart, "
        "and whether two of its files have events in common"
    ]


def find_duplicates(datasets: Mapping[str, Columns]) -> Duplicates:
    """Find events that agree in all their columns with an earlier one.

    Numbers are compared exactly; 0.0 and -0.0 are the same. Costs 24 bytes an event beside the columns, and a sort.

    Args:
        datasets: columns by data set, in the order in which events count; each column (n,) of whole numbers or of
            finite floats, with the same names and kinds in all data sets.

    Raises:
        DataError: columns differ in name, kind or length, are empty or not finite; the message names data set and
            column.

    Examples:
        >>> found = find_duplicates({
        ...     "muons": {"run": np.array([1, 1, 2]), "mass": np.array([91.0, 125.0, 91.0])},
        ...     "electrons": {"run": np.array([1, 2]), "mass": np.array([125.0, 125.0])},
        ... })
        >>> found.rows["electrons"]
        array([0])
        >>> print(found)
        1 event comes twice (1 of electrons): row 0 of electrons is row 1 of muons (run=1, mass=125.0)
    """
    names = list(datasets)
    lengths = _checked(datasets)
    edges = np.concatenate([[0], np.cumsum([lengths[name] for name in names])]).astype(np.int64)
    repeated, first = _repeated(datasets, int(edges[-1]))
    of, of_first = (np.searchsorted(edges, rows, side="right") - 1 for rows in (repeated, first))
    origins = np.stack([of_first, first - edges[of_first]], axis=1) if len(first) else np.zeros((0, 2), np.int64)
    examples = tuple(
        _example(datasets, names[of[i]], int(repeated[i] - edges[of[i]]), names[of_first[i]], int(origins[i, 1]))
        for i in range(min(_SHOWN, len(repeated)))
    )
    return Duplicates(
        {name: repeated[of == i] - edges[i] for i, name in enumerate(names)},
        {name: origins[of == i] for i, name in enumerate(names)},
        examples,
    )


def identifying_columns(events: ak.Array, identity: EventIdentity) -> dict[str, NDArray[Any]]:
    """Take the columns that tell events apart out of raw events.

    Args:
        events: a record array of length n.
        identity: names the fields.

    Returns:
        (n,) each, by name.

    Raises:
        StudyError: the events have no such field.
        DataError: a field has missing values, or is no number an event.
    """
    from analysis.events.columns import presence, values

    columns = {}
    for name in identity.columns:
        there = presence(events, name)
        if there is not None and not there.all():
            raise DataError(f"the column {name!r} that tells events apart has missing values", cure="use another one")
        if events[name].ndim != 1:
            raise DataError(f"the column {name!r} that tells events apart holds lists", cure="use one number an event")
        columns[name] = values(events, name)
    return columns


def _listed(identity: EventIdentity) -> str:
    *most, last = identity.columns
    return f"{', '.join(most)} and {last}" if most else last


def _checked(datasets: Mapping[str, Columns]) -> dict[str, int]:
    """Length of each data set."""
    lengths: dict[str, int] = {}
    kinds: dict[str, tuple[str, str]] = {}
    wanted: list[str] | None = None
    for name, columns in datasets.items():
        wanted = sorted(columns) if wanted is None else wanted
        if not columns or sorted(columns) != wanted:
            raise DataError(
                f"the data set {name!r} has the identifying columns {', '.join(columns) or 'none'}, others "
                f"{', '.join(wanted) or 'none'}",
                cure="use the same in all data sets of the campaign",
            )
        lengths[name] = len(next(iter(columns.values())))
        for column, array in columns.items():
            kind = {"b": "whole numbers", "i": "whole numbers", "u": "whole numbers", "f": "floats"}.get(
                array.dtype.kind
            )
            where = f"the column {column!r} of the data set {name!r}"
            if kind is None or array.shape != (lengths[name],):
                raise DataError(
                    f"{where} is {array.dtype} of shape {array.shape}, not {lengths[name]} numbers",
                    cure="use columns with one number an event",
                )
            first = kinds.setdefault(column, (kind, name))
            if first[0] != kind:
                raise DataError(
                    f"{where} holds {kind}, that of {first[1]!r} {first[0]}: they cannot be compared exactly",
                    cure="use another column",
                )
            if kind == "floats" and not np.isfinite(array).all():
                raise DataError(f"{where} has values that are not finite", cure="use another column")
    return lengths


def _repeated(datasets: Mapping[str, Columns], events: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows, counted over all data sets, that came before, ascending; and where they came first."""
    nothing = np.zeros(0, np.int64)
    if not events:
        return nothing, nothing
    columns = list(next(iter(datasets.values())))
    mixed = np.concatenate([_mixed([_bits(part[column]) for column in columns]) for part in datasets.values()])
    order = np.argsort(mixed)
    mixed = mixed[order]
    same = mixed[1:] == mixed[:-1]
    suspects = np.sort(order[np.append(same, False) | np.append(False, same)])
    if not len(suspects):
        return nothing, nothing
    # equal hashes are no proof
    offsets = np.concatenate([[0], np.cumsum([len(part[columns[0]]) for part in datasets.values()])])
    rows = np.empty((len(suspects), len(columns)), np.uint64)
    for number, part in enumerate(datasets.values()):
        inside = slice(*np.searchsorted(suspects, offsets[number : number + 2]))
        for index, column in enumerate(columns):
            rows[inside, index] = _bits(part[column][suspects[inside] - offsets[number]])
    _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    origin = first[inverse.reshape(-1)]
    again = origin != np.arange(len(suspects))
    return suspects[again].astype(np.int64), suspects[origin[again]].astype(np.int64)


def _bits(column: NDArray[Any]) -> NDArray[np.uint64]:
    if column.dtype.kind == "f":
        return (column.astype(np.float64) + 0.0).view(np.uint64)
    return column.astype(np.uint64 if column.dtype.kind == "u" else np.int64).view(np.uint64)


def _mixed(columns: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """A hash of each row, by the mixing of SplitMix64 (see :mod:`analysis.events.identity`)."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    for bits in columns:
        mixed += np.uint64(0x9E3779B97F4A7C15)
        mixed ^= bits
        mixed ^= mixed >> np.uint64(30)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(27)
        mixed *= np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed


def _example(datasets: Mapping[str, Columns], name: str, row: int, first: str, first_row: int) -> str:
    values = ", ".join(f"{column}={array[row].item()}" for column, array in datasets[name].items())
    return f"row {row} of {name} is row {first_row} of {first} ({values})"
