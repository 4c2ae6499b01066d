"""A comparison as a terminal shows it."""

from __future__ import annotations

import pytest

from analysis.comparison.contents import Content, Contents
from analysis.comparison.documents import Changed, compared_tables
from analysis.comparison.making import Cause, Change
from analysis.comparison.metrics import ComparedMetric
from analysis.comparison.quantities import compare_numbers
from analysis.results import Axis, Column, Number, Table
from tasks.comparison_tables import show_contents, show_making


def test_code_that_changed_is_shown_once(capsys: pytest.CaptureFixture[str]):
    code = Change("code toy:calibrate changed", ("-    return x", "+    return 2 * x"))
    causes = [
        Cause("Calibrate", ("run", "next"), (code,)),
        Cause("Select", ("run",), (code,)),
        Cause("Fit", ("fit",), ()),
    ]
    show_making(causes, ["b: Fit fit was adopted from 0123456789ab, because: a comment"], {"processor: A -> B": 2})
    assert capsys.readouterr().out == (
        "\nmade otherwise\n"
        "  Calibrate run, next\n"
        "    code toy:calibrate changed\n"
        "      -    return x\n"
        "      +    return 2 * x\n"
        "  Select run\n"
        "    code toy:calibrate changed\n"
        "  after that, of other inputs: Fit\n"
        "adopted or pinned\n"
        "  b: Fit fit was adopted from 0123456789ab, because: a comment\n"
        "under other conditions, which decide no key\n"
        "  processor: A -> B  (2 records)\n"
    )


def table(*values: float) -> dict[str, object]:
    rows = Axis("Region", "", tuple(f"r{i}" for i in range(len(values))))
    return Table("yields", "Yields", (rows,), (Column("events", "", values, {}, {}),)).as_json()


def test_numbers_tables_values_and_metrics(capsys: pytest.CaptureFixture[str]):
    stat = (0.021, 0.021)
    a, b = (Number("mu", "strength", value, stat, (0.05, 0.06), "", "fit").as_json() for value in (0.97, 1.03))
    (yields,) = compared_tables([table(1.0, 2.0)], [table(1.0, 3.5)])
    contents = Contents(
        shared=[("FetchData", "run")],
        contents=[Content("Fit", "fit", 2, ("fit.json",)), Content("Select", "run", 1, ())],
        numbers={"mu": compare_numbers([a], [b])[0]},
        tables={"yields": yields},
        values={"Fit fit: fit.json": ([Changed("chi2", 1.5, 2.5), Changed("scan[1]", 1, 2)], 12)},
        metrics={"TrainModel dense": [ComparedMetric("auc", 0.7, 0.75, 0.02, 0.03, 0.05)]},
    )
    show_contents(contents)
    lines = capsys.readouterr().out.splitlines()
    assert "  made of the same: FetchData run" in lines
    assert "  same bits: Select run" in lines
    assert "  others: Fit fit (1 of 2 files)" in lines
    assert "mu  0.970 −0.054 +0.064  1.030 −0.054 +0.064  0.060  +2.86  +6.19 %" in lines
    assert "  table yields: 1 of 2 values moved; most of all events, r1: 2 -> 3.5" in lines
    assert "  Fit fit: fit.json: 2 of 12 other values are others" in lines
    assert "    chi2: 1.5 -> 2.5" in lines
    assert "auc  0.700 ± 0.020  0.750 ± 0.030  +0.05" in lines


def test_names_are_text(capsys: pytest.CaptureFixture[str]):
    odd = "m[red]u\x1b[2J\n\u202e"
    number = Number(odd, "strength", 1.0, (0.1, 0.1), (0.1, 0.1), "", "fit").as_json()
    other = {**number, "value": 2.0}
    contents = Contents([], [], {odd: compare_numbers([number], [other])[0]}, {}, {}, {})
    show_contents(contents)
    said = capsys.readouterr().out
    assert r"m[red]u\x1b[2J\n\u202e  1.00" in said
    assert "\x1b" not in said
