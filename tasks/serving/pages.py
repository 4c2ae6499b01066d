"""The pages as HTML: templates, in which every text of others is escaped, and what is put into them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

import jinja2

from analysis.report.formatting import count, duration, file_size
from analysis.report.kinds import kind_of
from tasks.serving.curves import HEIGHT, WIDTH

__all__ = ["FILES", "render", "static"]

#: files beside the pages, with what they are; the look of the pages of results comes first
FILES = {"style.css": "text/css", "page.js": "text/javascript"}


@cache
def static(name: str) -> str:
    """Return one of :data:`FILES`."""
    own = _read(name)
    if name != "style.css":
        return own
    from analysis.report.appearance import read

    return f"{read('page.css')}\n{own}"


def render(template: str, /, **values: Any) -> str:
    """Return a page, or a part of one.

    Args:
        template: its name, without its ending.
        values: for it.
    """
    return _environment().get_template(f"{template}.html").render(**values)


def _read(name: str) -> str:
    return (resources.files("tasks.serving") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "about": about,
        "count": count,
        "count_of": lambda some, what: count(len(some), what),
        "size": file_size,
        "kind": lambda family: kind_of(family).name,
        "iso": _iso,
        "clock": _clock,
        "query": _query,
        "took": lambda seconds: duration(max(seconds, 0.0)),
    }
    environment.globals |= {"width": WIDTH, "height": HEIGHT}
    return environment


def about(seconds: float) -> str:
    """Write a time that is an estimate, to two digits at most.

    Examples:
        >>> [about(seconds) for seconds in (0.2, 12.3, 98.0, 700.0, 9000.0, 200000.0)]
        ['a moment', '12 s', '1.6 min', '12 min', '2.5 h', '56 h']
    """
    if seconds < 1:
        return "a moment"
    for unit, length in (("s", 1.0), ("min", 60.0), ("h", 3600.0)):
        number = seconds / length
        if unit == "h" or number < 90:
            return f"{number:.1f} {unit}" if unit != "s" and number < 10 else f"{number:.0f} {unit}"
    return ""


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds") if math.isfinite(time) else ""


def _clock(time: float) -> str:
    """Write a moment; the browser tells it in its own time zone."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC" if math.isfinite(time) else "unknown"


def _query(values: Mapping[str, Any]) -> str:
    from urllib.parse import urlencode

    return urlencode({name: value for name, value in values.items() if value not in ("", None)})
