from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference.rounding import decimals, fixed, measured_text, rounded, rounded_all


@pytest.mark.parametrize("value", [1.0, 0.123456789, -7654321.123456, 3.3e-5, 0.0])
def test_the_last_bit_does_not_show(value: float) -> None:
    neighbours = {rounded(np.nextafter(value, end), 1.0) for end in (-np.inf, np.inf)}
    assert neighbours == {rounded(value)}
    assert rounded(value) == pytest.approx(value, rel=1e-7, abs=1e-7)


def test_no_number_that_json_does_not_know() -> None:
    found = rounded_all([[1.0, np.nan], [np.inf, -0.0]])
    assert json.dumps(found, allow_nan=False) == "[[1.0, null], [null, 0.0]]"
    assert rounded(None) is None


def test_digits_below_the_unit_are_dropped() -> None:
    assert rounded(5.123456789, 1e3) == 5.1235
    # no more than eight digits, whatever the unit
    assert rounded(123456789.123) == 123456790.0
    assert rounded(5.123456789e-9, 1e-9) == pytest.approx(5.1234568e-9, rel=1e-15)
    assert rounded_all([2.123456789, 2.123456789], [1.0, 1e4]) == [2.1234568, 2.123]


@pytest.mark.parametrize(
    ("value", "uncertainties", "text"),
    [
        (1.0, (("", (0.5, 0.5)),), "1.00 ± 0.50"),
        (-0.004, (("", (0.25, 0.31)),), "0.00 −0.25 +0.31"),
        (-1.26, (("stat", (0.12, 0.12)), ("syst", (0.0, 0.0))), "−1.26 ± 0.12 (stat) ± 0.00 (syst)"),
        (0.0, (("", (0.0, 0.0)),), "0.0 ± 0.0"),
        # three digits of 0.0999 would be 0.0999, and its two are 0.10
        (1.23456, (("", (0.0999, 0.0999)),), "1.23 ± 0.10"),
        # the larger of all decides, also for the other side and the other kind
        (
            0.918,
            (("stat", (0.0421, 0.0409)), ("syst", (0.0861, 0.0972))),
            "0.918 −0.042 +0.041 (stat) −0.086 +0.097 (syst)",
        ),
        (-11.46, (("stat", (4.97, 5.02)), ("syst", (3.31, 2.74))), "−11.5 ± 5.0 (stat) −3.3 +2.7 (syst)"),
        (1.8341e19, (("", (2.345e17, 2.345e17)),), "1.834 × 10¹⁹ ± 2.3 × 10¹⁷"),
    ],
)
def test_text(value: float, uncertainties: tuple, text: str) -> None:
    assert measured_text(value, *uncertainties) == text


@given(st.lists(st.floats(1e-12, 1e12), min_size=1))
def test_the_largest_uncertainty_has_two_digits(uncertainties: list[float]) -> None:
    places = decimals(uncertainties)
    assert 10 <= round(round(max(uncertainties), places) * 10.0**places) < 100
    assert decimals([*uncertainties, 0.0]) == decimals(uncertainties[::-1]) == places


def test_nothing_is_known_of_a_number_without_uncertainties() -> None:
    assert decimals([]) == decimals([0.0]) == 0


def test_no_negative_zero() -> None:
    assert fixed(-1e-9, 3) == "0.000"
    assert fixed(-0.0, 0) == "0"
