"""Numbers as readers see them; most cases are in the functions' own examples."""

from __future__ import annotations

import math

import pytest

from analysis.report.formatting import count, duration, event_count, file_size, number_text
from analysis.results import Number


@pytest.mark.parametrize(
    ("stat", "syst", "expected"),
    [
        ((0.021, 0.021), (0.058, 0.058), "0.971 ± 0.021 (stat) ± 0.058 (syst)"),
        ((0.021, 0.033), None, "0.971 −0.021 +0.033 (stat)"),
        (None, (0.5, 0.5), "0.97 ± 0.50 (syst)"),
        (None, None, "0.9712"),
    ],
)
def test_a_number_as_text(stat: tuple[float, float] | None, syst: tuple[float, float] | None, expected: str) -> None:
    assert number_text(Number("mu", "strength", 0.9712, stat, syst, "", "fit")) == expected
    assert number_text(Number("mu", "strength", 0.9712, stat, syst, "GeV", "fit")) == f"{expected} GeV"


def test_times_and_sizes_grow() -> None:
    assert [duration(s) for s in (0.0, 59.94, 3599.4, 3599.6, 90_000)] == [
        *("0.00 s", "59.9 s", "59 min 59 s", "1 h 00 min", "25 h 00 min")
    ]
    assert [file_size(n) for n in (0, 999, 1000, 999_400, 10**6, 10**15)] == [
        *("0 B", "999 B", "1.0 kB", "999 kB", "1.0 MB", "1,000.0 TB")
    ]
    assert (event_count(None), event_count(0), event_count(1_234_567)) == ("–", "0", "1,234,567")
    assert count(0, "file") == "0 files"
    assert math.isfinite(float(file_size(999_600).split()[0]))
