"""Settings of the observatory for all steps of the study; each part of the study has its own settings beside these."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ObservatorySettings"]


@dataclass(frozen=True)
class ObservatorySettings:
    """The array of stations and the electronics in them, as in the Pierre Auger Observatory (NIM A 798 (2015) 172).

    Args:
        spacing: distance of neighbouring stations, in m.
        rings: rings of stations around the central one; r rings make 3 r (r + 1) + 1 stations.
        altitude: above sea level, in m.
        depth: vertical atmospheric depth at that altitude, in g/cm2.
        area: of a station's water, in m2.
        height: of a station's water, in m.
        photomultipliers: in a station.
        sampling: length of a sample, in ns.
        samples: in a trace.
        pretrigger: samples before the one in which the station triggered.
        bits: of the analogue-to-digital converters.
    """

    spacing: float = 1500.0
    rings: int = 5
    altitude: float = 1400.0
    depth: float = 880.0
    area: float = 10.0
    height: float = 1.2
    photomultipliers: int = 3
    sampling: float = 25.0
    samples: int = 256
    pretrigger: int = 48
    bits: int = 10
