"""Settings of the calibration; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["BeamSpotSettings", "LayerSettings"]


@dataclass(frozen=True)
class BeamSpotSettings:
    """Search for the beam spot by tracks of three hits.

    Args:
        pt: lowest transverse momentum of the tracks, GeV.
        field: magnetic field along z, T.
        phi: how far the third hit of a track may be from where the first two point to, rad; five times as much before
            the beam spot is roughly known.
        z: the same along z, mm.
        reach: largest distance of an origin from the detector's middle along z, mm.
    """

    pt: float = 0.8
    field: float = 2.0
    phi: float = 0.004
    z: float = 0.6
    reach: float = 300.0

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("pt", "field", "phi", "z", "reach"):
            require(self, name, getattr(self, name) > 0, "greater than 0")


@dataclass(frozen=True)
class LayerSettings:
    """Measurement of the layers, and straight tracks that tell which follow each other.

    Args:
        spread: origins of straight tracks along z, standard deviations of the beam spot.
        eta: largest pseudorapidity of these.
        starts: number of a track's first layers in which its seed may begin.
        share: of the tracks of a layer that come to another one next; of less, they are not looked for.
        margin: what is added to the measured extent of a layer, mm.
    """

    spread: float = 3.0
    eta: float = 3.2
    starts: int = 1
    share: float = 0.005
    margin: float = 0.5

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "starts", self.starts >= 1, "at least 1")
        for name in ("spread", "eta", "margin"):
            require(self, name, getattr(self, name) > 0, "greater than 0")
