"""Cards of published networks: what goes in and what comes out, as their authors say it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.errors import DataError
from analysis.exchange.description import Description, Tensor
from analysis.preservation.reading import json_of

__all__ = ["MOST_TEXT", "parse_card", "read_card", "unit_misfits"]

#: bytes of a file that is read for what it says, which models are not
MOST_TEXT = 16 << 20
# what no unit is written as
_NONE = ("", "1", "none")
_MARK = "---"


def read_card(path: Path) -> Description:
    """Read a card: JSON, or the front matter (YAML between two lines ``---``) of a README.md.

    Raises:
        DataError: it does not describe inputs and outputs, or something in it is not what it has to be.
    """
    where = f"the published networks' {path.name}"
    return Description.of(parse_card(path.read_bytes(), where), where)


def parse_card(content: bytes, where: str) -> Any:
    """Parse a card; of a README.md without front matter, nothing is known.

    Args:
        content: of the file.
        where: the file, for messages; JSON if its name ends so.

    Raises:
        DataError: it is no JSON, or no YAML.
    """
    import yaml

    try:
        if len(content) > MOST_TEXT:
            raise ValueError(f"it has more than {MOST_TEXT} bytes")
        if where.endswith(".json"):
            return json_of(content)
        lines = content.decode(errors="replace").splitlines()
        has_front = lines[:1] == [_MARK] and _MARK in lines[1:]
        return yaml.safe_load("\n".join(lines[1 : lines.index(_MARK, 1)])) if has_front else {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        kind = "is no JSON" if where.endswith(".json") else "has a front matter that is no YAML"
        raise DataError(f"{where} {kind}: {error}", cure="ask whoever published the folder") from error


def unit_misfits(described: Tensor, fields: Mapping[str, str], units: Mapping[str, str]) -> list[str]:
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
