"""Settings of the figures of published numbers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FIGURES", "PublicationFigureSettings"]

FIGURES = ("moments", "distributions")
"""Names of the figures."""


@dataclass(frozen=True)
class PublicationFigureSettings:
    """Settings of the figures of published numbers.

    Args:
        experiment: whose data these are; what is before the first breaking space is set in bold.
        models: hadronic interaction models whose pure primaries are drawn beside the data, at most three; the first one
            also beside the distributions.
        primaries: mass number by symbol.
    """

    experiment: str = "Pierre\N{NO-BREAK SPACE}Auger\N{NO-BREAK SPACE}Observatory published data"
    models: tuple[str, ...] = ("EPOS-LHC", "QGSJetII-04", "Sibyll2.1")
    primaries: tuple[tuple[str, int], ...] = (("p", 1), ("He", 4), ("N", 14), ("Fe", 56))
