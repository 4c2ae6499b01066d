"""The kinds of arrays that events have: numbers, texts and lists of any length, with missing values."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import awkward as ak
import numpy as np

__all__ = ["as_array", "is_text", "is_value", "lacks", "leaf", "masked", "numbers", "optional", "required"]

_TEXTS = ("string", "bytestring")


def as_array(values: Any) -> ak.Array:
    """Turn values into an array of the kinds that events have.

    Lists become lists of any length, float16 becomes float32, longer ones than float64 become float64, times become
    whole numbers of nanoseconds (int64, of dates since 1970), bytes become native, categories become their values, and
    maps become lists of records with ``key`` and ``value``.

    Args:
        values: an array of awkward or NumPy, masked or not.

    Raises:
        TypeError: they are of another type (complex numbers, Python's objects, several types at once).
        ValueError: they are no array, or no text.

    Examples:
        >>> as_array(np.array([[1, 2], [3, 4]], dtype=">i2"))
        <Array [[1, 2], [3, 4]] type='2 * var * int16'>
    """
    array = values if isinstance(values, ak.Array) else ak.from_numpy(_native(values), regulararray=True)
    return ak.transform(_plain, array, numpy_to_regular=True, regular_to_jagged=True)


def _native(values: Any) -> Any:
    array = values if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    if not array.ndim:
        raise TypeError("a single value")
    if array.dtype.kind == "S":
        decoded = np.char.decode(np.asarray(array), "utf-8")
        return np.ma.MaskedArray(decoded, array.mask) if isinstance(array, np.ma.MaskedArray) else decoded
    if (
        array.dtype.kind == "U"
        and (np.frombuffer(array.tobytes(), array.dtype.byteorder + "u4") > sys.maxunicode).any()
    ):
        raise ValueError("letters that do not exist")
    if array.dtype.kind not in "biufmMU":
        raise TypeError(f"values of the type {array.dtype}")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _plain(layout: Any, **_: Any) -> Any:
    if layout.parameter("__array__") in _TEXTS:
        return layout
    if layout.is_union:
        raise TypeError("values of several types")
    if layout.is_indexed and not layout.is_option:
        # categories, of which all or none may be read
        return as_array(ak.Array(layout.project())).layout
    if layout.is_record and layout.parameter("__array__") == "sorted_map":
        pairs = ak.contents.RecordArray(layout.contents, ["key", "value"], length=layout.length)
        return as_array(ak.Array(pairs)).layout
    if not layout.is_numpy:
        return None
    values, there = np.asarray(layout.data), None
    if values.dtype.kind in "mM":
        there = ~np.isnat(values)
        values = values.astype(f"{values.dtype.kind}8[ns]").astype(np.int64)
    elif values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        values = values.astype(np.float32 if values.dtype.itemsize < 4 else np.float64)
    elif values.dtype.kind not in "biuf":
        raise TypeError(f"values of the type {values.dtype}")
    content = ak.contents.NumpyArray(values.astype(values.dtype.newbyteorder("="), copy=False))
    return content if there is None or there.all() else masked(there, content)


def masked(there: Any, content: Any) -> Any:
    """A layout whose values are missing where a flag says so."""
    mask = ak.index.Index8(np.ascontiguousarray(there).view(np.int8))
    return ak.contents.ByteMaskedArray.simplified(mask, content, valid_when=True)


def numbers(layout: Any) -> Iterator[Any]:
    """All numbers of a layout that are there, flat: an array for each part of a record."""
    if layout.is_record:
        for content in layout.contents:
            yield from numbers(content[: layout.length])
    elif layout.is_numpy:
        yield np.asarray(layout.data).reshape(-1)
    elif layout.is_option or layout.is_indexed:
        yield from numbers(layout.project())
    elif layout.is_list and layout.parameter("__array__") not in _TEXTS:
        yield from numbers(layout.to_packed().content)


def leaf(layout: Any) -> str:
    """The type of single values: of numbers, ``"string"`` or ``"record"``."""
    if layout.parameter("__array__") in _TEXTS:
        return "string"
    if layout.is_record:
        return "record"
    return layout.dtype.name if layout.is_numpy else leaf(layout.content)


def is_value(layout: Any) -> bool:
    """Whether it has numbers or texts, not lists of them."""
    return layout.is_numpy or layout.parameter("__array__") in _TEXTS


def _parts(layout: Any) -> list[Any]:
    """Parts of a layout of lists, records and missing values."""
    if is_value(layout):
        return []
    if layout.is_record:
        return [content[: layout.length] for content in layout.contents]
    # awkward puts records behind an index where some are missing, or taken out
    if layout.is_option or layout.is_indexed:
        return [layout.project()]
    return [layout.to_packed().content] if layout.is_list else []


def optional(layout: Any, of_lists: bool = False) -> bool:
    """Whether values may be missing, at any depth; with ``of_lists``, lists and records."""
    if layout.is_option and not (of_lists and is_value(layout.content)):
        return True
    return any(optional(part, of_lists) for part in _parts(layout))


def lacks(layout: Any, of_lists: bool = False) -> bool:
    """Whether a value is missing, at any depth; with ``of_lists``, a list or a record."""
    if layout.is_option and not (of_lists and is_value(layout.content)) and layout.mask_as_bool(valid_when=False).any():
        return True
    return any(lacks(part, of_lists) for part in _parts(layout))


def required(array: ak.Array, of_lists: bool = False) -> ak.Array:
    """The same values, of which none is missing, with types that say so."""

    def require(layout: Any, **_: Any) -> Any:
        if not layout.is_option or (of_lists and is_value(layout.content)):
            return layout if is_value(layout) else None
        return ak.transform(require, ak.Array(layout.project())).layout

    return ak.transform(require, array)


def is_text(layout: Any) -> bool:
    """Whether all texts are such, in UTF-8."""
    if layout.parameter("__array__") in _TEXTS:
        try:
            np.asarray(layout.to_packed().content.data).tobytes().decode()
        except UnicodeDecodeError:
            return False
        return True
    return all(map(is_text, _parts(layout)))
