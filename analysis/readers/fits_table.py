"""Binary tables of FITS files: their columns, and rows of these."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import awkward as ak
import numpy as np
from astropy.io.fits import Header

from analysis.errors import DataError
from analysis.readers.data_file import DataFile
from analysis.readers.faults import BRING_BACK

__all__ = ["Column", "Table"]

_KINDS = {
    "L": "S1",
    "B": "u1",
    "I": ">i2",
    "J": ">i4",
    "K": ">i8",
    "E": ">f4",
    "D": ">f8",
    "A": "S1",
    "P": ">i4",
    "Q": ">i8",
}
_SIZES = {"P": 8, "Q": 16, "X": 1, "C": 8, "M": 16}
_FORMAT = re.compile(r"(\d*)([LXBIJKAEDCMPQ])(?:([LXBIJKAEDCM])\S*)?.*")


@dataclass(frozen=True)
class Column:
    """A column of a table: where it lies in a row, and what its values are.

    Args:
        name: of it.
        format: of it, as the header has it (TFORM).
        offset: in a row, in bytes.
        count: of values in a row.
        code: of their type; ``"P"`` and ``"Q"`` for lists of variable length.
        inner: of the type of values in these.
        shape: of the values of a row; of texts, with their length.
        zero: number that is added to values.
        scale: number that values are multiplied with first.
        null: number that stands for a missing value.
    """

    name: str
    format: str
    offset: int
    count: int
    code: str
    inner: str
    shape: tuple[int, ...]
    zero: float
    scale: float
    null: int | None

    @property
    def width(self) -> int:
        """Bytes in a row."""
        return math.ceil(self.count / 8) if self.code == "X" else self.count * _size(self.code)

    @property
    def problem(self) -> str:
        """Why it cannot be read; empty if it can."""
        if {self.code, self.inner} & {"C", "M"}:
            return "its numbers are complex"
        if self.code == "X" or self.inner in ("X", "L", "A"):
            return "it holds single bits, or lists of variable length of what is no number"
        return "" if self.count else "it has no values"

    @property
    def kind(self) -> Any:
        """Type of a row's part of it, as its bytes lie."""
        if self.code == "A":
            return (f"S{self.shape[-1]}", self.shape[:-1])
        return (_KINDS[self.code], (2,) if self.is_list else self.shape)

    @property
    def is_list(self) -> bool:
        """Whether it has lists of variable length, which lie behind all rows: rows have their lengths and places."""
        return self.code in "PQ"

    def extent(self, rows: Any) -> tuple[int, int]:
        """Find the ranges of bytes of some rows' lists behind the table."""
        lengths, starts = rows.astype(np.int64).T
        some = lengths > 0
        if not some.any():
            return 0, 0
        return int(starts[some].min()), int((starts + lengths * _size(self.inner))[some].max())

    def values(self, rows: Any, lists: bytes = b"", base: int = 0) -> Any:
        """Values of rows.

        Args:
            rows: as their bytes lie.
            lists: what lies behind all rows, or a part of it.
            base: where that part begins.
        """
        if not self.is_list:
            return self._values(rows, self.code)
        lengths, starts = rows.astype(np.int64).T
        size = _size(self.inner)
        places = np.repeat(starts - base - size * (np.cumsum(lengths) - lengths), lengths)
        places += size * np.arange(len(places))
        flat = np.frombuffer(lists, np.uint8)[places[:, None] + np.arange(size)].reshape(-1).view(_KINDS[self.inner])
        found = self._values(flat, self.inner)
        return ak.unflatten(found if isinstance(found, ak.Array) else ak.from_numpy(found), lengths)

    def _values(self, raw: Any, code: str) -> Any:
        if code == "A":
            return np.char.rstrip(raw)
        if code == "L":
            return _masked(raw == b"T", (raw != b"T") & (raw != b"F"))
        values = raw.astype(raw.dtype.newbyteorder("="))
        if values.dtype.kind == "f":
            lacking = np.isnan(values)
        else:
            lacking = np.zeros(values.shape, bool) if self.null is None else values == self.null
        size = values.itemsize
        middle = -128 if code == "B" else 2 ** (8 * size - 1)
        if values.dtype.kind != "f" and self.scale == 1 and self.zero == middle:
            # whole numbers with or without a sign, which FITS has no type for
            kind = np.dtype(f"i{size}" if code == "B" else f"u{size}")
            values = values.view(kind) ^ kind.type(middle)
        elif (self.scale, self.zero) != (1, 0):
            values = values.astype(np.float64) * float(self.scale) + float(self.zero)
        return _masked(values, lacking)


def _masked(values: Any, lacking: Any) -> Any:
    return ak.from_numpy(np.ma.MaskedArray(values, lacking), regulararray=True) if lacking.any() else values


def _size(code: str) -> int:
    return _SIZES.get(code) or np.dtype(_KINDS[code]).itemsize


@dataclass(frozen=True)
class Table:
    """A binary table of a file.

    Args:
        name: of it; its number in the file where it has none.
        header: of it.
        offset: place of its first row in the file.
    """

    name: str
    header: Header
    offset: int

    @property
    def events(self) -> int:
        """Number of rows."""
        return int(self.header["NAXIS2"])

    @property
    def width(self) -> int:
        """Bytes of a row."""
        return int(self.header["NAXIS1"])

    @property
    def problem(self) -> str:
        """Why it cannot be read; empty if it can."""
        return "the table is packed by fpack; unpack it with funpack" if self.header.get("ZTABLE") else ""

    def columns(self) -> Iterator[Column]:
        """All columns, in their order."""
        offset = 0
        for number in range(1, int(self.header["TFIELDS"]) + 1):
            column = self._column(number, offset)
            offset += column.width
            yield column

    def _column(self, number: int, offset: int) -> Column:
        form = str(self.header[f"TFORM{number}"]).strip()
        parts = _FORMAT.fullmatch(form)
        if parts is None:
            raise ValueError(f"column {number} has the unknown type {form!r}")
        count, code = int(parts[1] or 1), parts[2]
        shape = tuple(map(int, reversed(re.findall(r"\d+", str(self.header.get(f"TDIM{number}", ""))))))
        if not shape or math.prod(shape) != count:
            shape = (count,) if count != 1 or code == "A" else ()
        return Column(
            name=str(self.header.get(f"TTYPE{number}", f"column{number}")).strip(),
            format=form,
            offset=offset,
            count=count,
            code=code,
            inner=parts[3] or "" if code in "PQ" else "",
            shape=shape,
            zero=self.header.get(f"TZERO{number}", 0),
            scale=self.header.get(f"TSCAL{number}", 1),
            null=self.header.get(f"TNULL{number}"),
        )

    def row(self, columns: Sequence[Column]) -> np.dtype:
        """Type of a row's part of some columns, as its bytes lie."""
        return np.dtype(
            {
                "names": [column.name for column in columns],
                "formats": [column.kind for column in columns],
                "offsets": [column.offset for column in columns],
                "itemsize": self.width,
            }
        )

    def read(self, file: DataFile, columns: Sequence[Column], start: int, stop: int) -> dict[str, Any]:
        """Values of some columns in a range of rows; of lists, all that lies between the first and the last one.

        Raises:
            DataError: a list is not within the file.
        """
        kind = self.row(columns)
        (content,) = file.ranges([(self.offset + start * self.width, self.offset + stop * self.width)])
        rows = np.frombuffer(content, kind) if content else np.zeros(0, kind)
        lists = [column for column in columns if column.is_list]
        behind = self.offset + int(self.header.get("THEAP", self.events * self.width))
        extents = {column.name: column.extent(rows[column.name]) for column in lists}
        parts = file.ranges([(behind + first, behind + last) for first, last in extents.values()])
        found = {}
        for column in columns:
            found[column.name] = rows[column.name]
        for column, part, (first, last) in zip(lists, parts, extents.values(), strict=True):
            if first < 0 or len(part) != last - first:
                raise DataError(
                    f"{file.name}: lists of the column {column.name!r} are not within the file",
                    cure=BRING_BACK,
                )
            found[column.name] = column.values(found[column.name], part, first)
        return {c.name: found[c.name] if c.is_list else c.values(found[c.name]) for c in columns}
