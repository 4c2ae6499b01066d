"""Skies per second of the study `arrivals`: simulated, scanned with the likelihood, judged by the network.

1,000 skies of 1,387 events (those above 40 EeV), 6 thresholds x 6 radii, the fraction profiled. The rivals are a plain
numpy loop (events one by one, densities as sums over galaxies, a scan of the fraction) and the simulation of astrotools
(RWTH Aachen), which draws many skies at once on the pixels of a map and has no likelihood. Ways take turns in one
process, on one processor; rivals draw fewer skies, as their time grows in proportion. What they find is compared before
anything is printed. Times are those of the work, without imports and without maps that are made once.

    python benchmarks/simulate_arrivals.py --mirror ../shared/data
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# one processor for all ways
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

EVENTS = 1387
FRACTION = 0.1
THRESHOLDS = (40.0, 45.0, 48.0, 52.0, 57.0, 64.0)
RADII = (9.0, 15.0, 21.0, 25.0, 33.0, 44.0)


class Problem:
    """The measured energies, the galaxies and maps that all ways share."""

    def __init__(self, mirror: Path) -> None:
        import awkward as ak
        import numpy as np

        from analysis.readers.data_file import DataFile
        from analysis.studies.arrivals.settings import ScanSettings
        from analysis.studies.arrivals.simulation.skies import SkySimulation
        from analysis.studies.arrivals.sky import events, observatory, reading
        from analysis.studies.arrivals.sources import reading as catalogues
        from analysis.studies.arrivals.sources.scanning import CatalogueScans

        folder = mirror / "auger_uhecr"
        (path,) = folder.glob("AugerApJS2022*.dat")
        with DataFile.local(path) as file:
            raw = ak.zip(reading.read(file, 0, 2635))
        measured = observatory.measure({"auger": events.directions(raw)})
        self.array = {name: values[:EVENTS] for name, values in observatory.describe(measured).items()}
        with DataFile.local(folder / "sourcedata.h5") as file:
            columns = catalogues.read(file, 0, 23)
        with DataFile.local(folder / "tables_SBG_23.h5") as file:
            columns |= {
                name: ak.from_regular(ak.Array(one)) for name, one in catalogues.read_losses(file, 0, 23).items()
            }
        self.settings = ScanSettings(thresholds=THRESHOLDS, radii=RADII)
        self.hypotheses = starburst_alone(self.array, ak.zip(columns, depth_limit=1), self.settings)
        self.simulation = SkySimulation(self.array, self.hypotheses)
        self.scans = CatalogueScans(self.array, self.hypotheses, ("starburst",))
        self.sources = self.hypotheses["starburst_directions"]
        self.weights = self.hypotheses["starburst_weights"]
        self.counts = [int(np.sum(self.array["energy"] >= one)) for one in THRESHOLDS]

    def plans(self, skies: int, first: int = 0) -> list[dict[str, Any]]:
        import numpy as np

        from analysis.studies.arrivals.settings import SkySettings
        from analysis.studies.arrivals.simulation.plans import describe, generate
        from analysis.studies.arrivals.simulation.skies import plans_of

        settings = SkySettings(fractions=(FRACTION,), radius=25.0)
        identities = np.arange(first, first + skies, dtype=np.uint64)
        return plans_of(describe(generate(identities, settings), settings))


def starburst_alone(array: dict[str, Any], raw: Any, settings: Any) -> dict[str, Any]:
    """The hypotheses of the 23 starburst galaxies."""
    import numpy as np

    from analysis.studies.arrivals.sky.directions import galactic_rotation, unit_vectors
    from analysis.studies.arrivals.sources.hypotheses import attenuation, ratios

    places = unit_vectors(np.radians(np.asarray(raw.longitude)), np.radians(np.asarray(raw.latitude)))
    directions, thresholds = places @ galactic_rotation().T, np.asarray(settings.thresholds)
    left = attenuation(np.asarray(raw.emitted_energy), np.asarray(raw.arrival_energy), thresholds, 2.0)
    weights = np.asarray(raw.flux) * left
    weights /= weights.sum(axis=1, keepdims=True)
    return {
        "thresholds": thresholds,
        "radii": np.asarray(settings.radii),
        "deflections": np.zeros((12 * 32**2, 3)),
        "starburst_directions": directions,
        "starburst_weights": weights,
        "starburst_ratios": ratios(directions, weights, array, settings),
    }


def in_a_loop(problem: Problem, directions: Any) -> tuple[float, float]:
    """The likelihood as one writes it first: exact densities, a scan of the fraction. Largest TS and its fraction."""
    import numpy as np

    from analysis.studies.arrivals.sources.hypotheses import pixel_exposure

    exposure = pixel_exposure(32)
    best = (0.0, 0.0)
    for row, (threshold, count) in enumerate(zip(THRESHOLDS, problem.counts, strict=True)):
        inclined = problem.array["inclined"][problem.array["energy"] >= threshold].mean()
        seen = (1.0 - inclined) * exposure[0] + inclined * exposure[1]
        for radius in RADII:
            k = (1.59 / np.radians(radius)) ** 2
            norm = sum(
                weight * np.sum(np.exp(k * (pixels() @ source - 1.0)) * seen)
                for source, weight in zip(problem.sources, problem.weights[row], strict=True)
            )
            ratio = np.zeros(count)
            for source, weight in zip(problem.sources, problem.weights[row], strict=True):
                ratio += weight * np.exp(k * (directions[:count] @ source - 1.0))
            ratio /= norm
            for fraction in np.arange(0.0, 0.3, 0.01):
                best = max(best, (float(2.0 * np.sum(np.log(1.0 - fraction + fraction * ratio))), float(fraction)))
    return best


def pixels() -> Any:
    import numpy as np
    from healpy import pix2vec

    return np.stack(pix2vec(32, np.arange(12 * 32**2)), axis=1)


def simulate_in_a_loop(problem: Problem, random: Any) -> Any:
    """Directions of a sky, event by event."""
    import numpy as np

    from analysis.studies.arrivals.sky.directions import around
    from analysis.studies.arrivals.sky.exposure import INCLINED, VERTICAL, relative_exposure

    found = []
    for inclined in problem.array["inclined"]:
        zenith = INCLINED if inclined else VERTICAL
        most = float(relative_exposure(np.linspace(-np.pi / 2, np.pi / 2, 91), zenith).max())
        from_source = random.random() < FRACTION
        while True:
            if from_source:
                source = problem.sources[random.choice(len(problem.sources), p=problem.weights[0])]
                k = (1.59 / np.radians(25.0)) ** 2
                one = around(source[None], np.array([k]), random.random(1), random.random(1))[0]
            else:
                sine, turn = 2.0 * random.random() - 1.0, 2.0 * np.pi * random.random()
                across = np.sqrt(1.0 - sine**2)
                one = np.array([across * np.cos(turn), across * np.sin(turn), sine])
            if random.random() * most < float(relative_exposure(np.array([np.arcsin(one[2])]), zenith)[0]):
                found.append(one)
                break
    return np.array(found)


def simulate_by_astrotools(problem: Problem, skies: int) -> Any:
    """Directions (skies, events, 3) by astrotools' ObservedBound, on the pixels of a map."""
    import numpy as np
    from astrotools import simulations

    one = simulations.ObservedBound(nside=64, nsets=skies, ncrs=EVENTS)
    one.set_energy(log10e_min=19.6)
    one.set_charges("mixed")
    one.set_sources(problem.sources.T, fluxes=problem.weights[0])
    one.smear_sources(delta=np.radians(25.0) / 1.59)
    one.apply_exposure(a0=-35.2, zmax=80)
    one.arrival_setup(fsig=FRACTION)
    one.convert_pixel("vecs")
    return np.moveaxis(np.asarray(one.crs["vecs"]), 0, -1)


def network(problem: Problem) -> Any:
    """An untrained network of the study's size: what it says does not matter here."""
    import awkward as ak
    import numpy as np

    from analysis.studies.arrivals.network.scoring import SkyNetworks
    from analysis.studies.arrivals.network.settings import NetworkSettings
    from analysis.studies.arrivals.network.training import train
    from analysis.studies.arrivals.settings import SkySettings
    from analysis.studies.arrivals.simulation.plans import describe, generate

    settings = NetworkSettings(radii=(9.0, 15.0, 25.0, 33.0), least_steps=1, passes=1)
    few = SkySettings(fractions=(0.0, 0.2), between=True, radius=25.0)
    raw: dict[str, ak.Array] = {"few": describe(generate(np.arange(4, dtype=np.uint64), few), few)}
    trained = [train(raw, problem.array, problem.hypotheses, seed, settings) for seed in (0, 1)]
    return SkyNetworks(problem.array, problem.hypotheses, trained)


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    found = function()
    return time.process_time() - start, found


def measure(mirror: Path, skies: int, looped: int) -> dict[str, float]:
    """Skies per second of processor time, by name."""
    import numpy as np

    problem = Problem(mirror)
    judges = network(problem)
    plans = problem.plans(skies)
    judges.judge(problem.simulation.draw(plans[0]).directions)
    rates = {}
    seconds, drawn = timed(lambda: [problem.simulation.draw(plan).directions for plan in plans])
    rates["study, simulated"] = skies / seconds
    seconds, scanned = timed(lambda: [problem.scans(one)["starburst"] for one in drawn])
    rates["study, scanned"] = skies / seconds
    seconds, _ = timed(lambda: [judges.judge(one) for one in drawn])
    rates["study, judged"] = skies / seconds
    random = np.random.default_rng(1)
    seconds, others = timed(lambda: [simulate_in_a_loop(problem, random) for _ in range(looped)])
    rates["loop, simulated"] = looped / seconds
    seconds, best = timed(lambda: [in_a_loop(problem, one) for one in drawn[:looped]])
    rates["loop, scanned"] = looped / seconds
    # the same skies, so the same TS: the study looks densities up on a map, and has no grid of fractions
    for (statistic, _), (expected, _) in zip(scanned, best, strict=False):
        largest = float(statistic.max())
        assert abs(largest - expected) < 0.5 + 0.01 * expected, f"TS {largest:.2f}, and {expected:.2f} in a loop"
    # other skies of the same kind
    ours = statistics.mean(float(np.max(problem.scans(one)["starburst"][0])) for one in drawn)
    theirs = statistics.mean(float(np.max(problem.scans(one)["starburst"][0])) for one in others)
    assert abs(ours - theirs) < 6.0 * ours / np.sqrt(looped), f"mean TS {ours:.1f}, and {theirs:.1f} of skies in a loop"
    try:
        seconds, many = timed(lambda: simulate_by_astrotools(problem, skies))
    except ImportError:
        print("astrotools cannot be imported: left out")
    else:
        rates["astrotools, simulated"] = skies / seconds
        by_astrotools = statistics.mean(float(np.max(problem.scans(one)["starburst"][0])) for one in many[:100])
        print(f"mean TS: {ours:.1f} of the study, {theirs:.1f} of the loop, {by_astrotools:.1f} of astrotools")
    return rates


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, default=Path("../shared/data"), help="folder of the public data")
    parser.add_argument("--skies", type=int, default=1000, help="of the study and astrotools")
    parser.add_argument("--looped", type=int, default=10, help="of the loop")
    options = parser.parse_args(arguments)
    for name, rate in measure(options.mirror, options.skies, options.looped).items():
        print(f"{name:24} {rate:10.2f} skies/s")


if __name__ == "__main__":
    main()
