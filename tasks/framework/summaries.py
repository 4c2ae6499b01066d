"""What a command tells at its end, in two columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from analysis.report.mathematics import as_text

__all__ = ["in_columns"]

# what is said of a number may be long; a page shows it
_WIDEST = 80


def in_columns(lines: Iterable[tuple[str, Any]]) -> Iterator[str]:
    r"""Lay names and what they stand for out in two columns; formulas as plain text, long names in several lines.

    Examples:
        >>> print(*in_columns([(r"$\mu$", "1.0"), ("goodness", "p = 0.5")]), sep="\n")
        μ         1.0
        goodness  p = 0.5
    """
    told = [(as_text(name), as_text(str(text))) for name, text in lines]
    named = [(textwrap.wrap(name, _WIDEST, subsequent_indent="  ") or [""], text) for name, text in told]
    width = max((len(one) for names, _ in named for one in names), default=0)
    for (first, *rest), text in named:
        yield f"{first:<{width}}  {text}"
        yield from rest
