"""Preserved and rerun numbers side by side, and what made the first difference."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from analysis.preservation.comparison import Row, Trace, compared, first_difference, table
from analysis.preservation.expectations import DEFAULT, Tolerance, expectations

NUMBERS: list[dict[str, Any]] = [
    {"name": "mu", "title": "μ", "unit": "", "value": 0.9, "stat": [0.2, 0.3], "syst": [0.1, 0.1]},
    {"name": "mass", "title": "m", "unit": "GeV", "value": 125.0, "stat": None, "syst": None},
    {"name": "events", "title": "n", "unit": "", "value": 40.0, "stat": None, "syst": None},
]
EXPECTED = expectations(NUMBERS, [Tolerance("events", "exact", 0, "counted")])


def changed(name: str, **values: Any) -> list[dict[str, Any]]:
    return [{**number, **values} if number["name"] == name else number for number in NUMBERS]


def verdicts(numbers: list[dict[str, Any]], *, bit_for_bit: bool = False) -> dict[str, str]:
    return {row.quantity: row.verdict for row in compared(EXPECTED, numbers, bit_for_bit=bit_for_bit)}


def test_the_same_bits() -> None:
    assert set(verdicts(NUMBERS, bit_for_bit=True).values()) == {"same bits"}
    assert list(verdicts(NUMBERS)) == ["mu", "mass", "events"]


def test_the_last_bit_counts_where_nothing_else_has_changed() -> None:
    numbers = changed("mu", value=math.nextafter(0.9, 1))
    assert verdicts(numbers, bit_for_bit=True)["mu"] == "DIFFERS"
    assert verdicts(numbers)["mu"] == "agrees"


def test_tolerances() -> None:
    allowed = DEFAULT.size * 0.3
    assert verdicts(changed("mu", value=0.9 + 0.99 * allowed))["mu"] == "agrees"
    assert verdicts(changed("mu", value=0.9 - 1.01 * allowed))["mu"] == "DIFFERS"
    # without an uncertainty: of the number itself
    assert verdicts(changed("mass", value=125.12))["mass"] == "agrees"
    assert verdicts(changed("mass", value=125.13))["mass"] == "DIFFERS"
    assert verdicts(changed("events", value=40.0000001))["events"] == "DIFFERS"
    assert verdicts(changed("mass", value=math.nan))["mass"] == "DIFFERS"


def test_uncertainties_count_too() -> None:
    found = verdicts(changed("mu", stat=[0.2, 0.4], syst=[0.1, 0.1001]))
    assert found == {
        "mu": "same bits",
        "mu (stat up)": "DIFFERS",
        "mu (syst up)": "agrees",
        "mass": "same bits",
        "events": "same bits",
    }
    assert verdicts(changed("mu", syst=None))["mu (syst)"] == "DIFFERS"
    assert verdicts(changed("mass", stat=[1, 1]))["mass (stat)"] == "DIFFERS"


def test_numbers_that_one_side_does_not_have() -> None:
    rows = compared(EXPECTED, [*NUMBERS[1:], {**NUMBERS[0], "name": "new"}], bit_for_bit=True)
    assert [(row.quantity, row.preserved, row.rerun, row.agrees) for row in rows if not row.agrees] == [
        ("mu", "0.9", "", False),
        ("new", "", "0.9", False),
    ]


def test_simulation_is_called_so() -> None:
    noted = [replace(one, note="simulation") for one in EXPECTED[:1]]
    rows = compared(noted, changed("mu"), bit_for_bit=True)
    assert table(rows).splitlines()[1].startswith("mu (simulation)  ")


def test_the_table_is_aligned() -> None:
    rows = [*compared(EXPECTED, changed("mu", value=1.9), bit_for_bit=False), Row("x", "", "1", None, 0.0, False)]
    lines = table(rows).splitlines()
    assert [line.split()[-1] for line in lines] == ["verdict", "DIFFERS", "bits", "bits", "DIFFERS"]
    starts = {
        line.index(word) for line, word in zip(lines, ("verdict", "DIFFERS", "same", "same", "DIFFERS"), strict=True)
    }
    assert len(starts) == 1


def manifest(family: str, digest: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "record": {"family": family},
        "payload": {"a.json": {"sha256": digest}, "times": {"sha256": str(more.pop("second", 0))}},
        "parts": {"code": {"f": "1"}, "parameters": {"n": "3"}, "configuration": {"c": [1]}, "inputs": {"x": "k"}},
        "seeds": {"training": 1},
        "made": {"device": "cpu"},
        "host": {"machine": "x86_64", "processor": "A", "features": "f", "libc": "l"},
        "software": {"python": "3.11.7", "packages": {"jax": "0.10.0", "numpy": "2.2"}, "lock_sha256": "1"},
        **more,
    }


PRESERVED = {name: manifest(name.partition("/")[0]) for name in ("A/x", "B/x", "C/x")}


def traced(**rerun: dict[str, Any]) -> Trace | None:
    found = {**PRESERVED, **{f"{name}/x": one for name, one in rerun.items()}}
    return first_difference(PRESERVED, found.get, unlike=lambda family, file: file == "times")


def test_no_difference_has_no_trace() -> None:
    assert traced() is None
    assert traced(B=manifest("B", second=5)) is None
    # another package that changes nothing is no difference
    assert traced(B=manifest("B", software={**PRESERVED["B/x"]["software"], "python": "3.13.0"})) is None


def test_the_first_difference_is_the_one() -> None:
    trace = traced(B=manifest("B", "2"), C=manifest("C", "3"))
    assert trace == Trace("B/x", ("a.json",), ("nothing that the manifests know of",))
    assert first_difference(PRESERVED, lambda name: None) == Trace("A/x", (), ("the rerun has no such record",))


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"parts": {**PRESERVED["B/x"]["parts"], "code": {"f": "2"}}}, "code f changed"),
        ({"parts": {**PRESERVED["B/x"]["parts"], "parameters": {"n": "4"}}}, "parameter n: 3 -> 4"),
        ({"parts": {**PRESERVED["B/x"]["parts"], "configuration": {"c": [2]}}}, "configuration c changed"),
        ({"parts": {**PRESERVED["B/x"]["parts"], "inputs": {"x": "l"}}}, "input x changed"),
        ({"seeds": {"training": 2}}, "seed training: 1 -> 2"),
        ({"made": {"device": "NVIDIA H100"}}, "device: cpu -> NVIDIA H100"),
        ({"host": {**PRESERVED["B/x"]["host"], "processor": "B"}}, "processor: A -> B"),
        ({"software": {**PRESERVED["B/x"]["software"], "python": "3.12.1"}}, "Python: 3.11.7 -> 3.12.1"),
        (
            {"software": {**PRESERVED["B/x"]["software"], "packages": {"jax": "0.11.0", "numpy": "2.2"}}},
            "package jax: 0.10.0 -> 0.11.0",
        ),
        (
            {"software": {**PRESERVED["B/x"]["software"], "packages": {"jax": "0.10.0", "dask": "1"}}},
            "packages only in the preserved environment: numpy",
        ),
    ],
)
def test_the_cause_is_named(more: dict[str, Any], cause: str) -> None:
    trace = traced(B=manifest("B", "2", **more))
    assert trace is not None
    assert trace.causes[0] == cause
