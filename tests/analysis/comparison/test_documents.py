"""Results as JSON side by side."""

from __future__ import annotations

from analysis.comparison.documents import Changed, changed_values, compared_tables
from analysis.results import Axis, Column, Table


def table(*values: float, name: str = "yields") -> dict:
    rows = Axis("Region", "", tuple(f"r{i}" for i in range(len(values))))
    return Table(name, "Yields", (rows,), (Column("events", "", values, {}, {}),)).as_json()


def test_values_that_differ_have_their_place():
    a = {"events": {"run": 3, "next": 1}, "scan": [1.0, 2.0], "gone": "x", "numbers": [1], "tables": []}
    b = {"events": {"run": 4, "next": 1}, "scan": [1.0, 2.5], "flag": True, "numbers": [2], "tables": [3]}
    assert changed_values(a, b) == (
        [
            Changed("events.run", 3, 4),
            Changed("scan[1]", 2.0, 2.5),
            Changed("flag", None, True),
            Changed("gone", "x", None),
        ],
        6,
    )


def test_true_is_not_one_and_a_list_of_another_length_is_one_value():
    assert changed_values({"a": 1, "b": [1]}, {"a": True, "b": [1, 2]}) == (
        [Changed("a", 1, True), Changed("b", [1], [1, 2])],
        2,
    )
    assert changed_values([1, 2], [1, 2]) == ([], 2)


def test_tables_agree_to_the_last_bit_or_not_at_all():
    (same,) = compared_tables([table(1.0, 2.0)], [table(1.0, 2.0)])
    assert same.agrees
    (moved,) = compared_tables([table(1.0, 2.0)], [table(1.0, 2.0 + 1e-15)])
    assert not moved.agrees
    assert [cell.agrees for cell in moved.cells] == [True, False]
    gone, new = compared_tables([table(1.0, name="old")], [table(1.0, name="new")])
    assert (gone.agrees, new.agrees, gone.name, new.name) == (False, False, "old", "new")
