"""Showers per second of the simulation of the study `airshower`, against a loop over events and stations.

The steps of the study (generate, simulate) and the loop take turns in one process, on one processor. The loop uses the
same parametrisations, station by station: numpy works on the samples of one station at a time, as one writes it first.
What both record is compared before anything is printed. Times are those of the work, without imports.

    python benchmarks/simulate_airshower.py
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    import numpy as np

    from analysis.studies.airshower.simulation.settings import ShowerSettings, SimulationSettings

# of one way: showers, recorded events, their stations, and the sum of all high-gain counts above the baseline
Summary = dict[str, float]


def settings() -> tuple[ShowerSettings, SimulationSettings]:
    from analysis.studies.airshower.simulation.settings import ShowerSettings, SimulationSettings

    return ShowerSettings(primaries=(1, 4, 14, 56), shares=(1.0, 1.0, 1.0, 1.0)), SimulationSettings()


def of_study(showers: int, chunk: int = 2000) -> Summary:
    import awkward as ak
    import numpy as np

    from analysis.events.identity import identify
    from analysis.studies.airshower.simulation.events import simulate
    from analysis.studies.airshower.simulation.showers import generate

    of_showers, of_detector = settings()
    total = {"showers": float(showers), "events": 0.0, "stations": 0.0, "counts": 0.0}
    for start in range(0, showers, chunk):
        truth = generate(identify("benchmark", start, min(chunk, showers - start)), of_showers)
        raw = simulate(truth, of_detector)
        high = np.asarray(ak.flatten(raw.stations.high, axis=None)).reshape(-1, of_detector.observatory.samples)
        total["events"] += len(raw)
        total["stations"] += float(ak.sum(ak.num(raw.stations)))
        total["counts"] += above_baseline(high)
    return total


def in_a_loop(showers: int) -> Summary:
    import numpy as np

    from analysis.events.identity import identify
    from analysis.studies.airshower.array import positions
    from analysis.studies.airshower.simulation.detector import photomultipliers
    from analysis.studies.airshower.simulation.showers import generate
    from analysis.studies.airshower.simulation.triggers import event_trigger, triangles

    of_showers, of_detector = settings()
    observatory = of_detector.observatory
    constants, corners = photomultipliers(observatory, of_detector.detector), triangles(observatory)
    random = np.random.default_rng(1)
    total = {"showers": float(showers), "events": 0.0, "stations": 0.0, "counts": 0.0}
    for identity in identify("benchmark", 0, showers):
        shower = generate(np.array([identity]), of_showers)[0].tolist()
        fired = np.zeros((1, len(positions(observatory))), dtype=bool)
        traces = []
        for station, place in enumerate(positions(observatory)):
            high, _ = one_station(shower, station, place, constants, of_detector, random)
            if high is not None:
                fired[0, station] = True
                traces.append(high)
        if event_trigger(fired, corners)[0]:
            total["events"] += 1
            total["stations"] += len(traces)
            total["counts"] += sum(above_baseline(high) for high in traces)
    return total


def one_station(shower, station, place, constants, of_detector, random):
    """High- and low-gain counts of one station, or nothing if it does not trigger."""
    import numpy as np
    from scipy.signal import lfilter

    from analysis.studies.airshower.simulation.detector import peak_share, pulse
    from analysis.studies.airshower.simulation.geometry import geometry
    from analysis.studies.airshower.simulation.ground import signals
    from analysis.studies.airshower.simulation.particles import tracks
    from analysis.studies.airshower.simulation.times import arrival, shares
    from analysis.studies.airshower.simulation.triggers import station_trigger

    observatory, detector = of_detector.observatory, of_detector.detector
    one = np.ones(1)
    zenith, xmax = shower["zenith"] * one, shower["xmax"] * one
    east, north = (place[0] - shower["x_core"]) * one, (place[1] - shower["y_core"]) * one
    seen = geometry(east, north, zenith, shower["azimuth"] * one, xmax, observatory)
    em, muon = signals(shower["energy"] * one, shower["muons"] * one, seen.distance, seen.beyond, of_detector.signals)
    if em + muon < of_detector.signals.minimum:
        return None, None
    come = arrival(seen, zenith, xmax, em + muon, random.standard_normal((1, 4)), observatory, of_detector.times)
    samples = observatory.samples + of_detector.triggers.search
    begin = -(observatory.pretrigger + 8 + random.random()) * observatory.sampling
    edges = begin + observatory.sampling * np.arange(samples + 1)[None]
    electrons = random.poisson(em / detector.em_signal * shares(edges, come.em_median, come.em_spread)[0])
    (track,), (track_spread,) = tracks(zenith, observatory)
    shape = 1.0 / (detector.muon_spread**2 + track_spread**2)
    muons = muon / track * shares(edges, come.muon_median, come.muon_spread)[0]
    muons = random.poisson(muons + detector.background_rate * observatory.sampling * 1e-9)
    deposited = detector.em_signal * random.standard_gamma(electrons)
    deposited += track / shape * random.standard_gamma(shape * muons)
    deposited *= constants.response[station]
    (first, second), q = pulse(constants.decay[station], observatory, detector)
    high, low = (np.zeros((1, observatory.photomultipliers, samples), dtype=np.uint16) for _ in range(2))
    charge = constants.charge_at(np.array([station]), shower["time"] * one, detector)[0]
    for tube in range(observatory.photomultipliers):
        noise, gain = constants.noise[station, tube], 0.0 if constants.dead[station, tube] else charge[tube]
        light = deposited + np.sqrt(deposited / detector.photoelectrons) * random.standard_normal(samples)
        seen_light = lfilter([first, second], [1.0, -q], np.maximum(light, 0.0))
        for counts, factor, baseline in (
            (high, gain, constants.baseline_high),
            (low, gain / constants.ratio[station, tube], constants.baseline_low),
        ):
            trace = baseline[station, tube] + factor * seen_light + noise * random.standard_normal(samples)
            counts[0, tube] = np.clip(np.rint(trace), 0, 2**observatory.bits - 1)
    nominal = constants.charge[station] * peak_share(constants.decay[station], observatory, detector)
    trigger, sample = station_trigger(
        high,
        constants.baseline_high[[station]],
        nominal[None],
        constants.dead[[station]],
        observatory.pretrigger,
        of_detector.triggers,
    )
    if not trigger[0]:
        return None, None
    start = int(sample[0]) - observatory.pretrigger
    return tuple(counts[0, :, start : start + observatory.samples] for counts in (high, low))


def above_baseline(high: np.ndarray) -> float:
    """Sum of counts beyond the first sample of each trace, which is before the signal."""
    return float(high.sum(dtype="int64") - high.shape[-1] * high[..., 0].sum(dtype="int64"))


WAYS: dict[str, Callable[[int], Summary]] = {"study": of_study, "loop": in_a_loop}


def compare(results: dict[str, Summary]) -> None:
    """Both ways must have recorded the same showers, with other random numbers in the detector."""
    one, two = (results[way] for way in WAYS)
    assert one["showers"] == two["showers"]
    assert abs(one["events"] - two["events"]) <= 1 + 0.02 * one["showers"], results
    assert abs(one["stations"] / two["stations"] - 1.0) < 0.05, results
    assert abs(one["counts"] / two["counts"] - 1.0) < 0.05, results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--showers", type=int, default=2000, help="that the study simulates in a round")
    parser.add_argument("--loop", type=int, default=100, help="showers that the loop simulates in a round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    compare({way: run(options.loop) for way, run in WAYS.items()})
    number = {"study": options.showers, "loop": options.loop}
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    cpu: dict[str, list[float]] = {way: [] for way in WAYS}
    for turn in range(options.rounds):
        for way in list(WAYS)[:: 1 if turn % 2 == 0 else -1]:
            begin, used = time.perf_counter(), time.process_time()
            WAYS[way](number[way])
            rates[way].append(number[way] / (time.perf_counter() - begin))
            cpu[way].append(1e3 * (time.process_time() - used) / number[way])
    print(f"showers of four primaries, 10^18.5 to 10^20 eV, 0 to 60 deg; median of {options.rounds} rounds\n")
    print("| | showers/s | CPU / ms for a shower |\n| --- | ---: | ---: |")
    for way in WAYS:
        print(f"| {way} | {statistics.median(rates[way]):,.0f} | {statistics.median(cpu[way]):.2f} |")
    ratios = [a / b for a, b in zip(rates["study"], rates["loop"], strict=True)]
    ratio = statistics.median(rates["study"]) / statistics.median(rates["loop"])
    print(f"\nshowers/s of the study / loop: {ratio:.1f} (single rounds {min(ratios):.1f} to {max(ratios):.1f})")
    print(f"peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
