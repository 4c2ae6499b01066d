"""Names, titles and captions of the study's figures."""

from __future__ import annotations

__all__ = ["CALIBRATION", "SHOWERS"]

Captions = tuple[tuple[str, str, str], ...]

SHOWERS: Captions = (
    (
        "displays",
        "The same particle, simulated and generated",
        "Hits of single showers, seen from the side: sums over the crystals across. Energies and angles are the same, "
        "the showers are not: each is a draw.",
    ),
    (
        "profiles",
        "Energy in depth and across",
        "Mean shares of the layers, and of the crystals' rows along the inclination; bands have 68 % of the showers. "
        "Simulated (points) and generated (lines), of low and high energies.",
    ),
    (
        "shapes",
        "Shapes of showers",
        "Simulated showers, those that a network generates, and those that templates alone would give: all of normal "
        "numbers, without a network.",
    ),
    (
        "resolution",
        "Response and resolution",
        "Energy of all hits over the particle's, against its energy. Grey: energies that neither templates nor "
        "networks have seen.",
    ),
    (
        "correlations",
        "Correlations",
        "Of the shares of the layers, of simulated showers and of generated ones.",
    ),
    ("training", "Training", "Of the generator, on the validation fold."),
)

CALIBRATION: Captions = (
    (
        "gains",
        "Gains of the channels",
        "Derived from muons and electrons of the simulated test beam, against the true ones that the simulation has.",
    ),
    ("test_beam", "Electrons of the test beam", "Sum of all cells, which sets the energy scale."),
)
