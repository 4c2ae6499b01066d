"""What must come out, and how far it may be off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analysis.errors import PreservationError
from analysis.preservation.expectations import (
    DEFAULT,
    Conditions,
    Tolerance,
    as_json,
    expectations,
    from_json,
)

NUMBERS: list[dict[str, Any]] = [
    {"name": "mu", "title": "μ", "unit": "", "value": 0.9, "stat": [0.2, 0.3], "syst": [0.1, 0.1], "note": "x"},
    {"name": "xmax_1", "title": "m", "unit": "g/cm²", "value": -700.0, "stat": None, "syst": None},
]


def test_the_first_tolerance_that_fits_holds() -> None:
    exact = Tolerance("xmax_*", "exact", 0, "counted")
    mu, xmax = expectations(NUMBERS, [exact, Tolerance("*", "relative", 0.1, "rough")])
    assert mu.tolerance.rule == "relative"
    assert mu.allowed == pytest.approx(0.09)
    assert (xmax.tolerance, xmax.allowed) == (exact, 0.0)
    assert expectations(NUMBERS)[0].tolerance == DEFAULT


def test_statistical_tolerances_are_in_units_of_the_uncertainty() -> None:
    mu, xmax = expectations(NUMBERS, [Tolerance("*", "statistical", 0.5, "rough")])
    assert mu.allowed == pytest.approx(0.15)
    # none is known
    assert xmax.allowed == pytest.approx(0.7)


def test_they_are_stored_without_loss() -> None:
    expected = expectations(NUMBERS)
    assert from_json(as_json(expected)) == expected
    assert as_json(expected).isascii()


@pytest.mark.parametrize(
    "text", [b"", b"{}", b'{"format": 2, "expectations": []}', b'{"format": 1, "expectations": [{"name": "mu"}]}']
)
def test_what_holds_none_is_refused(text: bytes) -> None:
    with pytest.raises(PreservationError, match="holds no expectations"):
        from_json(text)


def test_what_proves_nothing_is_refused() -> None:
    with pytest.raises(PreservationError, match="nothing to prove"):
        expectations([])
    with pytest.raises(PreservationError, match="no number or table is called tau, as"):
        expectations(NUMBERS, [Tolerance("tau", "exact", 0, "x")])
    # a tolerance may be for a table, and tables alone prove something
    assert len(expectations(NUMBERS, [Tolerance("tau", "exact", 0, "x")], ["tau"])) == 2
    assert expectations([], (), ["tau"]) == []


@pytest.mark.parametrize(
    ("rule", "size"), [("exact", 1), ("relative", 0), ("statistical", -1), ("relative", float("nan")), ("about", 1)]
)
def test_odd_tolerances_are_refused(rule: Any, size: float) -> None:
    with pytest.raises(PreservationError, match="the tolerance of 'mu'"):
        Tolerance("mu", rule, size, "x")


def test_conditions_come_from_a_manifest() -> None:
    manifest: dict[str, Any] = {
        "host": {"machine": "x86_64", "processor": "A", "features": "f", "libc": "l"},
        "software": {"python": "3.11.7", "lock_sha256": "0", "packages": {}},
        "made": {"device": "cpu"},
    }
    known = Conditions("x86_64", "A", "f", "l", "3.11.7", "0", "cpu")
    assert Conditions.of(manifest) == known
    assert known.decide
    assert known.differences(known) == []
    other = replace(known, python="3.13.0", features="")
    assert known.differences(other) == ["features: f and unknown", "python: 3.11.7 and 3.13.0"]
    # what is not known, and sums in no order, decide nothing
    assert not other.decide
    assert not replace(known, device="NVIDIA H100").decide
    del manifest["host"]["features"]
    assert not Conditions.of({**manifest, "software": {**manifest["software"], "lock_sha256": None}}).decide
