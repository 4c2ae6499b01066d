"""Tables as a submission to HEPData: its YAML format in one archive that can be uploaded as it is.

The format is that of https://hepdata-submission.readthedocs.io: ``submission.yaml`` says what tables there are, and a
file for each table has its values.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from analysis.errors import DataError
from analysis.report.material import FigureFile
from analysis.results import Axis, Column, Number, Table

__all__ = ["number_tables", "write_submission"]

# the archive's bytes must not depend on when it was written
_TIME = (1980, 1, 1, 0, 0, 0)
_SYMMETRIC = 1e-9


def write_submission(
    path: Path,
    tables: Sequence[Table],
    numbers: Sequence[Number],
    *,
    comment: str,
    keywords: Mapping[str, Sequence[str | float]] | None = None,
    figures: Mapping[str, FigureFile] | None = None,
) -> None:
    """Write a submission to HEPData as a zip archive; the same tables give the same bytes.

    Of results without numbers and tables, it is the comment alone, to be filled by hand.

    Args:
        path: of the archive.
        tables: with names that are unique; a missing value becomes a dash.
        numbers: single results, which become tables before the others, one for each unit.
        comment: abstract of the submission; may hold LaTeX.
        keywords: HEPData's own for searching, of every table: ``reactions`` (such as ``"P P --> HIGGS X"``),
            ``observables`` (``"MU"``), ``cmenergies`` (in GeV) and ``phrases``.
        figures: pictures of tables, by the table's name.

    Raises:
        DataError: two tables have one name, a value is not finite, or a figure is of no table.
    """
    every = (*number_tables(numbers), *tables)
    names = [table.name for table in every]
    stems = [_stem(name) for name in names]
    for problem in _problems(names, stems, figures or {}):
        raise DataError(problem, cure="correct the tables that the study's measurement returns")
    documents: list[dict[str, Any]] = [{"comment": comment}]
    files: dict[str, bytes] = {}
    for table, stem in zip(every, stems, strict=True):
        document: dict[str, Any] = {
            "name": table.name,
            "description": table.title,
            "keywords": [{"name": name, "values": list(values)} for name, values in (keywords or {}).items() if values],
            "data_file": f"{stem}.yaml",
        }
        if figures and table.name in figures:
            figure = figures[table.name]
            files[f"{stem}.png"] = figure.png
            document["additional_resources"] = [{"location": f"{stem}.png", "description": figure.title}]
        documents.append(document)
        files[f"{stem}.yaml"] = _yaml([_data(table)])
    _write(path, {"submission.yaml": _yaml(documents), **files})


def number_tables(numbers: Sequence[Number]) -> tuple[Table, ...]:
    """Single numbers as tables, one for each unit, in the order of the numbers.

    Examples:
        >>> table, = number_tables([Number("mu", "strength", 0.97, (0.02, 0.03), None, "", "fit")])
        >>> table.name, table.axes[0].values, table.columns[0].errors
        ('results', ('strength',), {'stat': ((0.02, 0.03),)})
    """
    tables = []
    for unit in dict.fromkeys(number.unit for number in numbers):
        # a table's uncertainties are the same for all of its rows
        kinds = dict.fromkeys(_errors(number) for number in numbers if number.unit == unit)
        for kind in kinds:
            rows = [number for number in numbers if (number.unit, _errors(number)) == (unit, kind)]
            words = ("results", unit.replace("%", "percent"), (" and ".join(kind) or "exact") if len(kinds) > 1 else "")
            tables.append(
                Table(
                    name=", ".join(word for word in words if word),
                    title=f"Results{f' in {unit}' if unit else ''}",
                    axes=(
                        Axis("Quantity", "", tuple(number.title for number in rows)),
                        Axis("Method", "", tuple(number.method for number in rows)),
                        *([Axis("Note", "", tuple(n.note or "-" for n in rows))] if any(n.note for n in rows) else []),
                    ),
                    columns=(
                        Column(
                            title="Value",
                            unit=unit,
                            values=tuple(number.value for number in rows),
                            errors={name: tuple(getattr(number, name) for number in rows) for name in kind},
                            qualifiers={},
                        ),
                    ),
                )
            )
    return tuple(tables)


def _errors(number: Number) -> tuple[str, ...]:
    return tuple(name for name in ("stat", "syst") if getattr(number, name) is not None)


def _problems(names: Sequence[str], stems: Sequence[str], figures: Mapping[str, FigureFile]) -> list[str]:
    found = [f"two tables are called {name!r}" for name in dict.fromkeys(names) if names.count(name) > 1]
    found += [f"two tables would be written to {stem}.yaml" for stem in dict.fromkeys(stems) if stems.count(stem) > 1]
    found += [f"there is a figure of a table {name!r}, but no such table" for name in figures if name not in names]
    return found


def _stem(name: str) -> str:
    """The name of a table's files: letters, digits and underscores; numbers in % and without a unit have one each."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name.replace("%", " percent ")).strip("_").lower() or "table"


def _data(table: Table) -> dict[str, Any]:
    return {
        "independent_variables": [
            {"header": _header(axis), "values": [_place(value) for value in axis.values]} for axis in table.axes
        ],
        "dependent_variables": [_column(column, table.name) for column in table.columns],
    }


def _header(part: Axis | Column) -> dict[str, str]:
    return {"name": part.title, **({"units": part.unit} if part.unit else {})}


def _place(value: float | str | tuple[float, float]) -> dict[str, Any]:
    if isinstance(value, tuple):
        return {"low": _rounded(value[0]), "high": _rounded(value[1])}
    return {"value": value if isinstance(value, str) else _rounded(value)}


def _column(column: Column, table: str) -> dict[str, Any]:
    values: list[dict[str, Any]] = []
    for row, value in enumerate(column.values):
        if value is None:
            values.append({"value": "-"})
            continue
        errors = [_error(name, pairs[row]) for name, pairs in column.errors.items()]
        parts = [value, *(part for pairs in column.errors.values() for part in pairs[row])]
        if not all(math.isfinite(part) for part in parts):
            raise DataError(
                f"the table {table!r} has a value that is not finite in {column.title!r}, row {row + 1}",
                cure="use None for what is not known",
            )
        # HEPData takes no value whose uncertainties are all zero: it has none then
        values.append({"value": _rounded(value), **({"errors": errors} if any(parts[1:]) else {})})
    described: dict[str, Any] = {"header": _header(column)}
    if column.qualifiers:
        described["qualifiers"] = [{"name": name, "value": text} for name, text in column.qualifiers.items()]
    return described | {"values": values}


def _error(name: str, pair: tuple[float, float]) -> dict[str, Any]:
    down, up = pair
    if math.isclose(down, up, rel_tol=_SYMMETRIC, abs_tol=0.0):
        return {"label": name, "symerror": _rounded(up)}
    return {"label": name, "asymerror": {"minus": -_rounded(down) if down else 0.0, "plus": _rounded(up)}}


def _rounded(value: float) -> float:
    """Ten digits: no number of a table is known better, and 0.30000000000000004 is 0.3."""
    return float(f"{float(value):.10g}")


def _yaml(documents: Sequence[Mapping[str, Any]]) -> bytes:
    text: str = yaml.safe_dump_all(
        documents, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100, explicit_start=True
    )
    return text.encode()


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    # not compressed: that would make the bytes depend on the version of zlib
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # what else depends on the system it is written on
            archive.writestr(entry, content)
