"""The figure of pulls and impacts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.plotting.pulls import draw_pulls
from analysis.plotting.style import FigureLabel, figure_style, save_figure

LABEL = FigureLabel("CMS Open Data", luminosity=4.412, energy=8.0)


def fitted(number: int = 40) -> dict[str, Any]:
    """A fit with that many parameters, impacts in no order; every fifth has no constraint."""
    random = np.random.default_rng(1)
    names = [f"gamma[{n}]" if n % 2 else f"source_{n}" for n in range(number)]
    impacts = [
        {
            "parameter": name,
            "pull": None if n % 5 == 0 else float(random.normal(0.0, 0.5)),
            "constrained_to": None if n % 5 == 0 else float(random.uniform(0.4, 1.0)),
            "down": float(random.normal(0.0, 0.05)),
            "up": float(random.normal(0.0, 0.05)),
        }
        for n, name in enumerate(names)
    ]
    return {
        "impacts": {"mu": impacts},
        "parameters": {name: {"value": 1.234, "uncertainty": 0.05} for name in names},
        "intervals": {"mu": {"value": 0.97, "down": 0.041, "up": 0.048}},
    }


def drawn(fit: dict[str, Any], **options: Any) -> tuple[Any, Any, Any]:
    """The figure and its axes of pulls and of impacts."""
    figure: Any
    with figure_style():
        figure = draw_pulls(fit, "mu", LABEL, **options)
    return figure, *figure.axes


def ranked(fit: dict[str, Any]) -> list[dict[str, Any]]:
    """The largest impact first."""
    return sorted(fit["impacts"]["mu"], key=lambda entry: -max(abs(entry["down"]), abs(entry["up"])))


def test_the_largest_impacts_are_shown_in_order():
    fit = fitted()
    _, left, right = drawn(fit)
    expected = ranked(fit)[:25]
    assert [text.get_text() for text in left.get_yticklabels()] == [entry["parameter"] for entry in expected]
    for side, bars in zip(("down", "up"), right.containers, strict=True):
        np.testing.assert_allclose([bar.get_width() for bar in bars], [entry[side] for entry in expected])
        np.testing.assert_allclose([bar.get_y() + bar.get_height() / 2 for bar in bars], np.arange(25), atol=1e-12)
    low, high = left.get_ylim()
    assert low > 24.0 > 0.0 > high


def test_pulls_are_points_with_constrained_uncertainties():
    fit = fitted()
    _, left, _ = drawn(fit)
    constrained = [(row, entry) for row, entry in enumerate(ranked(fit)[:25]) if entry["pull"] is not None]
    assert len(left.containers) == len(constrained)
    for (row, entry), container in zip(constrained, left.containers, strict=True):
        line, _, (bar,) = container.lines
        np.testing.assert_allclose(line.get_xydata(), [[entry["pull"], row]])
        (ends,) = bar.get_segments()
        np.testing.assert_allclose(ends[:, 0], entry["pull"] + entry["constrained_to"] * np.array([-1, 1]))
    values = [text for text in left.texts if text.get_text() == "1.234 ± 0.050"]
    assert len(values) == 25 - len(constrained) > 0


def test_all_of_a_pull_is_in_sight():
    fit = fitted(3)
    fit["impacts"]["mu"][1].update(pull=-4.0, constrained_to=0.9)
    _, left, _ = drawn(fit)
    assert left.get_xlim()[0] < -4.9


def test_words():
    titles = {"source_2": r"$\tau$ energy scale"}
    figure, left, right = drawn(fitted(3), title=r"$\mu$", titles=titles)
    assert r"$\tau$ energy scale" in [text.get_text() for text in left.get_yticklabels()]
    assert [text.get_text() for text in figure.texts] == [r"$\mu$ = $0.970^{+0.048}_{-0.041}$"]
    assert right.get_xlabel() == r"$\Delta$ $\mu$"
    assert "Open Data" in [text.get_text() for text in left.texts]


def test_failed_and_missing_impacts_go_through(tmp_path: Path):
    failed = fitted(4)
    failed["impacts"]["mu"][2].update(down=None, up=float("nan"))
    none = {**fitted(1), "impacts": {"mu": []}}
    with figure_style():
        for number, fit in enumerate((failed, none)):
            path = tmp_path / f"{number}.png"
            save_figure(draw_pulls(fit, "mu", LABEL), path)
            assert path.stat().st_size > 1000
    _, left, _ = drawn(failed)
    assert left.get_yticklabels()[-1].get_text() == "source_2"
    with pytest.raises(DataError, match=r"'other'.*mu"):
        draw_pulls(failed, "other", LABEL)
