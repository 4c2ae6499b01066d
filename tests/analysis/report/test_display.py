"""What notebooks show of records: everything is escaped, numbers have their uncertainties."""

from __future__ import annotations

import base64
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from correctionlib import schemav2

from analysis.calibration import Calibration
from analysis.formats import corrections
from analysis.report.display import Figure, Figures, Results, ShownCalibration
from analysis.results import Axis, Column, Number, Table
from analysis.stages import Corrections

EVIL = '<script>alert("1")</script>'
MASS = Number("mass", "$m_Z$", 91.18, (0.8, 0.8), (0.3, 0.4), "GeV", "mean")
HITS = Number("hits", EVIL, 12.0, None, None, EVIL, "count")
WINDOWS = Table(
    "windows",
    f"Windows {EVIL}",
    (Axis("Window", "GeV", ((2.8, 3.4), (3.4, 4.0))), Axis("Region", "", (EVIL, "low"))),
    (
        Column("Mass", "GeV", (3.0931, None), {EVIL: ((0.1, 0.1), (0.1, 0.1)), "syst": ((0.0, 0.2), (0.0, 0.2))}, {}),
        Column("n", "", (5.0, 2.71828), {}, {}),
    ),
)
LONG = Table("long", "Long", (Axis("Bin", "", tuple(map(float, range(40)))),), (Column("n", "", (1.0,) * 40, {}, {}),))


class Tags(HTMLParser):
    """Checks that all tags that need it are closed, in order, and notes cells and tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.seen: set[str] = set()
        self.cells: list[str] = []
        self.feed(text)
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag != "img":
            self.opened.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.opened):
            self.cells[-1] += data


def results(**more: object) -> Results:
    return Results(
        json.loads(
            json.dumps(
                {
                    "headline": {"mass $m$": EVIL},
                    "numbers": [MASS.as_json(), HITS.as_json() | {"source": "fit"}],
                    "tables": [WINDOWS.as_json(), LONG.as_json()],
                    **more,
                }
            )
        )
    )


def test_results_are_a_dictionary_with_objects():
    found = results(more=[1, 2])
    assert found["more"] == [1, 2]
    assert found.numbers == {"mass": MASS, "hits": HITS}
    assert found.tables == {"windows": WINDOWS, "long": LONG}
    assert (Results().numbers, Results().tables) == ({}, {})
    assert repr(found).splitlines() == [
        f"mass m: {EVIL}",
        "mass = 91.18 ± 0.80 (stat) −0.30 +0.40 (syst) GeV",
        f"hits = 12 {EVIL}",
        f"windows: 2 rows, Windows {EVIL}",
        "long: 40 rows, Long",
    ]
    assert repr(Results({"a": 1, "b": 2})) == "Results('a', 'b')"


def test_results_in_a_notebook():
    html = results()._repr_html_()
    page = Tags(html)
    assert "script" not in page.seen
    assert page.cells[:2] == ["mass m", EVIL]
    assert "<i>m</i><sub>Z</sub>" in html.replace("<sub><i>Z</i></sub>", "<sub>Z</sub>")
    place = page.cells.index("91.18 ± 0.80 (stat) −0.30 +0.40 (syst)")
    assert page.cells[place + 1 : place + 5] == ["GeV", EVIL, "12", EVIL]
    place = page.cells.index("Window [GeV]")
    assert page.cells[place : place + 12] == [
        *("Window [GeV]", "Region", "Mass [GeV]", "n"),
        *("2.8 – 3.4", EVIL, f"3.09 ± 0.10 ({EVIL}) −0.00 +0.20 (syst)", "5"),
        *("3.4 – 4", "low", "–", "2.718"),
    ]
    assert "and 30 more rows" in html
    assert Tags(Results({"<b>": 1})._repr_html_()).seen == {"pre"}


def test_a_calibration_shows_its_corrections(tmp_path: Path):
    one = schemav2.Correction(
        name="scale",
        description=EVIL,
        version=1,
        inputs=[],
        output=schemav2.Variable(name="out", type="real"),
        data=1.01,
    )
    derived = Calibration(
        schemav2.CorrectionSet(schema_version=2, corrections=[one]), {"numbers": [MASS.as_json()]}, {}
    )
    corrections.save(derived, lambda name: tmp_path / name, Corrections("calibration"))
    shown = ShownCalibration(lambda name: tmp_path / name)
    assert shown["scale"].evaluate() == pytest.approx(1.01)
    assert shown.results.numbers == {"mass": MASS}
    assert repr(shown).splitlines()[0] == "corrections: scale"
    page = Tags(shown._repr_html_())
    assert page.cells[2:4] == ["scale", EVIL]
    assert "script" not in page.seen


def test_figures_are_images_with_titles(tmp_path: Path):
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 10
    for name in ("mass", "pt"):
        (tmp_path / f"{name}.png").write_bytes(png)
        (tmp_path / f"{name}.pdf").write_bytes(b"%PDF")
    shown = Figures(
        mass=Figure("mass", lambda name: tmp_path / name, f'$m$ {EVIL}"', EVIL),
        pt=Figure("pt", lambda name: tmp_path / name),
    )
    assert repr(shown) == "figures: mass, pt"
    assert shown["mass"].pdf.read_bytes() == b"%PDF"
    assert shown["mass"]._repr_png_() == png
    html = shown._repr_html_()
    assert Tags(html).seen == {"figure", "img", "figcaption", "b", "i"}
    assert html.count(base64.b64encode(png).decode()) == 2
