"""Check events and inputs of networks that a step returns: complete, in order, finite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.checking.words import describe, list_names, name_differences
from analysis.errors import DataError

if TYPE_CHECKING:
    from analysis.learning.data.inputs import TrainingInputs

__all__ = ["check_events", "check_identity", "check_inputs", "check_origin"]

IDENTITY = "identity"
_KEEP = (
    "start from the events that came: with_columns(events, {...}) of analysis.events.columns, or give the new ones "
    "the field: new['identity'] = events.identity"
)


def check_events(
    value: Any,
    *,
    like: ak.Array | NDArray[np.uint64] | None = None,
    fields: Sequence[str] = (),
    selects: bool = False,
    finite: bool = True,
) -> ak.Array:
    """Check what a step returns as events.

    Args:
        value: what came back.
        like: the events that the step was given, or their identities (n,); ``None`` for a step that makes events.
        fields: that the stage declares, beside ``identity``; any, if none is declared.
        selects: whether the step may leave events out.
        finite: whether numbers must be finite; missing values are always allowed.

    Returns:
        The value.

    Raises:
        DataError: it is no record array; fields are missing, too many, of one name or of a kind that cannot be kept;
            events are lost, doubled, new or in another order; a number is not finite.
    """
    events = _records(value)
    _check_fields(events, fields)
    if like is not None:
        _check_events_kept(events, like, selects)
    if IDENTITY in events.fields:
        column = events[IDENTITY].layout
        if column.is_indexed and not column.is_option:
            column = column.project()
        if not column.is_numpy or column.data.dtype != np.uint64 or column.data.ndim != 1:
            raise DataError(f"the field 'identity' is {events[IDENTITY].type.content}, not uint64", cure=_KEEP)
        identity = np.asarray(column.data)
        known = like[IDENTITY] if isinstance(like, ak.Array) and IDENTITY in like.fields else like
        if known is None or (isinstance(known, ak.Array) and known.fields):
            _check_unique(identity)
        else:
            check_identity(identity, np.asarray(known), selects=selects)
    if finite:
        _check_finite(events)
    return events


def check_origin(name: str, value: Any, given: ak.Array | NDArray[np.uint64]) -> ak.Array:
    """Check events that a data set's own step makes.

    Args:
        name: ``"generate"`` makes an event of each identity, ``"simulate"`` may leave out what no detector recorded.
        value: what came back.
        given: identities (n,), or the truth.

    Raises:
        DataError: see :func:`check_events`; numbers need not be finite, as in raw data.
    """
    return check_events(value, like=given, selects=name == "simulate", finite=False)


def check_inputs(value: Any, *, like: ak.Array | NDArray[np.uint64] | None = None) -> TrainingInputs:
    """Check what a step returns as inputs of networks.

    Args:
        value: what came back.
        like: the events that the step was given, or their identities (n,).

    Raises:
        DataError: it is no :class:`~analysis.learning.data.inputs.TrainingInputs`, or events are lost, doubled, new
            or in another order.
    """
    from analysis.learning.data.inputs import TrainingInputs

    if not isinstance(value, TrainingInputs):
        raise DataError(
            f"it returns {describe(value)}, not TrainingInputs",
            cure="return analysis.learning.data.inputs.TrainingInputs",
        )
    if isinstance(like, ak.Array):
        like = np.asarray(like[IDENTITY]) if IDENTITY in like.fields else None
    if like is None:
        _check_unique(value.identity)
    else:
        check_identity(value.identity, like, selects=False)
    return value


def check_identity(made: NDArray[np.uint64], given: NDArray[np.uint64], *, selects: bool) -> None:
    """Check that events are neither lost nor doubled nor reordered.

    Args:
        made: identities that came back, (m,).
        given: identities that went in, (n,), all different.
        selects: whether some may be left out.

    Raises:
        DataError: events are new, doubled, lost or in another order; the message counts them and names the first.
    """
    if np.array_equal(made, given):
        return
    order = np.argsort(given, kind="stable")
    ascending = given[order]
    places = np.minimum(np.searchsorted(ascending, made), max(len(given) - 1, 0))
    there = ascending[places] == made if len(given) else np.zeros(len(made), bool)
    if not there.all():
        raise DataError(
            f"{_count(~there)} of its {len(made)} events were not among those that it was given; the first one has "
            f"the identity {made[~there][0]}",
            cure=_KEEP,
        )
    rows = order[places]
    _check_unique(made)
    if not selects and len(made) < len(given):
        lost = np.ones(len(given), bool)
        lost[rows] = False
        raise DataError(
            f"it loses {_count(lost)} of {len(given)} events; the first one has the identity {given[lost][0]}",
            cure="return a record for each event, with missing values where there is none (ak.mask); a selection says "
            "so in its stage: selects=True",
        )
    wrong = np.flatnonzero(np.diff(rows) < 0)
    if wrong.size:
        raise DataError(
            f"its events are in another order than those that it was given; the first one that comes too early has the "
            f"identity {made[wrong[0] + 1]}",
            cure="return events in the order in which they came",
        )


def _count(flags: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(flags))


def _check_unique(identity: NDArray[np.uint64]) -> None:
    found, counts = np.unique(identity, return_counts=True)
    if len(found) < len(identity):
        raise DataError(
            f"{_count(counts > 1)} of its {len(found)} events come more than once; the first one has the identity "
            f"{found[counts > 1][0]}",
            cure="return each event once; what an event has several of belongs in lists",
        )


def _records(value: Any) -> ak.Array:
    cure = "return an awkward array of records, one an event, such as with_columns(events, {...}) or ak.zip({...})"
    if value is None:
        raise DataError("it returns None, not events", cure="end the function with 'return events'; " + cure)
    if not isinstance(value, ak.Array):
        raise DataError(f"it returns {describe(value)}, not events", cure=cure)
    layout = value.layout
    while layout.is_indexed and not layout.is_option:
        layout = layout.content
    if layout.is_option or layout.is_union:
        raise DataError(
            f"it returns {describe(value)}: some events are no records of the others' kind",
            cure="leave such events out, or give them records with missing values",
        )
    if not layout.is_record or layout.is_tuple or not layout.fields:
        raise DataError(f"it returns {describe(value)}, not events with named fields", cure=cure)
    return value


def _check_fields(events: ak.Array, declared: Sequence[str]) -> None:
    for path, names in _record_fields(events.layout, ""):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise DataError(
                f"the field {path + twice[0]!r} exists {names.count(twice[0])} times, which could not be read back",
                cure="give each field a name of its own",
            )
        if "" in names:
            raise DataError(f"a field of {path or 'its events'} has an empty name", cure="give it a name")
    if declared and (wrong := name_differences([f for f in events.fields if f != IDENTITY], _without(declared))):
        raise DataError(
            f"of its fields, {' and '.join(wrong)}", cure=f"return the fields {list_names(_without(declared), 30)}"
        )
    for path, leaf in _numbers(events.layout, ""):
        kind = leaf.data.dtype
        if kind.kind not in "biufMm" or kind.itemsize > 8:
            raise DataError(f"the field {path!r} is {kind}, which cannot be kept", cure="use float64, int64 or bool")


def _without(names: Sequence[str]) -> list[str]:
    return [name for name in names if name != IDENTITY]


def _record_fields(layout: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if layout.is_record:
        yield path, list(layout.fields)
        for name, content in zip(layout.fields, layout.contents, strict=True):
            yield from _record_fields(content, f"{path}{name}.")
    elif layout.is_union:
        raise DataError(
            f"the field {path.rstrip('.')!r} holds values of several types: {layout.form.type!s:.80}",
            cure="use one field for each",
        )
    elif hasattr(layout, "content"):
        yield from _record_fields(layout.content, path)


def _numbers(layout: Any, path: str) -> Iterator[tuple[str, Any]]:
    if layout.is_record:
        for name, content in zip(layout.fields, layout.contents, strict=True):
            yield from _numbers(content, f"{path}.{name}" if path else name)
    elif layout.is_numpy:
        yield path, layout
    elif hasattr(layout, "content"):
        yield from _numbers(layout.content, path)


def _check_events_kept(events: ak.Array, like: ak.Array | NDArray[np.uint64], selects: bool) -> None:
    has_identity = not isinstance(like, ak.Array) or IDENTITY in like.fields
    if has_identity and IDENTITY not in events.fields:
        raise DataError(f"its events have lost the field 'identity'; they have {list_names(events.fields)}", cure=_KEEP)
    if not has_identity and not selects and len(events) != len(like):
        raise DataError(
            f"it returns {len(events)} events of {len(like)}",
            cure="return a record for each event; a selection says so in its stage: selects=True",
        )


def _check_finite(events: ak.Array) -> None:
    for path, leaf in _numbers(events.layout, ""):
        if leaf.data.dtype.kind != "f":
            continue
        # one pass; what is not finite here may belong to a missing value or lie beyond the lists
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(leaf.data.sum(dtype=np.float64)):
                continue
        column: Any = events
        for name in path.split(".") if path not in events.fields else [path]:
            column = column[name]
        wrong = ak.fill_none(~np.isfinite(column), False, axis=None)
        count = int(ak.sum(wrong, axis=None))
        if not count:
            continue
        while wrong.ndim > 1:
            wrong = ak.fill_none(ak.any(wrong, axis=-1), False, axis=None)
        row = int(np.flatnonzero(ak.to_numpy(wrong))[0])
        event = f"of the identity {events[IDENTITY][row]}" if IDENTITY in events.fields else f"number {row}"
        raise DataError(
            f"the field {path!r} is {_first(column[row])} in the event {event}, and not finite in {count} places",
            cure="say what is missing with ak.mask(values, there): not-a-number would vanish from histograms",
        )


def _first(value: Any) -> Any:
    flat = np.ravel(ak.to_numpy(ak.flatten(value, axis=None))) if isinstance(value, ak.Array) else np.ravel(value)
    return flat[~np.isfinite(flat)][0]
