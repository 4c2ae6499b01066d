"""Luminosity masks: which events lie in luminosity sections that were certified as good (golden JSON)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DataError

__all__ = ["luminosity_mask"]

_LARGEST = 2**31 - 1


def luminosity_mask(
    golden: str | Path | Mapping[Any, Any], run: ArrayLike, luminosity_block: ArrayLike
) -> NDArray[np.bool_]:
    """Select events whose luminosity section was certified.

    Args:
        golden: a golden JSON, ``{"194050": [[113, 273], [275, 319]], ...}``: certified sections by run, first and last
            included; its path or what it holds.
        run: number of the run of each of n events.
        luminosity_block: number of the luminosity section in it.

    Returns:
        Shape (n,).

    Raises:
        DataError: the file does not exist, is no JSON, a run or a range is not one, ranges of a run overlap; run and
            section are no whole numbers, or not of the same events.

    Examples:
        >>> golden = {"194050": [[113, 273], [275, 319]], "194051": [[1, 12]]}
        >>> luminosity_mask(golden, [194050, 194050, 194051, 194052], [274, 319, 1, 1])
        array([False,  True,  True, False])
    """
    where = "the golden JSON" if isinstance(golden, Mapping) else str(golden)
    content = golden if isinstance(golden, Mapping) else _content(Path(golden))
    starts, stops = _ranges(content, where)
    runs, blocks = _numbers(run, "run"), _numbers(luminosity_block, "luminosityBlock")
    if len(runs) != len(blocks):
        raise DataError(f"run is there for {len(runs)} events, luminosityBlock for {len(blocks)}")
    # one number for run and section, in the order of both; what has no place in it is not certified
    known = (runs >= 0) & (runs <= _LARGEST) & (blocks >= 0) & (blocks <= _LARGEST)
    places = (runs << 32) | blocks
    nearest = np.searchsorted(starts, places, side="right") - 1
    return known & (nearest >= 0) & (places <= stops[np.maximum(nearest, 0)])


def _numbers(column: ArrayLike, name: str) -> NDArray[np.int64]:
    try:
        numbers = np.asarray(column)
    except (TypeError, ValueError) as error:  # lists or missing values of awkward
        raise DataError(f"{name} is not one number an event: {str(error).splitlines()[0]}") from error
    if numbers.ndim != 1 or (numbers.dtype.kind not in "iu" and numbers.size) or np.ma.is_masked(column):
        raise DataError(
            f"{name} holds {numbers.dtype} in the shape {numbers.shape}, not one whole number an event",
            cure="give the columns of the raw events: luminosity_mask(golden, raw.run, raw.luminosityBlock)",
        )
    return numbers.astype(np.int64)


def _content(path: Path) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # the second of two would replace the first silently
        for name in (names := [name for name, _ in pairs]):
            if names.count(name) > 1:
                raise DataError(f"{path}: the run {name} comes twice", cure="put its ranges together")
        return dict(pairs)

    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)
    except OSError as error:
        raise DataError(f"the golden JSON {path} cannot be read: {error.strerror}", cure="correct its path") from error
    except ValueError as error:
        raise DataError(f"{path} is no JSON: {error}", cure="fetch the file again") from error


def _ranges(content: Any, where: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last sections, run by run, in ascending order."""
    if not isinstance(content, Mapping) or not content:
        raise DataError(f"{where} holds no runs", cure='it has to be {"run": [[first, last], ...], ...}')
    ranges: list[tuple[int, int, int]] = []
    numbers: set[int] = set()
    for name, sections in content.items():
        text = str(name)
        if not (text.isascii() and text.isdecimal()) or not 0 < int(text) <= _LARGEST:
            raise DataError(f"{where}: {name!r} is no number of a run", cure='write "194050": [[113, 273]]')
        if int(text) in numbers:
            raise DataError(f"{where}: the run {int(text)} comes twice", cure="put its ranges together")
        numbers.add(int(text))
        ranges += _sections(int(text), sections, where)
    keys = np.array(sorted(ranges), dtype=np.int64).reshape(-1, 3)
    return (keys[:, 0] << 32) | keys[:, 1], (keys[:, 0] << 32) | keys[:, 2]


def _sections(run: int, sections: Any, where: str) -> list[tuple[int, int, int]]:
    if not isinstance(sections, list | tuple) or not sections:
        raise DataError(f"{where}: the run {run} has {sections!r:.60}, no list of ranges", cure="write [[first, last]]")
    for section in sections:
        if (
            not isinstance(section, list | tuple)
            or len(section) != 2
            or any(isinstance(end, bool) or not isinstance(end, int) for end in section)
        ):
            raise DataError(
                f"{where}: the run {run} has {section!r:.60}, no range", cure="write [first, last] as whole numbers"
            )
        first, last = section
        if not 0 <= first <= last <= _LARGEST:
            raise DataError(
                f"{where}: the run {run} has the range {list(section)}", cure="the first section comes first"
            )
    ordered = sorted((first, last) for first, last in sections)
    for one, two in pairwise(ordered):
        if two[0] <= one[1]:
            raise DataError(
                f"{where}: the ranges {list(one)} and {list(two)} of the run {run} overlap", cure="join them"
            )
    return [(run, first, last) for first, last in ordered]
