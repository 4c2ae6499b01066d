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
    Size(2_560, 640, 32, 8, 256, 4_096, 3_072, 6_144, 4_096, 1_536, 3_072, 512),
    Size(6_144, 1_536, 32, 8, 256, 20_480, 14_336, 28_672, 12_288, 4_096, 8_192, 1_024),
    Size(11_264, 2_816, 32, 8, 512, 65_536, 45_056, 98_304, 32_768, 8_192, 16_384, 2_048),
    Size(22_528, 5_632, 64, 8, 512, 229_376, 163_840, 458_752, 98_304, 20_480, 49_152, 4_096),
    Size(45_056, 10_240, 64, 8, 512, 851_968, 589_824, 1_703_936, 524_288, 65_536, 131_072, 10_240),
    Size(67_584, 15_360, 64, 8, 512, 1_572_864, 1_048_576, 2_621_440, 2_097_152, 196_608, 262_144, 20_480),
)
"""Size classes from small to large, for about 10, 25, 50, 100 and 200 vertices, and one for wide cuts there."""
