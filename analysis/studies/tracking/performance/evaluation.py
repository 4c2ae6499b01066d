"""Efficiency, fakes and duplicates of all seeders on the same events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.results import Axis, Column, Number, Table
from analysis.studies.tracking.peers.settings import SEEDERS
from analysis.studies.tracking.performance.efficiency import binned, interval, percentage
from analysis.studies.tracking.performance.matching import Counts, Particles, match, particles_of

if TYPE_CHECKING:
    from analysis.studies.tracking.performance.settings import PerformanceSettings

__all__ = ["ALL", "evaluate"]

ALL = (("automaton", "Cellular automaton"), *SEEDERS)
"""All seeders: names and titles."""

_METHOD = "all hits of a seed are of the particle"


def evaluate(
    truth: Mapping[str, ak.Array],
    seeds: Mapping[str, ak.Array],
    peers: Mapping[str, ak.Array],
    beam_spot: Mapping[str, Any],
    settings: PerformanceSettings,
) -> dict[str, Any]:
    """Count what seeders find of the same events.

    Args:
        truth: of the simulation, by data set; likewise the following.
        seeds: of the automaton.
        peers: seeds of ACTS.
        beam_spot: which radii are relative to.
        settings: what is to be found.

    Returns:
        ``numbers``, ``tables``, ``headline``; ``binned``: by data set, quantity and seeder, for figures.
    """
    numbers, rows, curves = [], [], {}
    for name, true in truth.items():
        particles = particles_of(true, (beam_spot["x"], beam_spot["y"]))
        wanted = particles.wanted(settings)
        found = {
            seeder: match(true, (seeds if seeder == "automaton" else peers)[name][seeder], particles)
            for seeder, _ in ALL
        }
        rows.append((name, len(true), found, wanted))
        for seeder, title in ALL:
            numbers += _numbers(name, seeder, title, found[seeder], wanted)
        curves[name] = _curves(particles, found, settings)
    retries = np.concatenate([ak.to_numpy(some.retries) for some in seeds.values()])
    numbers.append(
        percentage(
            "retried",
            "events with a pass that was done again in a larger size class",
            int((retries > 0).sum()),
            len(retries),
            "all data sets",
        )
    )
    crowded = max(rows, key=lambda one: sum(found.pure for found in one[2].values()) / one[1])
    return {
        "numbers": [one.as_json() for one in numbers],
        "tables": [_table(rows).as_json()],
        "headline": {
            title: f"{_percent(crowded[2][seeder], crowded[3])} of particles, "
            f"{100 * crowded[2][seeder].fake_share:.1f} % fakes ({crowded[0]})"
            for seeder, title in ALL
        },
        "binned": curves,
    }


def _percent(counts: Counts, wanted: Any) -> str:
    return f"{100 * counts.found[wanted].mean():.2f} %" if wanted.any() else "none"


def _numbers(name: str, seeder: str, title: str, counts: Counts, wanted: Any) -> list[Number]:
    words = f"{name.replace('_', ' ')}, {title}"
    found, total = int(counts.found[wanted].sum()), counts.fakes + int(counts.found.sum())
    of_both = "of fakes and found particles"
    return [
        percentage(f"efficiency_{seeder}_{name}", f"efficiency, {words}", found, int(wanted.sum()), _METHOD),
        percentage(f"fakes_{seeder}_{name}", f"fakes, {words}", counts.fakes, total, of_both),
    ]


def _curves(particles: Particles, found: Mapping[str, Counts], settings: PerformanceSettings) -> dict[str, Any]:
    """Efficiencies in bins of momentum, direction and origin."""
    acceptance, wanted = particles.accepted(settings), particles.wanted(settings)
    quantities = {
        "pt": (particles.pt, acceptance, settings.transverse),
        "eta": (particles.eta, wanted, settings.directions),
        "radius": (particles.radius, wanted, settings.radii),
    }
    return {
        quantity: {
            "edges": list(edges),
            **{seeder: binned(values[chosen], one.found[chosen], edges) for seeder, one in found.items()},
        }
        for quantity, (values, chosen, edges) in quantities.items()
    }


def _table(rows: list[Any]) -> Table:
    """Everything by data set and seeder."""
    flat = [
        (name, title, events, found[seeder], wanted) for name, events, found, wanted in rows for seeder, title in ALL
    ]
    shares = [interval(int(one.found[wanted].sum()), int(wanted.sum())) for *_, one, wanted in flat]
    fakes = [interval(one.fakes, one.fakes + int(one.found.sum())) for *_, one, _ in flat]

    def percent(values: list[tuple[float, float, float]]) -> tuple[tuple[float, ...], dict[str, Any]]:
        errors = tuple((100 * low, 100 * high) for _, low, high in values)
        return tuple(100 * one[0] for one in values), {"stat": errors}

    return Table(
        "seeding",
        "Seeds of the same simulated events; fakes are of fakes and found particles, duplicates of pure seeds",
        (Axis("Events", "", tuple(one[0] for one in flat)), Axis("Seeder", "", tuple(one[1] for one in flat))),
        (
            Column("Efficiency", "%", *percent(shares), {}),
            Column("Fakes", "%", *percent(fakes), {}),
            Column("Fakes an event", "", tuple(one[3].fakes / one[2] for one in flat), {}, {}),
            Column("Seeds an event", "", tuple(one[3].seeds / one[2] for one in flat), {}, {}),
            Column("Duplicates", "%", tuple(100 * one[3].duplicates for one in flat), {}, {}),
            Column("Particles", "", tuple(float(np.count_nonzero(one[4])) for one in flat), {}, {}),
        ),
    )
