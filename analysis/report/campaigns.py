"""The numbers of a fit in a campaign and in parts of its data, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.results import Axis, Column, Number, Table

__all__ = ["by_campaign"]

_NONE = (0.0, 0.0)


def by_campaign(stage: str, fits: Mapping[str, tuple[float, Mapping[str, Any]]]) -> Table:
    """A table with a row for each campaign and a column for each number of a fit.

    Args:
        stage: name of the fit, for the table's.
        fits: luminosity in 1/fb and what the fit found (``numbers`` and ``workspaces`` as JSON), by campaign; the first
            one's numbers are the columns.

    Examples:
        >>> mu = Number("mu", "strength", 0.9, (0.1, 0.1), (0.2, 0.2), "", "fit")
        >>> found = {"numbers": [mu.as_json()], "workspaces": {"fit": {}}}
        >>> table = by_campaign("fit", {"AB": (3.0, found), "A": (1.0, found)})
        >>> table.axes[0].values, table.columns[0].title, table.columns[0].values
        (('AB', 'A'), 'strength', (0.9, 0.9))
    """
    found = {name: _numbers(content) for name, (_, content) in fits.items()}
    first = next(iter(fits))
    workspaces = tuple(fits[first][1]["workspaces"])
    return Table(
        name=f"campaigns_{stage}",
        title="The same fit in parts of the data, which share simulated events and systematic uncertainties",
        axes=(
            Axis("Campaign", "", tuple(fits)),
            Axis("Luminosity", "1/fb", tuple(luminosity for luminosity, _ in fits.values())),
        ),
        columns=tuple(
            _column(
                _title(one, found[first], workspaces), one.unit, [numbers.get(one.name) for numbers in found.values()]
            )
            for one in found[first].values()
        ),
    )


def _numbers(content: Mapping[str, Any]) -> dict[str, Number]:
    return {one["name"]: Number.from_json(one) for one in content["numbers"]}


def _title(one: Number, numbers: Mapping[str, Number], workspaces: tuple[str, ...]) -> str:
    """The title of a number, with the workspace where several ones tell it."""
    if sum(other.title == one.title for other in numbers.values()) == 1:
        return one.title
    return next((f"{one.title} ({name})" for name in workspaces if one.name.endswith(f"_{name}")), one.title)


def _column(title: str, unit: str, numbers: list[Number | None]) -> Column:
    known = [number for number in numbers if number]
    kinds = [kind for kind in ("stat", "syst") if all(getattr(number, kind) is not None for number in known)]
    return Column(
        title=title,
        unit=unit,
        values=tuple(number.value if number else None for number in numbers),
        errors={kind: tuple(getattr(number, kind) if number else _NONE for number in numbers) for kind in kinds},
        qualifiers={"method": known[0].method},
    )
