"""Names, titles and captions of the study's figures."""

from __future__ import annotations

__all__ = ["EFFICIENCIES", "SCAN", "TRACES"]

Captions = tuple[tuple[str, str, str], ...]

TRACES: Captions = (
    (
        "traces",
        "What a station sees",
        "Mean of the photomultipliers: two particles of the background that come one after the other, and stations far "
        "from the core of showers.",
    ),
)

EFFICIENCIES: Captions = (
    (
        "signal",
        "Efficiency of a station against its signal",
        "All triggers have the same rate of background. Bars are statistical (68.3 %).",
    ),
    (
        "distance",
        "Efficiency of a station against its distance to the shower axis",
        "Showers of all generated energies. Bars are statistical (68.3 %).",
    ),
    (
        "array",
        "Efficiency of the array against energy",
        "Three neighbouring stations trigger. Bars are statistical (68.3 %).",
    ),
    (
        "rates",
        "Rate of background against threshold",
        "Rates of a station in the background that thresholds are chosen with; the line is the rate that triggers are "
        "compared at.",
    ),
)

SCAN: Captions = (
    (
        "resources",
        "Efficiency against resources and latency",
        "Networks of several sizes and bit widths, each at the same rate of background: look-up tables and latency as "
        "da4ml estimates them.",
    ),
)
