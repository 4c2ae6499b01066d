"""Search for cuts between efficiency and fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.errors import DataError
from analysis.results import Axis, Column, Table
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.optimisation.settings import RANGES
from analysis.studies.tracking.performance.efficiency import percentage
from analysis.studies.tracking.performance.matching import match, particles_of
from analysis.studies.tracking.reconstruction.seeding import find
from analysis.studies.tracking.reconstruction.settings import SeedingSettings

if TYPE_CHECKING:
    from analysis.studies.tracking.optimisation.settings import OptimisationSettings, PassSettings

__all__ = ["front_of", "optimise", "passes_with"]


def optimise(
    truth: Mapping[str, ak.Array],
    space_points: Mapping[str, ak.Array],
    layers: Mapping[str, Any],
    beam_spot: Mapping[str, Any],
    settings: OptimisationSettings,
) -> dict[str, Any]:
    """Try sets of cuts on simulated events (NSGA-II; K. Deb et al., IEEE Trans. Evol. Comput. 6 (2002) 182).

    Args:
        truth: of the events, by data set; likewise the following.
        space_points: of the same.
        layers: that these are on.
        beam_spot: where tracks come from.
        settings: of the search.

    Returns:
        ``passes`` with the chosen cuts, those for which efficiency less share of fakes is the largest; ``tried``:
        efficiency and share of fakes of each set; ``front``: numbers of those that none excels in both; ``chosen``;
        ``numbers``, ``tables``, ``headline``.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    events = {
        name: (true, space_points[name], particles_of(true, (beam_spot["x"], beam_spot["y"])))
        for name, true in truth.items()
    }
    tried: list[dict[str, Any]] = []

    def judge(trial: Any) -> tuple[float, float]:
        varied = {name: trial.suggest_float(name, low, high, log=True) for name, (low, high) in RANGES.items()}
        passes = passes_with(varied, beam_spot["length"], settings.passes)
        try:
            counted = _judged(events, layers, passes, settings)
        except DataError as error:
            # wider than the largest size class has room for
            raise optuna.TrialPruned from error
        tried.append({"varied": varied, "passes": passes, **counted})
        return tried[-1]["efficiency"], tried[-1]["fakes"]

    sampler = optuna.samplers.NSGAIISampler(population_size=settings.population, seed=settings.seed)
    study = optuna.create_study(directions=("maximize", "minimize"), sampler=sampler)
    study.enqueue_trial({name: (low * high) ** 0.5 for name, (low, high) in RANGES.items()})
    study.optimize(judge, n_trials=settings.trials)
    front = front_of([(one["efficiency"], one["fakes"]) for one in tried])
    chosen = max(front, key=lambda number: tried[number]["efficiency"] - tried[number]["fakes"])
    best = tried[chosen]
    method = f"{settings.trials} sets of cuts"
    title = "efficiency of the chosen cuts where they were learned"
    number = percentage("tuned_efficiency", title, best["found"], best["wanted"], method)
    return {
        "passes": best["passes"],
        "tried": [{name: one[name] for name in ("efficiency", "fakes")} for one in tried],
        "front": front,
        "chosen": chosen,
        "numbers": [number.as_json()],
        "tables": [_table([tried[one] for one in front]).as_json()],
        "headline": {"cuts": f"efficiency {number.value:.2f} %, {100 * best['fakes']:.1f} % fakes"},
    }


def passes_with(varied: Mapping[str, float], length: float, passes: Sequence[PassSettings]) -> list[dict[str, Any]]:
    """Passes with cuts.

    Args:
        varied: cuts, names as of ``RANGES``.
        length: of the beam spot, mm.
        passes: what else they differ in.
    """
    common = {name: value for name, value in varied.items() if name not in ("prompt", "impact")}
    return [
        {
            "anywhere": one.anywhere,
            "cuts": Cuts(
                momentum=one.momentum,
                vertex=one.spread * length,
                impact=varied["impact" if one.anywhere else "prompt"],
                **common,
            )._asdict(),
        }
        for one in passes
    ]


def front_of(points: list[tuple[float, float]]) -> list[int]:
    """Numbers of the points that none excels in both efficiency and fakes, by rising fakes.

    Examples:
        >>> front_of([(0.9, 0.2), (0.8, 0.1), (0.85, 0.3)])
        [1, 0]
    """
    front: list[int] = []
    for number in sorted(range(len(points)), key=lambda one: (points[one][1], -points[one][0])):
        if not front or points[number][0] > points[front[-1]][0]:
            front.append(number)
    return front


def _judged(
    events: Mapping[str, Any], layers: Mapping[str, Any], passes: list[dict[str, Any]], settings: OptimisationSettings
) -> dict[str, Any]:
    """Count what cuts find."""
    found = wanted = fakes = particles_found = 0
    for true, points, particles in events.values():
        seeds = find(points, layers, {"passes": passes}, SeedingSettings())
        counts = match(true, seeds.automaton, particles)
        asked = particles.wanted(settings.performance)
        found += int(counts.found[asked].sum())
        wanted += int(np.count_nonzero(asked))
        fakes += counts.fakes
        particles_found += int(counts.found.sum())
    return {
        "found": found,
        "wanted": wanted,
        "efficiency": found / max(wanted, 1),
        "fakes": fakes / max(fakes + particles_found, 1),
    }


def _table(front: list[dict[str, Any]]) -> Table:
    """The front."""
    return Table(
        "front",
        "Sets of cuts that none excels in both efficiency and fakes",
        (Axis("Fakes", "%", tuple(100 * one["fakes"] for one in front)),),
        (
            Column("Efficiency", "%", tuple(100 * one["efficiency"] for one in front), {}, {}),
            *(Column(name, "", tuple(one["varied"][name] for one in front), {}, {}) for name in RANGES),
        ),
        technical=True,
    )
