"""Names, titles and captions of the study's figures."""

from __future__ import annotations

__all__ = ["DETECTOR", "SEEDS"]

Captions = tuple[tuple[str, str, str], ...]

SEEDS: Captions = (
    (
        "efficiency",
        "Efficiency",
        "Of particles above 0.5 GeV with three pixel hits or more, at 100 vertices, against transverse momentum and "
        "pseudorapidity; right: of pions of K0S decays and others at 50 vertices, against the distance from the beam "
        "where they begin.",
    ),
    (
        "pileup",
        "Pile-up",
        "Efficiency above 0.5 GeV, and share of fakes among fakes and found particles, where duplicates count once.",
    ),
    (
        "front",
        "Cuts",
        "Sets of cuts that were tried, those that none excels in both, and the chosen one; beside them the seeders of "
        "ACTS on the same events.",
    ),
    (
        "display",
        "An event",
        "A tenth of an event of 50 vertices, across the beam: space points, and seeds of the automaton.",
    ),
)

DETECTOR: Captions = (
    ("layers", "The detector", "Space points of events that calibrate it, and the layers that follow from them."),
    (
        "beam_spot",
        "Beam spot",
        "How far tracks pass the middle of the detector, against their direction; the line is the beam spot.",
    ),
)
