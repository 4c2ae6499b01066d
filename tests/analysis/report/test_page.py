"""The page as text; what it does in a browser is in test_browser.py."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import DataError
from analysis.report import appearance
from analysis.report.details import details
from analysis.report.material import DatasetRow, Elsewhere, FigureFile, SourcedNumber
from analysis.report.page import render
from analysis.results import Axis, Check, Column, Number, Table
from tests.analysis.report.example import NUMBERS, figure, node, page, records

REPOSITORY = Path(__file__).resolve().parents[3]
VOID = {"meta", "link", "img", "input", "br"}


class Reader(HTMLParser):
    """Elements of a page; elements that are not closed in their order are noted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def text() -> str:
    """A page with everything on it."""
    return render(page())


def test_elements_are_closed_and_names_unique(text: str) -> None:
    reader = read(text)
    assert (reader.wrong, reader.open) == ([], [])
    names = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert sorted(set(names), key=str) == sorted(names, key=str)
    links = [a["href"] for tag, a in reader.elements if tag == "a" and (a.get("href") or "").startswith("#")]
    assert {str(link)[1:] for link in links} <= set(names)


def test_nothing_comes_from_anywhere_else(text: str) -> None:
    reader = read(text)
    for tag, attributes in reader.elements:
        for name in ("src", "srcset", "data", "action"):
            assert (attributes.get(name) or "data:").startswith("data:"), (tag, attributes)
        if tag == "link":
            assert (attributes["href"] or "").startswith("data:")
    assert not any("@import" in one or "url(http" in one for one in reader.texts)
    addresses = {str(a["href"]) for tag, a in reader.elements if tag == "a" and "://" in str(a.get("href"))}
    assert addresses == {"https://doi.org/10.7483/A.B", "https://example.org/a?b=c&d"}


def test_figures_are_in_it(text: str) -> None:
    reader = read(text)
    images = [attributes for tag, attributes in reader.elements if tag == "img" and "src" in attributes]
    shown = page().figures
    assert len(images) == len(shown) == 4
    for attributes, drawn in zip(images, shown, strict=True):
        assert base64.b64decode((attributes["src"] or "").partition(",")[2]) == drawn.png
        assert (attributes["width"], attributes["height"]) == tuple(map(str, drawn.size))
        assert "$" not in (attributes["alt"] or "$")
    files = {a["download"]: a["href"] for tag, a in reader.elements if tag == "a" and "download" in a}
    assert list(files) == [f"{drawn.name}.pdf" for drawn in shown]
    assert base64.b64decode(str(files["roc.pdf"]).partition(",")[2]) == shown[2].pdf


def test_figures_of_one_name_in_two_sections() -> None:
    one = page().sections[0]
    names = [a["id"] for _, a in read(render(page(sections=(one, one)))).elements if "id" in a]
    assert len(names) == len(set(names))


def test_a_figure_without_pdf_offers_none() -> None:
    drawn = figure("roc", "ROC")
    section = page().sections[0].__class__("Figures", "", (FigureFile("roc", "ROC", "", drawn.png),))
    assert "application/pdf" not in render(page(sections=(section,)))


def rows(text: str, within: str) -> list[list[str]]:
    """Cells of a table's body as plain text."""
    table = text[text.index(within) :]
    body = table[table.index("<tbody>") : table.index("</tbody>")]
    cells = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]
    return [[html.unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in row] for row in cells]


def test_numbers_are_rounded_to_what_is_known(text: str) -> None:
    found = {row[0].partition("  ")[0]: row[1:5] for row in rows(text, 'class="numbers"')}
    assert found["strength of Z → ττ"] == ["0.971", "± 0.021", "+0.061−0.055", "–"]
    assert found["strength of H → ττ test"] == ["1.4", "+1.4−1.3", "+1.0−1.1", "–"]
    assert found["upper limit on μH at 95 % CL"] == ["4.62", "–", "–", "–"]
    assert found["⟨Xmax⟩"] == ["741.3", "± 2.1", "+9.2−8.0", "g/cm2"]


@pytest.mark.parametrize(
    ("value", "stat", "expected"),
    [
        (1.23456e19, (2.01e17, 3.45e17), ["1.235 × 10¹⁹", "+3.4 × 10¹⁷−2 × 10¹⁷"]),
        (-0.00012345, (0.00002, 0.00002), ["−0.000123", "± 0.000020"]),
        (-0.04, (0.5, 0.5), ["−0.04", "± 0.50"]),
        (3.0, (0.0, 0.0), ["3", "± 0"]),
        (1234.0, (150.0, 150.0), ["1230", "± 150"]),
    ],
)
def test_numbers_of_any_size(value: float, stat: tuple[float, float], expected: list[str]) -> None:
    sourced = SourcedNumber(Number("a", "a", value, stat, None, "", "m"), "htautau/X/y-0123")
    assert rows(render(page(numbers=(sourced,))), 'class="numbers"')[0][1:3] == expected


def test_tables_show_bins_and_missing_values(text: str) -> None:
    found = rows(text, "Fractions of primaries")
    assert [row[0] for row in found] == ["17.8 – 17.9", "17.9 – 18.0", "18.0 – 18.1"]
    assert found[0][1] == "0.60 +0.04−0.05 +0.12−0.10"
    assert found[2][4] == "–"
    # a long one is folded, a short one is not
    assert '<details class="fold all-numbers" open>' in text
    assert '<details class="fold all-numbers">' in render(page(numbers=page().numbers * 4))
    assert re.findall(r'<details class="fold"( open)?>', text) == [" open", ""]
    versions = {f"package-{number}": "1.0" for number in range(13)}
    assert '<details class="fold versions">' in render(page(versions=versions))
    assert '<details class="fold versions" open>' in text


def test_rows_that_are_words() -> None:
    table = Table("t", "T", (Axis("a", "", ("$x$", "b")),), (Column("c", "GeV", (1.0, 20.5), {}, {}),))
    assert rows(render(page(tables=(table,))), 'id="tables"') == [["x", "1"], ["b", "20.5"]]


def test_values_in_tables_are_rounded() -> None:
    rounded = Column("known", "", (6.39301, 6.39301), {"stat": ((0.35, 0.35), (0.0, 0.0))}, {})
    table = Table("t", "T", (Axis("a", "", ("x", "y")),), (Column("c", "", (5.56044, 13572.0), {}, {}), rounded))
    assert rows(render(page(tables=(table,))), 'id="tables"') == [
        ["x", "5.560", "6.39 ± 0.35"],
        ["y", "13572", "6.393 ± 0"],
    ]
    # of the page alone
    assert table.columns[1].values[0] == 6.39301


def test_regions_and_processes_have_their_titles() -> None:
    titles = {"near": "$x < 1$", "higgs": r"$H \to ZZ$"}
    columns = (Column("higgs", "", (1.0, 2.0), {}, {}), Column("data", "", (3.0, 4.0), {}, {}))
    yields = Table("yields", "T", (Axis("Region", "", ("near", "peak")),), columns)
    text = render(page(tables=(yields,), titles=titles))
    assert [row[0] for row in rows(text, 'id="tables"')] == ["x < 1", "peak"]
    heading = text[text.index('id="tables"') :].partition("</thead>")[0]
    assert "higgs" not in heading
    assert "data" in heading
    # what else is called so is none
    other = Table("other", "T", (Axis("Parameter", "", ("near", "peak")),), columns)
    assert [row[0] for row in rows(render(page(tables=(other,), titles=titles)), 'id="tables"')] == ["near", "peak"]


@pytest.mark.parametrize(
    ("more", "source"),
    [
        ({"origin": "in the package astrotools 1.5.0"}, "in the package astrotools 1.5.0"),
        ({"origin": "in the package a 1", "doi": "10.1/x", "citation": "c"}, "doi:10.1/x, in the package a 1"),
        ({"citation": "A. Author (2020)"}, "see below"),
        ({}, "–"),
    ],
)
def test_where_numbers_come_from(more: dict[str, str], source: str) -> None:
    row = DatasetRow("xmax", "Depth", "published", **more)  # type: ignore[arg-type]
    assert rows(render(page(datasets=(row,))), 'class="datasets"')[0][-1] == source
    made = DatasetRow("proton", "proton showers", "simulated", 4000, origin="made by this study")
    assert rows(render(page(datasets=(made,))), 'class="datasets"')[0][-1] == "made by this study"


def again(elsewhere: Elsewhere) -> str:
    text = render(page(elsewhere=elsewhere))
    return " ".join(
        html.unescape(re.sub(r"<[^>]*>", "", text[text.index('id="again"') :].partition("<div")[0])).split()
    )


def test_a_stranger_is_told_where_the_code_of_a_study_is() -> None:
    known = again(Elsewhere("h4l.study", "folder", "https://example.org/h4l", "0123"))
    assert "the package h4l, is at https://example.org/h4l, commit 0123, and in the study's capsule" in known
    assert "name that folder in law_user.cfg, section [studies], option path." in known
    assert "In a checkout of erumflow at commit bcd6b61435f49520ef164323203d4a7812e91dde, after source setup" in known
    assert "is in its authors' repository at commit 0123, and in the" in again(Elsewhere("a.b", "folder", "", "0123"))
    module = again(Elsewhere("a.b", "module"))
    assert "the package a, is in the study's capsule" in module
    assert "name a.b in law_user.cfg, section [studies], option modules." in module
    assert "Install it beside erumflow." in again(Elsewhere("a.b", "entry point"))
    assert "no part of erumflow" not in render(page())


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JavaScript://a.b/%0aalert(1)", "data:text/html,<script>alert(1)</script>", " http:"]
)
def test_an_address_that_is_no_page_s_is_no_link(url: str) -> None:
    row = DatasetRow("xmax", "Depth", "published", None, "MIT", "", "Phys. Rev. D 90", url)
    text = render(page(datasets=(row,), elsewhere=Elsewhere("h4l.study", "folder", url)))
    shown = [str(a.get("href")) for tag, a in read(text).elements if tag == "a"]
    assert all(address.startswith(("#", "data:application/pdf", "https://")) for address in shown)
    assert html.escape(url) in text


def test_what_is_told_of_records(text: str) -> None:
    script = re.search(r'<script type="application/json" id="details">(.*?)</script>', text, re.DOTALL)
    assert script is not None
    told: dict[str, Any] = json.loads(script[1])
    assert told == json.loads(json.dumps(details(page().records)))
    fit = told["records"][page().numbers[0].place]
    assert fit["family"] == "FitMeasurement"
    assert ["commit", "bcd6b61435, files edited"] in fit["facts"]
    source = told["records"][fit["inputs"][0][1]]
    assert [fit["inputs"][0][0], page().numbers[0].place] in source["uses"]
    assert [name for name, _ in told["code"][fit["code"]]] == ["analysis/events/root.py", "tasks.FitMeasurement.run"]
    assert told["steps"]["CalibrateEvents"]["facts"][0] == ["records", "9"]


def test_settings_are_readable() -> None:
    told = details([node("FetchData", "TTbar")])
    assert told["settings"] == ["edges: 0.0, 0.9, 1.6, 2.4\nfile:\n  name: TTbar.root\n  events: 6971"]


def test_equal_code_stands_once() -> None:
    told = details(records(("a", "b", "c", "d"), chunks=40))
    numbers = {record["code"] for record in told["records"].values() if record["family"] == "CalibrateEvents"}
    assert len(numbers) == 1
    shown = [(len(record["files"]), record["more"]) for record in told["records"].values()]
    assert max(shown) == (12, 28)


def test_same_page_same_text_in_another_process(text: str) -> None:
    script = (
        "import hashlib; from analysis.report.page import render; from tests.analysis.report.example import page; "
        "print(hashlib.sha256(render(page()).encode()).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": str(REPOSITORY), "TZ": "UTC+3"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert done.stdout.strip() == hashlib.sha256(text.encode()).hexdigest()
    assert render(page()) == text


def test_data_that_nobody_looked_at_say_so() -> None:
    assert "Asimov data" in render(page(data="asimov"))
    assert "Asimov data" not in render(page())


def test_the_commit_is_left_out_where_there_is_none() -> None:
    assert "In a checkout of the project, after" in render(page(environment={}))


def test_what_is_no_png() -> None:
    for content in (b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(30)):
        with pytest.raises(DataError, match="'roc' is no PNG"):
            FigureFile("roc", "ROC", "", content)


def test_digest_follows_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = appearance.digest()
    assert before == appearance.digest()
    original = appearance.read
    for name in appearance.FILES:
        monkeypatch.setattr(appearance, "read", lambda n, changed=name: original(n) + (" " if n == changed else ""))
        assert appearance.digest() != before
    folder = REPOSITORY / "analysis" / "report" / "templates"
    assert sorted(appearance.FILES) == sorted(file.name for file in folder.iterdir())


def colours(style: str) -> dict[str, dict[str, str]]:
    """Colours of the two schemes, by name."""
    dark = style.index("(prefers-color-scheme: dark)")
    end = style.index("*, *::before")
    light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", style[:dark]))
    return {"light": light, "dark": light | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", style[dark:end]))}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_to_read(scheme: str) -> None:
    """WCAG 2.2, level AA: 4.5 for text, 3 for what is no text."""
    found = colours(appearance.read("page.css"))[scheme]
    for ground in ("paper", "surface", "sunk"):
        for word in ("ink", "soft", "accent"):
            assert contrast(found[word], found[ground]) >= 4.5, (word, ground)
        for kind in ("data", "calibration", "reconstruction", "learning", "inference", "result", "other"):
            assert contrast(found[kind], found[ground]) >= 3.0, (kind, ground)
    assert contrast(found["on-accent"], found["accent"]) >= 4.5
    assert contrast(found["alert"], found["alert-ground"]) >= 4.5
    assert contrast(found["ink"], found["alert-ground"]) >= 4.5


def test_every_number_is_on_the_page(text: str) -> None:
    assert len(rows(text, 'class="numbers"')) == len(NUMBERS)


def test_a_headline_breaks_between_uncertainties_only(text: str) -> None:
    assert "0.971 ±\u00a00.021\u00a0<small>(stat)</small> ±\u00a00.058\u00a0<small>(syst)</small>" in text
    longer = render(page(headline=(("a", "−11.1 & −5.4 +2.6 (syst); below 6.84; at 95 % CL"),)))
    assert '−5.4\u00a0+2.6\u00a0<small>(syst)</small><small class="rest">below 6.84; at 95 % CL</small>' in longer


CHECKS = (
    Check("njets_high_mt", "number of jets", "high $m_T$", 150.2, 5, 2e-31),
    Check("pt_2_high_mt", "$p_T$", "high $m_T$", 20.0, 19, 0.394, table="agreement"),
)


def test_checks_come_before_all_results_and_what_fails_is_red_and_said(text: str) -> None:
    shown = render(page(checks=CHECKS[::-1]))
    assert shown.index('id="validation"') < shown.index('class="headline"')
    found = rows(shown.replace('<tr class="failed">', "<tr>"), 'class="checks"')
    # what fails stands first
    assert [(row[0], row[4], row[5]) for row in found] == [
        ("number of jets", "2 × 10⁻³¹", "not described"),
        ("pT", "0.39", "described"),
    ]
    marked = re.findall(r'<tr class="failed">(.*?)</tr>', shown)
    assert len(marked) == 1
    assert "number of jets" in marked[0]
    assert "1 of 2 distributions is not described" in shown
    assert re.search(r"\.failed[^{]*\{ color: var\(--failed\)", appearance.read("page.css"))
    assert 'id="validation"' not in text


def test_of_many_checks_those_that_fail_are_open_and_all_are_behind() -> None:
    many = (*CHECKS, *(dataclasses.replace(CHECKS[1], name=f"pt_2_{number}") for number in range(12)))
    shown = render(page(checks=many))
    section = shown[shown.index('id="validation"') : shown.index('id="results"')]
    before, _, behind = section.partition('<details class="fold">')
    assert (before.count('<th scope="row">'), behind.count('<th scope="row">')) == (1, len(many))
    assert "2 × 10⁻³¹" in before
    # few of them are seen at once
    assert '<details class="fold" open>' in render(page(checks=CHECKS))


def test_checks_that_all_pass_are_said_in_one_sentence() -> None:
    shown = render(page(checks=CHECKS[1:]))
    assert "Every distribution is described." in shown
    assert 'class="failed"' not in shown


def test_technical_numbers_and_tables_are_behind_and_closed() -> None:
    numbers = page().numbers
    technical = tuple(dataclasses.replace(one, technical=True) for one in numbers[:1])
    tables = tuple(dataclasses.replace(one, technical=not row) for row, one in enumerate(page().tables))
    text = render(page(numbers=(*technical, *numbers[1:]), tables=tables))
    assert re.findall(r'<details class="fold all-numbers"( open)?>', text) == [" open", ""]
    assert text.index("<summary>Numbers <") < text.index("<summary>Numbers of calibrations, ")
    shown = rows(text, 'class="numbers"')
    assert len(shown) == len(numbers) - 1
    assert not any(row[0].startswith("strength of Z") for row in shown)
    # the short one is technical, the long one is not
    assert re.findall(r'<details class="fold"( open)?>', text) == ["", ""]
    assert text.index("Events in bins of <i>m</i>") < text.index("Fractions of primaries")
