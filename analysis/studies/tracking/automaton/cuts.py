"""Cuts that a track has to fulfil; imports nothing heavy."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Cuts"]


class Cuts(NamedTuple):
    """Cuts of the automaton, numbers that enter its programs as values: other ones need no new compilation.

    Args:
        momentum: smallest transverse momentum in GeV.
        field: magnetic field along z in T.
        vertex: largest distance along z of a doublet's origin from the beam spot, mm.
        impact: largest transverse impact parameter in mm, of a straight track.
        impact_scattering: what a track of 1 GeV may have beyond that, mm.
        scattering: allowed change of direction at a layer of a track of 1 GeV, rad; falls with its momentum.
        slope: allowed change of cot(theta) between two doublets for the resolution of hits, mm (over the distance).
        curvature: allowed change of the curvature between two triplets for the resolution of their hits, mm (over
            the square of the distance).
        lone: seeds of three hits fulfil the cuts on slope, scattering and impact times this.
        shared: number of hits that a seed may have in common with better ones; of 4, none is removed.
    """

    momentum: float = 0.45
    field: float = 2.0
    vertex: float = 180.0
    impact: float = 0.35
    impact_scattering: float = 0.3
    scattering: float = 0.0075
    slope: float = 0.1
    curvature: float = 0.15
    lone: float = 1.0
    shared: float = 1.0
