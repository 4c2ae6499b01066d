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
    pairs: int
    doublets: int
    roads: int
    trials: int
    cells: int
    links: int
    seeds: int


SIZES = (
    Size(2_560, 896, 32, 8, 128, 2_560, 1_792, 3_584, 1_280, 768, 1_536, 320),
    Size(6_144, 2_048, 32, 8, 256, 10_240, 7_168, 13_312, 5_120, 1_536, 3_072, 640),
    Size(11_264, 4_096, 32, 8, 256, 45_056, 32_768, 61_440, 24_576, 4_096, 7_168, 1_280),
    Size(22_528, 8_192, 32, 8, 512, 106_496, 75_776, 143_360, 73_728, 8_192, 14_336, 2_560),
    Size(45_056, 16_384, 32, 8, 512, 425_984, 294_912, 557_056, 425_984, 24_576, 45_056, 5_120),
    Size(67_584, 24_576, 32, 8, 512, 786_432, 524_288, 1_048_576, 786_432, 65_536, 98_304, 10_240),
)
"""Size classes from small to large, for about 10, 25, 50, 100 and 200 vertices, and one for more: what the fullest pass
needs, and a third more (``benchmarks/tracking_seeds.py --profile``, events that nothing else is measured with)."""
