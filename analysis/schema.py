"""Schemas of files of events: columns with their types and units, and where they lie."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from analysis.errors import StudyError
from analysis.step import NAN, PRESENTATION

__all__ = ["TYPES", "Column", "Schema"]

TYPES = (
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    "float32",
    "float64",
    "string",
)
"""Types of numbers that a column may have, alone or in lists."""

# what every event gets when it is read
_OWN = "identity"
_LISTS = re.compile(r"(?:var *\* *)*")


@dataclass(frozen=True)
class Column:
    """A column of events: its type, its unit, and its name in the file.

    Args:
        name: of the field that events have.
        type: one of :data:`TYPES`, with ``var *`` before it for each level of lists, such as ``"var * float32"``; what
            is read is converted to it if no value changes beyond rounding. Empty for the type in the file; text files
            have none, so they need one here.
        unit: for people, such as ``"GeV"``.
        source: name in the file, such as ``"event/muon.pt"``; empty for ``name``.

    Raises:
        StudyError: the type is none.

    Examples:
        >>> Column("pt", "var * float32", "GeV", source="Muon_pt").number
        'float32'
        >>> Column("pt", "float")
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: the column 'pt' has the type 'float'
          cure: use one of: bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, string, \
with 'var * ' before it for lists
    """

    name: str
    type: str = ""
    unit: str = field(default="", metadata=PRESENTATION)
    source: str = ""

    def __post_init__(self) -> None:
        if self.type and self.number not in TYPES:
            raise StudyError(
                f"the column {self.name!r} has the type {self.type!r}",
                cure=f"use one of: {', '.join(TYPES)}, with 'var * ' before it for lists",
            )

    @property
    def number(self) -> str:
        """The type of a single value."""
        return _LISTS.sub("", self.type, count=1)

    @property
    def in_file(self) -> str:
        """The name in the file."""
        return self.source or self.name


@dataclass(frozen=True)
class Schema:
    """Columns that are read from a file of events, and where they lie.

    Args:
        tree: where the columns lie: name of a tree (ROOT, such as ``"ntupler/tree"``), a group (HDF5) or a table
            (FITS); empty for files that hold one table (Parquet, CSV, NumPy).
        branches: the columns, by name or with type, unit and name in the file.
        missing: columns in which ``missing_value`` means "there is none", and in which a file may leave values out;
            they become missing values at reading.
        missing_value: the number that stands for a missing value in the file; ``float("nan")`` where that is
            not-a-number.

    Raises:
        StudyError: no column is named, or one twice, or one is called ``identity``, which every event gets when it is
            read; a missing field is none of the columns.
    """

    tree: str = ""
    branches: tuple[str | Column, ...] = ()
    missing: tuple[str, ...] = ()
    missing_value: float = field(default=-999.0, metadata=NAN)

    def __post_init__(self) -> None:
        where = f"the schema of the tree {self.tree!r}" if self.tree else "the schema"
        if isinstance(self.branches, str):
            raise StudyError(
                f"{where}: its branches are {self.branches!r}, not a tuple",
                cure=f"write branches=({self.branches!r},): the comma makes it a tuple",
            )
        names = self.names
        if not names:
            raise StudyError(f"{where} reads no branch", cure="name some: Schema(tree, ('pt', 'eta'))")
        # a record with two fields of one name could be written, but not read
        if _OWN in names:
            raise StudyError(
                f"{where} reads the branch {_OWN!r}, which is what this framework calls the number that it gives to "
                "each event",
                cure=f"leave it out, as events are told apart without it; or give it another name: "
                f"Column('number', source={_OWN!r})",
            )
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise StudyError(f"{where} reads the branch {twice[0]!r} twice", cure="name it once")
        if unknown := [name for name in self.missing if name not in names]:
            raise StudyError(
                f"{where} has the missing field {unknown[0]!r}, which is no branch of it",
                cure=f"use some of: {', '.join(names)}",
            )

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in their order."""
        return tuple(Column(one) if isinstance(one, str) else one for one in self.branches)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields that events have, without ``identity``."""
        return tuple(one if isinstance(one, str) else one.name for one in self.branches)

    def with_columns(self, names: Collection[str]) -> Schema:
        """The schema with those of its columns that are among some; with its first one if none is."""
        columns = tuple(one for one in self.columns if one.name in names) or self.columns[:1]
        kept = {column.name for column in columns}
        return replace(self, branches=columns, missing=tuple(name for name in self.missing if name in kept))
