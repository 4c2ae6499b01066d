"""Formulas of titles as HTML and text."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report.mathematics import as_html, as_text, unit_as_html, unit_as_text

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("latex", "markup", "text"),
    [
        (r"$W \to \ell\nu$ + 1 jet", "<i>W</i> → ℓ<i>ν</i> + 1 jet", "W → ℓν + 1 jet"),
        (r"$Z/\gamma^* \to \ell\ell$", "<i>Z</i>/<i>γ</i><sup>*</sup> → ℓℓ", "Z/γ^* → ℓℓ"),
        (r"$\mu\tau_h$ at 8 TeV", "<i>μτ</i><sub><i>h</i></sub> at 8 TeV", "μτ_h at 8 TeV"),
        (r"$t\bar{t}$", "<i>tt\u0305</i>", "tt\u0305"),
        (r"$\langle X_\mathrm{max} \rangle$", "⟨<i>X</i><sub>max</sub>⟩", "⟨X_max⟩"),
        (r"$\lg(E/\mathrm{eV})$", "lg(<i>E</i>/eV)", "lg(E/eV)"),
        (r"$10^{-3}\,\mathrm{cm}^2$", "10<sup>−3</sup>\u2009cm<sup>2</sup>", "10⁻³\u2009cm²"),
        (r"$\cos^2\theta - 1 \leq 0$", "cos<sup>2</sup><i>θ</i> − 1 ≤ 0", "cos²θ − 1 ≤ 0"),
        (r"$-2\Delta\ln L$", "−2Δln\u2009<i>L</i>", "−2Δln\u2009L"),
        (r"$\sqrt{s} = 8$", "√<i>s</i> = 8", "√s = 8"),
        (r"$\sqrt{a+b}$", "√(<i>a</i> + <i>b</i>)", "√(a + b)"),
        (r"$\frac{1}{x+y}$", "1/(<i>x</i> + <i>y</i>)", "1/(x + y)"),
        (r"$p_T^{\mathrm{miss}}$", "<i>p</i><sub><i>T</i></sub><sup>miss</sup>", "p_T^miss"),
        (r"$\mathrm{two words}$", "two words", "two words"),
        ("a & b < c", "a &amp; b &lt; c", "a & b < c"),
        ("5 $ a day", "5 $ a day", "5 $ a day"),
        (r"\$5 and \$6", "$5 and $6", "$5 and $6"),
        ("", "", ""),
    ],
)
def test_what_studies_write(latex: str, markup: str, text: str) -> None:
    assert as_html(latex) == markup
    assert as_text(latex) == text


@pytest.mark.parametrize(
    "formula", [r"\mystery{x}", "a}", "{a", "^", r"\bar", r"\frac{a}", r"\bar{x^2}", "<b>&" + r"\no"]
)
def test_what_is_not_known_is_shown_as_it_is_written(formula: str) -> None:
    assert as_html(f"${formula}$") == f"<code>{html.escape(formula)}</code>"
    assert as_text(f"${formula}$") == formula


def test_every_formula_of_the_studies_is_understood() -> None:
    formulas = set()
    for file in (REPOSITORY / "analysis" / "studies").rglob("*.py"):
        # only whole literals: what is put together at run time is not LaTeX yet
        for literal in re.findall(r"""(?<!f)r?"([^"\n{}]*\$[^"\n]*)\"""", file.read_text()):
            formulas |= {found for found in re.findall(r"\$([^$]+)\$", literal) if "{{" not in found}
    assert len(formulas) > 10
    assert [formula for formula in sorted(formulas) if "<code>" in as_html(f"${formula}$")] == []


@given(st.text(alphabet=r"ab12 \{}^_$<>&'\"-+=taubr", max_size=30))
def test_any_text_is_well_formed_markup(text: str) -> None:
    markup = as_html(text)
    tags = re.findall(r"<(/?)([^>]*)>", markup)
    assert {name for _, name in tags} <= {"i", "sub", "sup", "code"}
    opened: list[str] = []
    for closing, name in tags:
        if closing:
            assert opened.pop() == name
        else:
            opened.append(name)
    assert opened == []
    assert "<" not in re.sub(r"</?(i|sub|sup|code)>", "", markup)
    as_text(text)


def test_units() -> None:
    assert unit_as_html("g/cm2") == "g/cm<sup>2</sup>"
    assert unit_as_html("m<-2>") == "m&lt;-2&gt;"
    assert unit_as_html(r"$\mathrm{fb}^{-1}$") == "fb<sup>−1</sup>"
    assert unit_as_text("g cm-2") == "g cm⁻²"
    assert unit_as_text("GeV") == unit_as_html("GeV") == "GeV"
