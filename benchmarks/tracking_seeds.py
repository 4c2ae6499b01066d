"""Milliseconds an event against the number of vertices: the automaton of the study `tracking` beside seeders of ACTS.

All run on one core and take turns in one process, event by event, on the same simulated space points: medians of
processor time. The automaton's time has the sorting and filling of its arrays, the transfers, and what is done again in
a larger size class, without compiling; that of ACTS is the algorithm's alone, without filling its container. The
exponent is that of a power law through 25 vertices and more. Memory is the largest size of the process.
``--profile`` has the parts of the automaton instead, each timed alone, and the lengths of its lists.

    python benchmarks/tracking_seeds.py
    python benchmarks/tracking_seeds.py --profile
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# one core for all
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def calibrated() -> tuple[Any, Any, Any]:
    """Modules, beam spot and layers, as the study derives them."""
    from analysis.events.identity import identify
    from analysis.studies.tracking.detector import beam_spot, layers, modules
    from analysis.studies.tracking.detector.settings import BeamSpotSettings, LayerSettings
    from analysis.studies.tracking.simulation.events import generate, simulate
    from analysis.studies.tracking.simulation.settings import CollisionSettings, SimulationSettings

    known = modules.describe()
    truth = generate(identify("beam", 0, 40), CollisionSettings(10))
    raw = {"beam": simulate(truth, SimulationSettings())}
    spot = beam_spot.derive(raw, known, BeamSpotSettings())
    return known, spot, layers.derive(raw, known, spot, LayerSettings())


def passes_with_cuts(arguments: argparse.Namespace, spot: Any, layers: Any) -> Any:
    """Passes of the automaton with cuts of the command line, or with the middle of their ranges."""
    from analysis.studies.tracking.optimisation.search import passes_with
    from analysis.studies.tracking.optimisation.settings import RANGES, OptimisationSettings
    from analysis.studies.tracking.reconstruction.seeding import passes_of

    values = arguments.cuts or [(low * high) ** 0.5 for low, high in RANGES.values()]
    varied = dict(zip(RANGES, values, strict=True))
    return passes_of(layers, passes_with(varied, spot["length"], OptimisationSettings().passes))


def peak() -> float:
    """Largest size of the process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def profile(arguments: argparse.Namespace) -> None:
    """Print the time of each part and the lengths of lists, sums and maxima over passes, medians of events."""
    import jax
    import numpy as np

    from analysis.events.identity import identify
    from analysis.studies.tracking.automaton import events, search
    from analysis.studies.tracking.reconstruction.space_points import reconstruct
    from analysis.studies.tracking.simulation.events import generate, simulate
    from analysis.studies.tracking.simulation.settings import CollisionSettings, SimulationSettings

    known, spot, layers = calibrated()
    passes = passes_with_cuts(arguments, spot, layers)
    taken: dict[str, float] = {}
    lengths: list[dict[str, int]] = []

    def timed(name: str, function: Any) -> Any:
        def run(*inputs: Any) -> Any:
            start = time.process_time()
            result = jax.block_until_ready(function(*inputs))
            taken[name] = taken.get(name, 0.0) + 1000 * (time.process_time() - start)
            return result

        return run

    def program(part: Any, batch: bool) -> Any:
        return timed(part.__name__.strip("_"), compiled(part, batch))

    def searched(*inputs: Any) -> Any:
        seeds = run_pass(*inputs)
        lengths.append({name: int(value[0]) for name, value in seeds.used._asdict().items()})
        return seeds

    compiled, run_pass = search._program, events._run
    search._program, events._run, events.pack = program, searched, timed("pack", events.pack)  # type: ignore[assignment]
    for vertices in arguments.vertices:
        truth = generate(identify("sizes", 0, arguments.events), CollisionSettings(vertices))
        points = reconstruct(simulate(truth, SimulationSettings()), known, spot, layers)
        some = [events.Event(*(np.asarray(one.points[name]) for name in events.Event._fields)) for one in points]
        rows, longest = [], []
        events.find_in_events(some, passes)
        for event in some:
            taken.clear()
            lengths.clear()
            start = time.process_time()
            (found,) = events.find_in_events([event], passes)
            whole = 1000 * (time.process_time() - start)
            rows.append({**taken, "else": whole - sum(taken.values()), "whole": whole, "again": found.retries})
            longest.append({name: max(one[name] for one in lengths) for name in lengths[0]})
        fullest = {name: max(one[name] for one in longest) for name in longest[0]}
        print(f"\n{vertices} vertices: longest lists {fullest}")
        print("| part | ms |\n| --- | --- |")
        for name in rows[0]:
            print(f"| {name} | {statistics.median(one[name] for one in rows):.1f} |", flush=True)


def main(arguments: argparse.Namespace) -> None:
    import numpy as np

    from analysis.events.identity import identify
    from analysis.studies.tracking.acts_events import Event as ActsEvent
    from analysis.studies.tracking.automaton.events import Event, find_in_events
    from analysis.studies.tracking.peers.seeders import algorithms, container_of
    from analysis.studies.tracking.peers.settings import SeederSettings
    from analysis.studies.tracking.reconstruction.space_points import reconstruct
    from analysis.studies.tracking.simulation.events import generate, simulate
    from analysis.studies.tracking.simulation.settings import CollisionSettings, SimulationSettings

    known, spot, layers = calibrated()
    disk, passes = np.array([one["disk"] for one in layers["layers"]]), passes_with_cuts(arguments, spot, layers)
    settings = SeederSettings()
    peers = algorithms(settings)
    times: dict[str, list[float]] = {name: [] for name in ("automaton", *peers)}
    print("| vertices | space points | automaton [ms] | grid [ms] | orthogonal [ms] | grid / automaton |")
    print("| --- | --- | --- | --- | --- | --- |")
    for vertices in arguments.vertices:
        truth = generate(identify("timing", 0, arguments.events), CollisionSettings(vertices))
        points = reconstruct(simulate(truth, SimulationSettings()), known, spot, layers)
        events = [Event(*(np.asarray(one.points[name]) for name in Event._fields)) for one in points]
        find_in_events(events, passes)
        taken: dict[str, list[float]] = {name: [] for name in times}
        for number, event in enumerate(events):
            start = time.process_time()
            find_in_events([event], passes)
            taken["automaton"].append(time.process_time() - start)
            for name, algorithm in peers.items():
                board = ActsEvent()
                board.put("points", container_of(points[number].points, disk, settings.resolution))
                start = time.process_time()
                board.run(algorithm)
                taken[name].append(time.process_time() - start)
        row = [1000 * statistics.median(one) for one in taken.values()]
        for one, value in zip(times.values(), row, strict=True):
            one.append(value)
        size = statistics.median(len(event.x) for event in events)
        print(
            f"| {vertices} | {size:.0f} | {' | '.join(f'{one:.1f}' for one in row)} | {row[1] / row[0]:.2f} |",
            flush=True,
        )
    print(f"\nmemory: {peak():.0f} MB, the process with all of it")
    many = [place for place, vertices in enumerate(arguments.vertices) if vertices >= 25]
    if len(many) > 1:
        logarithm = np.log([arguments.vertices[place] for place in many])
        print("\n| | exponent |\n| --- | --- |")
        for name, values in times.items():
            print(f"| {name} | {np.polyfit(logarithm, np.log([values[place] for place in many]), 1)[0]:.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vertices", type=int, nargs="+", default=[10, 25, 50, 100, 150, 200])
    parser.add_argument("--events", type=int, default=9, help="of each number of vertices")
    parser.add_argument("--cuts", type=float, nargs="+", help="of the automaton, in the order of RANGES")
    parser.add_argument("--profile", action="store_true", help="of the automaton alone, by its parts")
    chosen = parser.parse_args()
    (profile if chosen.profile else main)(chosen)
