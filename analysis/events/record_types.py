"""Keep what Arrow forgets of records: names, which give them behaviour, and that no field is missing of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import awkward as ak

from analysis.errors import DataError

__all__ = ["NOTE", "described", "restored"]

NOTE = b"erumflow.records"
_VECTORS = {f"{kind}{dimensions}D" for kind in ("Momentum", "Vector") for dimensions in (2, 3, 4)}

Path = tuple[str, ...]


def described(events: ak.Array) -> bytes | None:
    """Describe what Arrow forgets of some events; ``None`` if that is nothing.

    - Records have names (``Momentum4D``), which give them behaviour.
    - Where a record may be missing, Arrow takes each of its fields for one that may be missing.

    Examples:
        >>> described(ak.with_name([{"pt": 1.0, "phi": 0.0}], "Momentum2D"))
        b'{"names": [[[], "Momentum2D"]], "required": []}'
    """
    names = list(_names(events.layout, ()))
    required = list(_required(events.layout, (), within_option=False))
    return json.dumps({"names": names, "required": required}).encode() if names or required else None


def restored(events: ak.Array, note: bytes | None) -> ak.Array:
    """Give events back what Arrow forgot.

    Args:
        events: as they came from Arrow, with all fields or some; each column of one piece.
        note: from :func:`described`.

    Raises:
        DataError: the note is none.
    """
    if note is None:
        return events
    try:
        content = json.loads(note)
        names = {tuple(map(str, path)): str(name) for path, name in content["names"]}
        required = {tuple(map(str, path)) for path in content["required"]}
    except (ValueError, TypeError, KeyError) as error:
        raise DataError("the note about records in a file of events is damaged", cure="make it again") from error
    if not _VECTORS.isdisjoint(names.values()):
        import vector

        vector.register_awkward()
    return ak.Array(_layout(events.layout, (), names, required))


def _names(layout: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if layout.is_record:
        if (name := layout.parameter("__record__")) is not None:
            yield path, name
        for field in layout.fields:
            yield from _names(layout.content(field), (*path, field))
    elif hasattr(layout, "content"):
        yield from _names(layout.content, path)


def _required(layout: Any, path: Path, *, within_option: bool) -> Iterator[Path]:
    """Fields that are always there, of records that may be missing."""
    if layout.is_record:
        for field in layout.fields:
            content = layout.content(field)
            if within_option and not _may_be_missing(content):
                yield (*path, field)
            yield from _required(content, (*path, field), within_option=within_option)
    elif hasattr(layout, "content"):
        inside = not layout.is_list and (within_option or layout.is_option)
        yield from _required(layout.content, path, within_option=inside)


def _may_be_missing(layout: Any) -> bool:
    while layout.is_indexed and not layout.is_option:
        layout = layout.content
    return layout.is_option


def _layout(layout: Any, path: Path, names: dict[Path, str], required: set[Path]) -> Any:
    if layout.is_record:
        contents = []
        for field in layout.fields:
            content, there = layout.content(field), (*path, field)
            # of a record that is there, this is there; what lies below a missing one is looked at by nobody
            content = content.content if there in required and content.is_option and not content.is_indexed else content
            contents.append(_layout(content, there, names, required))
        parameters = {**layout.parameters, **({"__record__": names[path]} if path in names else {})}
        return ak.contents.RecordArray(contents, layout.fields, length=layout.length, parameters=parameters)
    if hasattr(layout, "content"):
        return layout.copy(content=_layout(layout.content, path, names, required))
    return layout
