"""Figures of the spectra that moved most."""

from __future__ import annotations

import numpy as np

from analysis.comparison.contents import HistogramPair
from analysis.comparison.drawing import draw_spectra
from analysis.comparison.histograms import compare_histograms
from analysis.histograms.histograms import Histograms, new_histogram
from analysis.plotting.style import FigureLabel, figure_style
from analysis.study import Variable


def filled(*values: float) -> Histograms:
    """Data and two processes, as many as there are values."""
    names = ["data", "w", "z"][: len(values)]
    sums = np.ones((2, len(names), 1, 1, 2))
    sums[0] *= np.array(values)[:, None, None, None]
    histogram = new_histogram("mass", (0.0, 1.0, 2.0), False, (names, ["signal"], ["nominal"]), sums=sums)
    return Histograms({"mass": histogram}, {"mass": np.zeros(sums.shape)})


def pair(name: str, a: Histograms, b: Histograms) -> HistogramPair:
    return HistogramPair(name, a, b, compare_histograms(a, b))


def test_those_that_moved_most_are_drawn_with_their_titles():
    found = pair("MergeHistograms all", filled(1.0, 1.0, 1.0), filled(2.0, 5.0, 1.0))
    mass = Variable("mass", "$m$", "GeV", (0.0, 1.0, 2.0))
    with figure_style():
        figures = draw_spectra(
            [found], 4, ("a: v1", "b: v2"), FigureLabel("Toy"), {"mass": mass}, {"w": "W + jets", "signal": "Signal"}
        )
    assert list(figures) == ["mass_signal_w", "mass_signal_data"]
    above, below = figures["mass_signal_w"].axes
    texts = [text.get_text() for text in above.texts]
    assert "Signal\nW + jets\n$\\chi^2$/bins = 16/2\nlargest: +4.00 $\\sigma$" in texts
    assert "Simulation" in " ".join(texts)
    assert below.get_xlabel() == "$m$ [GeV]"
    texts = [text.get_text() for text in figures["mass_signal_data"].axes[0].texts]
    assert any(text.startswith("Signal\nData\n") for text in texts)
    assert "Simulation" not in " ".join(texts)


def test_of_several_histograms_names_say_which_and_the_number_is_of_all():
    pairs = [
        pair("MergeHistograms all", filled(1.0, 1.0), filled(1.5, 2.0)),
        pair("MergeHistograms.other all", filled(1.0, 1.0), filled(1.0, 9.0)),
    ]
    with figure_style():
        figures = draw_spectra(pairs, 2, ("a", "b"), FigureLabel(""), {}, {})
    assert list(figures) == ["MergeHistograms.other_all_mass_signal_w", "MergeHistograms_all_mass_signal_w"]
