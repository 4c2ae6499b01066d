"""What the end of a command tells of results."""

from __future__ import annotations

from analysis.results import Axis, Column, Number, Table
from analysis.study import Result
from tasks.stage_values import headline_of, told_of

MASS = Number("mass", "mass", 91.18, (0.8, 0.8), (0.3, 0.4), "GeV", "mean")
SMALL = Table("small", "Small", (Axis("Window", "GeV", ((2.8, 3.4),)),), (Column("Mass", "", (3.0931,), {}, {}),))
LARGE = Table("large", "Large", (Axis("Bin", "", tuple(range(100))),), (Column("n", "", (1.0,) * 100, {}, {}),))


def test_a_headline_says_enough():
    content = {"headline": {"mass": "91 GeV"}, "numbers": [MASS.as_json()]}
    assert (
        dict(told_of(Result("result"), content)) == dict(headline_of(Result("result"), content)) == {"mass": "91 GeV"}
    )


def test_without_a_headline_numbers_and_small_tables_are_told():
    content = {"numbers": [MASS.as_json()], "tables": [SMALL.as_json(), LARGE.as_json()]}
    assert dict(headline_of(Result("result"), content)) == {}
    assert dict(told_of(Result("result"), content)) == {
        "mass": "91.18 ± 0.80 (stat) −0.30 +0.40 (syst) GeV",
        "Window 2.8 - 3.4 GeV": "Mass 3.093",
    }
    assert [name for name, _ in told_of(Result("result"), {**content, "headline": {"warning": "far off"}})] == [
        *("warning", "mass", "Window 2.8 - 3.4 GeV"),
    ]
