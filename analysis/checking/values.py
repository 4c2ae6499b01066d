"""Check results, figures, workspaces, histograms and arrays that a step returns."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.chapters import SEED
from analysis.checking.words import describe, list_names, name_differences
from analysis.errors import DataError, ErumflowError
from analysis.results import Number, Table

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms

__all__ = [
    "check_arrays",
    "check_figures",
    "check_histograms",
    "check_result",
    "check_workspaces",
]


def check_result(value: Any) -> dict[str, Any]:
    """Check what a step returns as a result, and write it as JSON.

    Args:
        value: a dict of what JSON can hold; ``numbers`` in it is a list of :class:`~analysis.results.Number` (or their
            JSON), ``tables`` of :class:`~analysis.results.Table`, ``headline`` texts by name.

    Returns:
        The same of plain dicts, lists, numbers and texts.

    Raises:
        DataError: it is no dict; something in it is no JSON or not finite (the message says where); two numbers or
            tables have one name, or one that cannot be used; a number, table or headline is not one.
    """
    if not isinstance(value, Mapping):
        raise DataError(
            f"it returns {describe(value)}, not a dict", cure="return {'numbers': [Number(...)], 'headline': {...}}"
        )
    plain = _plain({**value, **{key: _as_json(value, key) for key in ("numbers", "tables") if key in value}}, "")
    for key, kind in (("numbers", Number), ("tables", Table)):
        names = [_parsed(part, kind, f"{key}[{i}]").name for i, part in enumerate(plain.get(key, []))]
        for name in names:
            _check_name(name, kind)
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise DataError(f"{list_names(twice)} in {key!r} comes more than once", cure="give each a name of its own")
    headline = plain.get("headline", {})
    if not isinstance(headline, dict) or any(not isinstance(text, str) for text in headline.values()):
        raise DataError(
            f"the headline is {describe(value['headline'])}, not texts by name", cure="return {'mu': '1.2 ± 0.5'}"
        )
    return plain


def check_figures(value: Any, names: Sequence[str]) -> dict[str, Any]:
    """Check what a step returns as figures.

    Args:
        value: figures of matplotlib by name.
        names: that the stage declares.

    Raises:
        DataError: it is no dict of figures, or one is declared and not made, or made and not declared.
    """
    figures = _named(value, names, "figures", "return {'name': figure}")
    for name, figure in figures.items():
        if not (hasattr(figure, "savefig") and hasattr(figure, "axes")):
            hint = "the figure of axes is axes.figure"
            raise DataError(f"the figure {name!r} is {describe(figure)}, not one of matplotlib", cure=hint)
    return figures


def check_workspaces(value: Any, names: Sequence[str]) -> dict[str, Any]:
    """Check what a step returns as HistFactory workspaces.

    Args:
        value: workspaces by name, those of single seeds too.
        names: that the stage declares.

    Raises:
        DataError: it is no dict of workspaces, one is declared and not made, or made and not declared, or holds what
            JSON cannot.
    """
    seeds = {name: one for name, one in value.items() if SEED in str(name)} if isinstance(value, Mapping) else {}
    own = {name: one for name, one in value.items() if name not in seeds} if seeds else value
    workspaces = {**_named(own, names, "workspaces", "return {'name': workspace}"), **seeds}
    plain: dict[str, Any] = {}
    for name, workspace in workspaces.items():
        parts = ("channels", "observations", "measurements", "version")
        if not isinstance(workspace, Mapping) or (absent := [part for part in parts if part not in workspace]):
            lacks = f" without {list_names(absent)}" if isinstance(workspace, Mapping) else ""
            raise DataError(
                f"the workspace {name!r} is {describe(workspace)}{lacks}",
                cure="return a dict with channels, observations, measurements and version",
            )
        plain[name] = _plain(workspace, name)
    return plain


def check_histograms(value: Any) -> Histograms:
    """Check what a step returns as histograms.

    Raises:
        DataError: it is no :class:`~analysis.histograms.histograms.Histograms`, has none, or a sum is not finite.
    """
    import numpy as np

    from analysis.histograms.histograms import Histograms

    if not isinstance(value, Histograms):
        raise DataError(f"it returns {describe(value)}, not Histograms", cure="return what analysis.histograms fills")
    if not value.hists:
        raise DataError("it returns no histogram at all", cure="name the variables that are filled")
    for name, histogram in value.hists.items():
        view: Any = histogram.view(flow=True)
        if not (np.isfinite(view["value"]).all() and np.isfinite(view["variance"]).all()):
            raise DataError(f"a sum in the histogram {name!r} is not finite", cure="look for weights that are not")
    return value


def check_arrays(value: Any, length: int | None = None) -> dict[str, Any]:
    """Check what a step returns as arrays by name.

    Args:
        value: NumPy arrays of numbers by name.
        length: of each, if they are numbers of events.

    Raises:
        DataError: it is no dict of arrays of numbers, one has another length, or one is not finite.
    """
    import numpy as np

    if not isinstance(value, Mapping):
        raise DataError(f"it returns {describe(value)}, not arrays by name", cure="return {'name': array}")
    for name, array in value.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray) or array.dtype.kind not in "biufMmU":
            raise DataError(
                f"{name!r} is {describe(array)}, not a NumPy array of numbers", cure="write np.asarray(...) around it"
            )
        if length is not None and array.shape[:1] != (length,):
            raise DataError(
                f"{name!r} has the shape {array.shape} for {length} events", cure="return one entry an event"
            )
        if array.dtype.kind == "f" and not (good := np.isfinite(array)).all():
            place = tuple(int(i) for i in np.argwhere(~good)[0])
            raise DataError(
                f"{name!r} is {array[place]} at {place[0] if len(place) == 1 else place}, and not finite in "
                f"{int((~good).sum())} places",
                cure="look for a division by zero, or for a logarithm or a root of what is negative",
            )
    return dict(value)


def _named(value: Any, names: Sequence[str], what: str, cure: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise DataError(f"it returns {describe(value)}, not {what} by name", cure=cure)
    if wrong := name_differences(map(str, value), names):
        raise DataError(
            f"of the {what}, {' and '.join(wrong)}",
            cure=f"make those, or correct the stage's names: {list_names(names)}",
        )
    return {str(name): part for name, part in value.items()}


def _as_json(value: Mapping[str, Any], key: str) -> list[Any]:
    parts = value[key]
    if not isinstance(parts, list | tuple):
        raise DataError(f"{key!r} is {describe(parts)}, not a list", cure=f"return a list of {key.title()[:-1]}s")
    return [part.as_json() if isinstance(part, Number | Table) else part for part in parts]


def _parsed(part: Any, kind: Any, where: str) -> Any:
    try:
        return kind.from_json(part)
    except ErumflowError as error:
        raise DataError(f"{where}: {error.problem}", cure=error.cure) from error
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise DataError(
            f"{where} is {describe(part)}, not a {kind.__name__}: {error}", cure=f"use analysis.results.{kind.__name__}"
        ) from error


def _check_name(name: Any, kind: type[Number] | type[Table]) -> None:
    """Names are anchors of the page, keys of highlights and tolerances, and files of tables."""
    what = kind.__name__.lower()
    if not isinstance(name, str) or not name:
        raise DataError(f"a {what} has {describe(name)} as its name", cure="give it a short name, such as 'mu'")
    if wrong := [one for one in name if one == "/" or one.isspace() or not one.isprintable()]:
        told = "a blank" if wrong[0] == " " else repr(wrong[0])
        raise DataError(
            f"the {what} {name!r} has a name with {told}", cure="write _ in its place; the title is for people"
        )


def _plain(value: Any, where: str) -> Any:
    """The value as JSON holds it."""
    if value is None or type(value) in (str, bool, int):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        raise DataError(f"{where} is {value}", cure="look where it comes from; None says that there is no such number")
    if isinstance(value, Mapping):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise DataError(
                f"{where or 'the result'} has the key {wrong[0]!r}, which is no text", cure="use texts as keys"
            )
        return {key: _plain(part, f"{where}.{key}" if where else key) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, f"{where}[{i}]") for i, part in enumerate(value)]
    try:
        return json.loads(json.dumps(value))  # text and numbers of a subclass
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{where} is {describe(value)}, which JSON cannot hold",
            cure="write float(...), int(...) or .tolist() around it",
        ) from error
