"""Tables of a rerun beside the preserved ones."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Sequence
from typing import Any

import pytest

from analysis.errors import PreservationError
from analysis.preservation.comparison import table as as_text
from analysis.preservation.expectations import Tolerance, as_json
from analysis.preservation.tables import ComparedTable, compare_tables, from_json, preserved_tables
from analysis.results import Axis, Column, Table

REGIONS = Axis("Region", "", ("near", "peak"))
ENERGIES = Axis("E", "GeV", ((1.0, 2.0), (2.0, 3.0)))
YIELDS = Table(
    "yields",
    "Events by region",
    (REGIONS,),
    (
        Column("data", "", (22.0, None), {}, {}),
        Column("higgs", "", (6.39, 5.56), {"stat": ((0.2, 0.4), (0.1, 0.1)), "syst": ((9.0, 9.0), (9.0, 9.0))}, {}),
    ),
)
PULLS = Table(
    "pulls", "Pulls", (Axis("Parameter", "", ("a", "b", "c")),), (Column("Pull", "", (-0.5, 1e-5, 2.0), {}, {}),)
)


def kept(tables: Sequence[Table], tolerances: Sequence[Tolerance] = ()) -> list[dict[str, Any]]:
    found = from_json(as_json([], preserved_tables([one.as_json() for one in tables], tolerances)))
    assert found is not None
    return found


def compared(
    table: Table, *changes: tuple[int, int, float | None], exact: bool = False, tolerances: Sequence[Tolerance] = ()
) -> ComparedTable:
    """A table compared with itself, but for values: number of column, of row, and the new one."""
    after = copy.deepcopy(table.as_json())
    for column, row, value in changes:
        after["columns"][column]["values"][row] = value
    (found,) = compare_tables(kept([table], tolerances), [after], bit_for_bit=exact)
    return found


def test_the_same_is_one_line() -> None:
    found = compared(YIELDS, exact=True)
    assert found.agrees
    # two columns of two values, and two uncertainties downwards and upwards of one of them
    assert as_text([found.row]).splitlines()[1].split() == [
        "yields",
        "12",
        "values",
        "12",
        "values",
        "0",
        "0",
        "same",
        "bits",
    ]
    assert len(found.as_json()["values"]) == 12
    assert found.as_json()["values"][2] == {
        "column": "higgs",
        "row": "near",
        "preserved": 6.39,
        "rerun": 6.39,
        "allowed": 0.0,
        "agrees": True,
    }


def test_bit_for_bit_excuses_nothing() -> None:
    change = (1, 0, math.nextafter(6.39, 7.0))
    assert compared(YIELDS, change).row.verdict == "agrees"
    assert compared(YIELDS, change, exact=True).row.verdict == "DIFFERS"


def test_tolerances_are_those_of_numbers() -> None:
    # a hundredth of the statistical uncertainty, a thousandth of a value without one
    assert compared(YIELDS, (1, 0, 6.39 + 0.0039)).agrees
    assert not compared(YIELDS, (1, 0, 6.39 + 0.0041)).agrees
    assert compared(YIELDS, (0, 0, 22.021)).agrees
    assert not compared(YIELDS, (0, 0, 22.023)).agrees
    rough = [Tolerance("mu", "exact", 0, "x"), Tolerance("yie*", "relative", 0.1, "they are rough")]
    found = compared(YIELDS, (0, 0, 24.1), (1, 0, 6.39), tolerances=rough)
    assert (found.agrees, found.why, found.row.rerun) == (True, "they are rough", "1 moved")
    assert not compared(YIELDS, (0, 0, 24.3), tolerances=rough).agrees
    assert not compared(YIELDS, (0, 0, 22.0001), tolerances=[Tolerance("*", "exact", 0, "x")]).agrees


def test_where_both_signs_are_zero_is_nothing_special() -> None:
    assert compared(PULLS, (0, 1, -0.0019)).agrees
    assert not compared(PULLS, (0, 1, -0.0021)).agrees
    zeros = Table("zeros", "", (REGIONS,), (Column("c", "", (0.0, 0.0), {}, {}), Column("n", "", (0.0, 5.0), {}, {})))
    assert compared(zeros, (0, 0, 1e-7), (1, 0, 0.004)).agrees
    assert not compared(zeros, (1, 0, 0.006)).agrees


def test_the_worst_is_told() -> None:
    found = compared(YIELDS, (0, 0, 23.0), (0, 1, 5.0), (1, 1, 5.5601))
    assert found.row.difference is None
    assert found.wrong() == [
        "yields: data, near: 22 and 23 (preserved and rerun)",
        "yields: data, peak: none and 5 (preserved and rerun)",
    ]
    assert compared(YIELDS, (0, 0, 23.0), (1, 1, 5.5601)).row.difference == 1.0
    assert not compared(YIELDS, (0, 0, math.nan)).agrees
    three = compared(PULLS, (0, 0, 5.0), (0, 1, 5.0), (0, 2, 5.0))
    assert len(three.wrong()) == 3


def test_uncertainties_count() -> None:
    after = YIELDS.as_json()
    after["columns"][1]["errors"]["syst"][1][0] = 9.002
    (found,) = compare_tables(kept([YIELDS]), [after], bit_for_bit=False)
    assert found.wrong() == ["yields: higgs (syst down), peak: 9 and 9.002 (preserved and rerun)"]


def reordered(labels: tuple[str, ...], values: tuple[float, ...], *, exact: bool = False) -> ComparedTable:
    after = PULLS.as_json()
    after["axes"][0]["values"], after["columns"][0]["values"] = list(labels), list(values)
    (found,) = compare_tables(kept([PULLS]), [after], bit_for_bit=exact)
    return found


def test_rows_are_known_by_what_they_are_about() -> None:
    assert reordered(("c", "a", "b"), (2.0, -0.5, 1e-5)).agrees
    # of the largest ones of a list, the last may be another
    assert reordered(("c", "a", "d"), (2.0, -0.5, 1.1e-5)).agrees
    assert not reordered(("c", "a", "d"), (2.0, -0.5, 0.1)).agrees
    found = reordered(("c", "a", "d"), (2.0, -0.5, 1e-5), exact=True)
    assert found.wrong() == ["pulls: the row 'b' did not come out", "pulls: the capsule does not know the row 'd'"]
    assert found.row.verdict == "DIFFERS"
    assert reordered(("a", "b"), (-0.5, 1e-5)).wrong() == ["pulls: the row 'c' did not come out"]


def test_bins_are_rows() -> None:
    table = Table("t", "T", (ENERGIES,), (Column("c", "", (1.0, 2.0), {}, {}),))
    assert [cell.row for cell in compared(table).cells] == ["1 to 2", "2 to 3"]
    single = Table("s", "S", (), (Column("c", "", (1.0,), {}, {}),))
    assert str(compared(single, (0, 0, 2.0)).cells[0]) == "c: 1 and 2 (preserved and rerun)"


def test_what_only_one_side_has() -> None:
    found = compare_tables(kept([YIELDS]), [PULLS.as_json()], bit_for_bit=False)
    assert [one.wrong() for one in found] == [
        ["yields: it did not come out"],
        ["pulls: the capsule does not know it"],
    ]
    other = YIELDS.as_json()
    del other["columns"][0]
    (one,) = compare_tables(kept([YIELDS]), [other], bit_for_bit=False)
    assert one.wrong() == ["yields: its columns are others"]
    assert one.row.verdict == "DIFFERS"


def test_capsules_of_before_have_none() -> None:
    assert from_json(as_json([])) is None
    assert from_json(as_json([], [])) == []
    for text in ("[]", json.dumps({"tables": [{"name": "a"}]}), json.dumps({"tables": 3}), ""):
        with pytest.raises(PreservationError, match="holds no tables"):
            from_json(text)
