"""Cards of published networks: what goes in and what comes out, as their authors say it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import DataError

__all__ = ["Card", "Described", "read_card", "unit_misfits"]

# what no unit is written as
_NONE = ("", "1", "none", None)


@dataclass(frozen=True)
class Described:
    """An input or an output, as a card describes it.

    Args:
        name: of the array.
        shape: of one event; ``None`` where the card does not tell.
        names: of the numbers on the last axis; empty where the card does not tell.
        units: of these, by name.
    """

    name: str
    shape: tuple[int, ...] | None = None
    names: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """What a card says of inputs and outputs.

    Args:
        inputs: by name.
        outputs: by name.
        folds: number of networks, each for the events of a fold, or 0.
    """

    inputs: Mapping[str, Described]
    outputs: Mapping[str, Described]
    folds: int = 0


def read_card(path: Path) -> Card:
    """Read a card: JSON, or the front matter (YAML between two lines ``---``) of a README.md.

    It has a list ``inputs`` and a list ``outputs`` with ``name``, and as far as they are known ``shape`` (of one
    event), ``names`` and ``units`` (as a list beside the names, by name, or one for all).

    Raises:
        DataError: it has no such lists, or they say something else.
    """
    import yaml

    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".json":
            said = json.loads(text)
        else:
            _, matter, *_ = text.split("---\n", 2) if text.startswith("---\n") else ("", "{}")
            said = yaml.safe_load(matter)
        inputs, outputs = ({one["name"]: _described(one) for one in said[kind]} for kind in ("inputs", "outputs"))
        return Card(inputs, outputs, int(said.get("folds") or 0))
    except (ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise DataError(
            f"{path.name} of the published networks does not describe their inputs and outputs: "
            f"{type(error).__name__}: {error}",
            cure="it needs lists 'inputs' and 'outputs' of {name, shape, names, units}, in JSON or in the front matter "
            "of a README.md; card='FILE' names another file",
        ) from error


def unit_misfits(described: Described, fields: Mapping[str, str], units: Mapping[str, str]) -> list[str]:
    """Compare the units of an input with those of the fields that are given to it, in words.

    Args:
        described: the input.
        fields: by the names that the card has.
        units: of fields, as far as they are known.
    """
    found = []
    for name, expected in described.units.items():
        if expected in _NONE or name not in fields:
            continue
        own = units.get(fields[name])
        if own is None:
            found.append(f"{described.name!r} takes {name!r} in {expected}; nothing says the unit of {fields[name]!r}")
        elif own != expected:
            found.append(f"{described.name!r} takes {name!r} in {expected}; {fields[name]!r} is in {own or 'no unit'}")
    return found


def _described(one: Mapping[str, Any]) -> Described:
    names, shape = tuple(map(str, one.get("names") or ())), one.get("shape")
    units = one.get("units") or {}
    if isinstance(units, str):
        units = dict.fromkeys(names or (one["name"],), units)
    elif not isinstance(units, Mapping):
        units = dict(zip(names, units, strict=True))
    return Described(
        str(one["name"]),
        None if shape is None else tuple(map(int, shape)),
        names,
        {str(name): str(unit or "") for name, unit in units.items()},
    )
