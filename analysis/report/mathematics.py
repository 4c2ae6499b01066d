r"""Simple LaTeX formulas in titles, as HTML for a page and as plain text for where no markup goes.

Known is what the titles of figures and results are written with: sub- and superscripts, Greek letters, arrows and
relations, ``\bar``, ``\mathrm``, ``\sqrt`` and ``\frac``. A formula with anything else is shown as it is written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analysis.report.symbols import GREEK, SYMBOLS

__all__ = ["as_html", "as_text", "unit_as_html", "unit_as_text"]

_SPACES = {",": "\u2009", ":": "\u2009", ";": "\u2002", " ": " ", "!": "", "quad": "\u2003", "left": "", "right": ""}
_OPERATORS = ("cos", "sin", "tan", "log", "ln", "lg", "exp", "min", "max", "arg", "sinh", "cosh", "tanh")
_UPRIGHT = ("mathrm", "text", "mathsf", "mathbf", "mathit", "mathcal", "operatorname", "rm", "textrm")
# above the letter that they follow
_ACCENTS = {"bar": "\u0305", "overline": "\u0305", "hat": "\u0302", "tilde": "\u0303", "vec": "\u20d7", "dot": "\u0307"}
_RELATIONS = {"=": " = ", "<": " < ", ">": " > ", "-": "−", "*": "*", "'": "′", "~": "\u00a0"}

_TOKEN = re.compile(r"\\([a-zA-Z]+|.)|([{}^_])|(\s+)|(\d+(?:\.\d+)?)|(.)", re.DOTALL)
_SUPERSCRIPTS = dict(zip("0123456789+−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ", strict=True))
_UNIT_POWER = re.compile(r"(?<=[A-Za-z])\^?(-?\d+)")


@dataclass(frozen=True)
class _Text:
    """Letters that are set upright, or as variables in italics."""

    text: str
    italic: bool = False


@dataclass(frozen=True)
class _Script:
    """Something raised or lowered."""

    inner: tuple[_Node, ...]
    raised: bool


_Node = _Text | _Script


class _UnknownFormula(ValueError):
    """A formula that is not simple."""


def as_html(text: str) -> str:
    r"""Text with formulas between dollar signs as HTML.

    Examples:
        >>> as_html(r"$H \to \tau\tau$ & friends")
        '<i>H</i> → <i>ττ</i> &amp; friends'
        >>> as_html(r"$X_\mathrm{max}$, $10^{-3}$")
        '<i>X</i><sub>max</sub>, 10<sup>−3</sup>'
        >>> as_html(r"$\unknown{x}$")
        '<code>\\unknown{x}</code>'
    """
    return "".join(_convert(text, _html, "<code>{}</code>"))


def as_text(text: str) -> str:
    r"""Text with formulas between dollar signs as plain text.

    Examples:
        >>> as_text(r"$Z \to \ell\ell$ at $\sqrt{s} = 8$ TeV, $t\bar{t}$")
        'Z → ℓℓ at √s = 8 TeV, tt̅'
        >>> as_text(r"$X_\mathrm{max}$, $10^{-3}$")
        'X_max, 10⁻³'
    """
    return html.unescape("".join(_convert(text, _plain, "{}")))


def unit_as_html(unit: str) -> str:
    """A unit with its powers raised.

    Examples:
        >>> unit_as_html("g/cm2"), unit_as_html("fb-1"), unit_as_html("1/fb")
        ('g/cm<sup>2</sup>', 'fb<sup>−1</sup>', '1/fb')
    """
    if "$" in unit:
        return as_html(unit)
    return _UNIT_POWER.sub(lambda found: f"<sup>{found[1].replace('-', '−')}</sup>", html.escape(unit))


def unit_as_text(unit: str) -> str:
    """A unit with its powers raised, as plain text.

    Examples:
        >>> unit_as_text("g/cm2"), unit_as_text("fb-1")
        ('g/cm²', 'fb⁻¹')
    """
    if "$" in unit:
        return as_text(unit)
    return _UNIT_POWER.sub(lambda found: _raised_text(found[1].replace("-", "−")), unit)


def _convert(text: str, write: Callable[[tuple[_Node, ...]], str], unknown: str) -> Iterator[str]:
    """Text between formulas escaped, formulas as ``write`` writes them."""
    parts = re.split(r"(?<!\\)\$", text)
    if len(parts) % 2 == 0:  # a dollar that nothing closes is a dollar
        parts[-2:] = ["$".join(parts[-2:])]
    for number, part in enumerate(parts):
        if number % 2 == 0:
            yield html.escape(part.replace(r"\$", "$"), quote=True)
            continue
        try:
            yield re.sub(r" {2,}", " ", write(_parse(part))).strip()
        except _UnknownFormula:
            yield unknown.format(html.escape(part, quote=True))


def _parse(formula: str) -> tuple[_Node, ...]:
    nodes, _ = _sequence(list(_TOKEN.finditer(formula)), 0, upright=False, inside=False)
    return nodes


def _sequence(tokens: list[re.Match[str]], at: int, upright: bool, inside: bool) -> tuple[tuple[_Node, ...], int]:
    """Everything up to the end, or up to the brace that closes the group."""
    nodes: list[_Node] = []
    while at < len(tokens):
        if tokens[at][2] == "}":
            if not inside:
                raise _UnknownFormula("a brace closes that was never opened")
            return tuple(nodes), at + 1
        sign = _RELATIONS.get(tokens[at][0], tokens[at][0])
        found, at = _one(tokens, at, upright)
        # a sign between two things has space around it, that of a number has not
        between = nodes and not (isinstance(nodes[-1], _Text) and nodes[-1].text[-1:] in (" ", "(", "⟨", "["))
        nodes.extend((_Text(f" {sign} "),) if sign in ("−", "+") and between and not upright else found)
    if inside:
        raise _UnknownFormula("a brace is not closed")
    return tuple(nodes), at


def _one(tokens: list[re.Match[str]], at: int, upright: bool) -> tuple[tuple[_Node, ...], int]:
    """The next letter, command or group."""
    if at >= len(tokens):
        raise _UnknownFormula("something is missing at the end")
    token, at = tokens[at], at + 1
    if token[1]:
        return _command(token[1], tokens, at, upright)
    if token[2] == "{":
        return _sequence(tokens, at, upright, inside=True)
    if token[2]:
        if token[2] == "}":
            raise _UnknownFormula("a brace closes that was never opened")
        inner, at = _one(tokens, at, upright)
        return (_Script(inner, token[2] == "^"),), at
    if token[3]:
        return ((_Text(" "),) if upright else ()), at
    if token[4]:
        return (_Text(token[4]),), at
    if upright:
        return (_Text(token[5]),), at
    letter = token[5]
    return (_Text(_RELATIONS.get(letter, letter), italic=letter.isalpha()),), at


def _command(name: str, tokens: list[re.Match[str]], at: int, upright: bool) -> tuple[tuple[_Node, ...], int]:
    if name in GREEK:
        return (_Text(GREEK[name], italic=not upright and name[0].islower()),), at
    if name in _SPACES:
        return (_Text(_SPACES[name]),), at
    if name in SYMBOLS:
        return (_Text(SYMBOLS[name]),), at
    if name in _OPERATORS:
        # a power belongs to the operator's name, anything else is set off
        near = at < len(tokens) and (tokens[at][2] in ("^", "_") or tokens[at][5] == "(")
        return (_Text(name if near else f"{name}\u2009"),), at
    if name in _UPRIGHT:
        return _one(tokens, at, upright=True)
    if name in _ACCENTS:
        inner, at = _one(tokens, at, upright)
        if not inner or not all(isinstance(node, _Text) for node in inner):
            raise _UnknownFormula(name)
        return tuple(_accented(node, _ACCENTS[name]) for node in inner if isinstance(node, _Text)), at
    if name == "sqrt":
        inner, at = _one(tokens, at, upright)
        return (_Text("√"), *_grouped(inner)), at
    if name == "frac":
        above, at = _one(tokens, at, upright)
        below, at = _one(tokens, at, upright)
        return (*_grouped(above), _Text("/"), *_grouped(below)), at
    raise _UnknownFormula(name)


def _accented(node: _Text, accent: str) -> _Text:
    return _Text("".join(letter + accent for letter in node.text), node.italic)


def _grouped(nodes: tuple[_Node, ...]) -> tuple[_Node, ...]:
    """In brackets, unless it is one thing."""
    letters = [node for node in nodes if isinstance(node, _Text)]
    return nodes if len(letters) <= 1 else (_Text("("), *nodes, _Text(")"))


def _html(nodes: tuple[_Node, ...]) -> str:
    written = []
    for node in nodes:
        if isinstance(node, _Script):
            tag = "sup" if node.raised else "sub"
            written.append(f"<{tag}>{_html(node.inner).strip()}</{tag}>")
        else:
            text = html.escape(node.text, quote=True)
            written.append(f"<i>{text}</i>" if node.italic else text)
    return "".join(written).replace("</i><i>", "")


def _plain(nodes: tuple[_Node, ...]) -> str:
    written = []
    for node in nodes:
        if isinstance(node, _Text):
            written.append(html.escape(node.text, quote=True))
        else:
            inner = _plain(node.inner).strip()
            written.append(_raised_text(inner) if node.raised else f"_{inner}")
    return "".join(written)


def _raised_text(text: str) -> str:
    raised = [_SUPERSCRIPTS.get(letter, "") for letter in text]
    return "".join(raised) if all(raised) else f"^{text}"
