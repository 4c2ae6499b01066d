"""Figures of the spectra that moved most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.comparison.contents import HistogramPair
from analysis.comparison.histograms import ComparedSpectrum
from analysis.histograms.processes import DATA, NOMINAL
from analysis.plotting.comparison import draw_comparison
from analysis.plotting.style import FigureLabel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.measurement import Variable

__all__ = ["draw_spectra"]


def draw_spectra(
    pairs: Sequence[HistogramPair],
    number: int,
    names: tuple[str, str],
    label: FigureLabel,
    variables: Mapping[str, Variable],
    titles: Mapping[str, str],
) -> dict[str, Figure]:
    """Draw the spectra that moved most, each with its ratio.

    Args:
        pairs: histograms of both results.
        number: of figures, at most.
        names: of both results.
        label: above the figures; that of simulated spectra says so.
        variables: by name; of others, the name itself is shown.
        titles: of regions and processes, by name.

    Returns:
        Figures by name, ``<variable>_<region>_<process>``; with the task's name before it if there are several.
    """
    drawn = {}
    moved = [(pair, one) for pair in pairs for one in pair.moved if not one.problem]
    for pair, one in sorted(moved, key=lambda item: -item[1].size)[:number]:
        spectrum = one.spectrum
        words = [spectrum.variable, spectrum.region, spectrum.process]
        name = "_".join([*([pair.name.replace(" ", "_")] if len(pairs) > 1 else []), *words])
        content = (spectrum.variable, spectrum.process, spectrum.region, spectrum.shift)
        variable = variables.get(spectrum.variable)
        drawn[name if spectrum.shift == NOMINAL else f"{name}_{spectrum.shift}"] = draw_comparison(
            pair.b.edges(spectrum.variable),
            pair.a.content(*content),
            pair.b.content(*content),
            names,
            replace(label, simulation=label.simulation or spectrum.process != DATA),
            quantity=variable.title if variable else spectrum.variable,
            unit=variable.unit if variable else "",
            words=_words(one, titles),
        )
    return drawn


def _words(one: ComparedSpectrum, titles: Mapping[str, str]) -> str:
    spectrum = one.spectrum
    named = {DATA: "Data", **titles}
    lines = [named.get(name, name) for name in (spectrum.region, spectrum.process)]
    lines += [spectrum.shift] if spectrum.shift != NOMINAL else []
    lines += [rf"$\chi^2$/bins = {one.chi2:.3g}/{one.bins}"] if one.chi2 is not None else []
    return "\n".join([*lines, *([rf"largest: {one.pull:+.2f} $\sigma$"] if one.pull is not None else [])])
