"""Size classes: how much room a compiled program has; imports nothing heavy."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SIZES", "Size"]


class Size(NamedTuple):
    """Lengths of the arrays of a program, all fixed when it is compiled.

    Args:
        points: space points, those beyond the ends of phi counted twice.
        starts: of them, those that tracks begin in.
        rows: of a layer's grid, along z in the barrel and along r in the endcaps.
        coarse: rows of the grid in which doublets are looked for.
        sectors: of both grids in phi.
        windows: rows of the coarse grid that starts look into.
        pairs: doublets that are looked at.
        doublets: doublets that pass.
        roads: rows of layers that doublets point to.
        trials: triplets that are looked at.
        cells: triplets that pass.
        links: rows that triplets point to, and fourth hits that are looked at.
        seeds: seeds.
    """

    points: int
    starts: int
    rows: int
    coarse: int
    sectors: int
    windows: int
    pairs: int
    doublets: int
    roads: int
    trials: int
    cells: int
    links: int
    seeds: int


SIZES = (
    Size(2_560, 896, 32, 8, 128, 4_608, 2_560, 1_792, 3_584, 1_280, 768, 1_536, 320),
    Size(6_144, 2_048, 32, 8, 256, 11_264, 10_240, 7_168, 13_312, 5_120, 1_536, 3_072, 640),
    Size(9_728, 4_096, 32, 8, 256, 22_528, 38_912, 27_648, 49_152, 19_456, 4_096, 6_144, 1_024),
    Size(22_528, 8_192, 32, 8, 512, 45_056, 122_880, 90_112, 163_840, 92_160, 8_192, 14_336, 2_560),
    Size(45_056, 16_384, 32, 8, 512, 90_112, 458_752, 319_488, 573_440, 491_520, 24_576, 45_056, 5_120),
    Size(67_584, 24_576, 32, 8, 512, 131_072, 786_432, 524_288, 1_048_576, 786_432, 65_536, 98_304, 10_240),
)
"""Size classes from small to large, for about 10, 25, 50, 100 and 200 vertices, and one for more: what the fullest pass
needs with the cuts that are learned, and a tenth to a third more (``benchmarks/tracking_seeds.py --profile``, events
that nothing else is measured with)."""
