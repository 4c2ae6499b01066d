"""Numbers side by side."""

from __future__ import annotations

from analysis.comparison.quantities import ComparedNumber, compare_numbers
from analysis.results import Number


def number(name: str, value: float, stat: tuple[float, float] | None = None, syst: tuple[float, float] | None = None):
    return Number(name, name, value, stat, syst, "GeV", "fit").as_json()


def test_the_pull_is_of_the_uncertainties_towards_each_other():
    old, new = number("m", 10.0, (9.0, 0.5), (0.0, 1.2)), number("m", 11.0, (0.25, 9.0))
    (moved,) = compare_numbers([old], [new])
    # the first one's upwards, the second one's downwards; the larger of the two
    assert moved == ComparedNumber("m", "GeV", 10.0, 11.0, (9.0, 1.3), (0.25, 9.0), False, 1.0, 2.0, 1.1)
    (back,) = compare_numbers([new], [old])
    assert (back.difference, back.pull) == (-1.0, -2.0)


def test_numbers_come_in_the_order_of_the_second_and_none_is_left_out():
    rows = compare_numbers([number("gone", 1.0), number("m", 2.0)], [number("m", 2.0), number("new", 3.0, (0.1, 0.1))])
    assert [(one.name, one.a, one.b, one.difference) for one in rows] == [
        ("m", 2.0, 2.0, 0.0),
        ("new", None, 3.0, None),
        ("gone", 1.0, None, None),
    ]
    assert [one.same for one in rows] == [True, False, False]


def test_an_uncertainty_that_changes_is_seen():
    (one,) = compare_numbers([number("m", 2.0, (0.1, 0.1))], [number("m", 2.0, (0.1, 0.2))])
    assert (one.same, one.pull) == (False, 0.0)


def test_without_uncertainty_there_is_no_pull_and_of_zero_no_ratio():
    (one,) = compare_numbers([number("m", 0.0)], [number("m", 2.0)])
    assert (one.pull, one.ratio) == (None, None)
    (one,) = compare_numbers([number("m", 0.0, None, (0.5, 0.5))], [number("m", 2.0, None, (1.0, 1.0))])
    assert one.pull == 2.0
