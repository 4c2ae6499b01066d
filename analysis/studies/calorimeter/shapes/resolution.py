"""Response and resolution against energy, and how deep showers are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import Axis, Column, Table

if TYPE_CHECKING:
    from analysis.studies.calorimeter.generation.variables import Particles
    from analysis.studies.calorimeter.shapes.settings import ComparisonSettings

__all__ = ["KINDS", "depths", "resolution", "table"]

Array = NDArray[np.float64]

KINDS = {"simulated": "simulated", "generated": "generated", "templates": "templates alone"}


def resolution(response: Array, energy: Array, settings: ComparisonSettings) -> dict[str, Any]:
    """Mean and relative width of the response: of all showers, and in bins of energy.

    Args:
        response: measured over true energy, (n,).
        energy: true, (n,), in GeV.
        settings: the bins.

    Returns:
        ``all`` and ``bins``, of which each has ``mean``, ``mean_error``, ``width`` and ``width_error``, or is ``None``
        with too few showers.
    """
    edges = settings.energies
    place = np.digitize(energy, edges) - 1
    return {
        "all": _moments(response, 2),
        "bins": [_moments(response[place == number], settings.least) for number in range(len(edges) - 1)],
    }


def _moments(response: Array, least: int) -> dict[str, float] | None:
    number = len(response)
    if number < least:
        return None
    mean, width = float(response.mean()), float(response.std(ddof=1))
    # of a width, by the fourth moment
    fourth = float(((response - mean) ** 4).mean())
    error = np.sqrt(max(fourth - width**4, 0.0) / number) / (2 * width)
    return {
        "mean": mean,
        "mean_error": width / np.sqrt(number),
        "width": width / mean,
        "width_error": float(error) / mean,
    }


def depths(depth: Array, particles: Particles) -> dict[str, dict[str, Any]]:
    """Fit mean depths: a straight line in the logarithm of the energy, and a step from electrons to photons.

    Shower theory has 1 radiation length for both: the maximum is at ln(E / Ec) - 0.5 of electrons, + 0.5 of photons
    (B. Rossi, High-Energy Particles, 1952).

    Args:
        depth: mean depths along the crystals, (n,), in radiation lengths.
        particles: n of them.
    """
    terms = np.stack([np.ones(len(depth)), particles.log_energy, 0.5 * particles.kind, particles.inclination], axis=1)
    inverse = np.linalg.inv(terms.T @ terms)
    found = inverse @ (terms.T @ depth)
    rest = depth - terms @ found
    error = np.sqrt(np.diag(inverse) * (rest @ rest) / (len(depth) - terms.shape[1]))
    titles = {"elongation": "depth gained when the energy grows by e", "later": "depth of photons beyond electrons"}
    return {
        name: {"title": title, "value": float(found[number]), "error": float(error[number])}
        for number, (name, title) in enumerate(titles.items(), 1)
    }


def table(resolved: Mapping[str, Mapping[str, Any]], settings: ComparisonSettings) -> Table:
    """Make the table of responses and resolutions by energy, of simulated and generated showers."""
    edges = settings.energies
    rows = [number for number in range(len(edges) - 1) if all(one["bins"][number] for one in resolved.values())]

    def column(kind: str, what: str, title: str, factor: float, unit: str) -> Column:
        bins = [resolved[kind]["bins"][number] for number in rows]
        errors = tuple((factor * one[f"{what}_error"],) * 2 for one in bins)
        return Column(
            f"{title}, {KINDS[kind]}",
            unit,
            tuple(factor * one[what] for one in bins),
            {"stat": errors},
            {"data": "simulation"},
        )

    return Table(
        f"{settings.measures.name}_resolution",
        "Mean response and resolution by energy. Simulation",
        (Axis("Energy", "GeV", tuple((edges[number], edges[number + 1]) for number in rows)),),
        tuple(
            column(kind, what, title, factor, unit)
            for what, title, factor, unit in (("mean", "Response", 1.0, ""), ("width", "Resolution", 100.0, "%"))
            for kind in resolved
        ),
    )
