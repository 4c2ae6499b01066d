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
    Size(2_560, 640, 16, 8, 128, 8_192, 4_096, 8_192, 6_144, 1_536, 6_144, 1_024),
    Size(6_144, 1_536, 32, 8, 256, 32_768, 16_384, 32_768, 16_384, 4_096, 16_384, 2_560),
    Size(11_264, 2_816, 32, 8, 256, 81_920, 40_960, 81_920, 49_152, 12_288, 49_152, 6_144),
    Size(22_528, 5_632, 64, 8, 256, 262_144, 131_072, 262_144, 196_608, 32_768, 131_072, 16_384),
    Size(45_056, 10_240, 64, 8, 512, 1_048_576, 524_288, 1_048_576, 786_432, 131_072, 524_288, 49_152),
)
"""Size classes from small to large, for about 10, 25, 50, 100 and 200 vertices."""
