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
    Size(2_560, 640, 32, 8, 256, 4_096, 3_072, 6_144, 3_072, 1_536, 3_072, 512),
    Size(6_144, 1_536, 32, 8, 256, 20_480, 14_336, 32_768, 12_288, 4_096, 8_192, 1_024),
    Size(11_264, 2_816, 32, 8, 512, 65_536, 49_152, 131_072, 65_536, 8_192, 16_384, 2_048),
    Size(22_528, 5_632, 64, 8, 512, 262_144, 196_608, 589_824, 229_376, 24_576, 65_536, 5_120),
    Size(45_056, 10_240, 64, 8, 512, 1_048_576, 720_896, 2_228_224, 1_441_792, 98_304, 262_144, 12_288),
    Size(67_584, 15_360, 64, 8, 512, 1_572_864, 1_048_576, 2_621_440, 2_097_152, 196_608, 327_680, 20_480),
)
"""Size classes from small to large, for about 10, 25, 50, 100 and 200 vertices, and one for wide cuts there."""
