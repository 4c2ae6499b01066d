"""Events per second of calibration and reconstruction in the study `airshower`, against Minuit event by event.

Raw events are simulated beforehand. The study's steps (calibrate, fit, reconstruct) and the loop take turns in one
process. The loop calibrates and reconstructs with the study's functions, too, but fits one event after another:
the same likelihoods with numpy, minimised by iminuit, in the same turns of signals and front. What both find is
compared before anything is printed. Times are those of the work: imports and the compilation of the fits are outside,
the time of the latter is stated.

    python benchmarks/reconstruct_airshower.py
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    import awkward as ak
    import numpy as np

    Found = dict[str, np.ndarray]

MINUTES = 10


def prepare(events: int, folder: Path) -> SimpleNamespace:
    """Raw events of all primaries, their calibration, and a scale derived from them."""
    from dataclasses import replace

    from analysis.calibration import load_corrections
    from analysis.events.identity import identify
    from analysis.studies.airshower.study import study

    minutes = study.dataset("monitoring")
    truth = minutes.generate.load()(identify("monitoring", 0, MINUTES), minutes.generate.settings)
    monitored = minutes.simulate.load()(truth, minutes.simulate.settings)
    derive = study.stage("calibration").step
    derive.load()({"monitoring": monitored}, derive.settings).save_corrections(folder / "calibration.json")
    dataset = study.dataset("hybrid")
    showers = replace(dataset.generate.settings, period=60.0 * MINUTES, spectral_index=1.0)
    truth = dataset.generate.load()(identify("benchmark", 0, events), showers)
    raw = dataset.simulate.load()(truth, dataset.simulate.settings)
    data = SimpleNamespace(study=study, dataset=dataset, raw=raw, scale=None)
    data.calibration = load_corrections(folder / "calibration.json")
    calibrated = calibrate(data, raw)
    fit, derive = study.stage("fitted").step, study.stage("scale").step
    begin = time.perf_counter()
    fit.load()(calibrated[:1], fit.settings)
    data.compilation = time.perf_counter() - begin
    fitted = fit.load()(calibrated, fit.settings)
    scale = derive.load()({"hybrid": calibrated}, {"hybrid": fitted}, derive.settings)
    scale.save_corrections(folder / "scale.json")
    data.scale = load_corrections(folder / "scale.json")
    return data


def calibrate(data: SimpleNamespace, raw: ak.Array) -> ak.Array:
    step = data.study.stage("calibrated").step
    return step.load()(raw, data.calibration, data.dataset, step.settings)


def energies(data: SimpleNamespace, calibrated: ak.Array, fitted: ak.Array) -> Found:
    import numpy as np

    found = data.study.stage("reconstructed").step.load()(calibrated, fitted, data.scale)
    return {name: np.asarray(found[name]) for name in ("good", "zenith", "s1000", "energy", "x_core", "y_core")}


def of_study(data: SimpleNamespace, raw: ak.Array) -> Found:
    calibrated = calibrate(data, raw)
    step = data.study.stage("fitted").step
    return energies(data, calibrated, step.load()(calibrated, step.settings))


def event_by_event(data: SimpleNamespace, raw: ak.Array) -> Found:
    import awkward as ak
    import numpy as np

    calibrated = calibrate(data, raw)
    settings = data.study.stage("fitted").step.settings
    fits = [fit_one(event, settings) for event in calibrated]
    names = ("good", "zenith", "x_core", "y_core", "s1000")
    columns = ak.Array({name: np.array([fit[name] for fit in fits]) for name in names})
    return energies(data, calibrated, columns)


def fit_one(event: ak.Record, settings: Any) -> dict[str, Any]:
    """Direction, core and size of one event."""
    import numpy as np

    from analysis.studies.airshower.array import footprint, positions
    from analysis.studies.airshower.reconstruction.rise_time import time_of_share

    nothing = {"good": False, "zenith": 0.0, "x_core": 0.0, "y_core": 0.0, "s1000": 0.0}
    stations = event["stations"]
    if len(stations) < 3:
        return nothing
    order = np.argsort(-np.asarray(stations["signal"]), kind="stable")[: settings.stations]
    signal, x, y, start = (np.asarray(stations[k])[order].astype(float) for k in ("signal", "x", "y", "start"))
    saturated = np.asarray(stations["saturated"])[order]
    sampling = settings.observatory.sampling
    trace = np.asarray(stations["trace"])[order]
    half = np.maximum(time_of_share(trace, 0.5, sampling) - 4 * sampling, sampling / 2.0) * 1e-3
    where = positions(settings.observatory)
    hottest = int(stations["station"][int(order[0])])
    around = footprint(settings.observatory, settings.lateral.ring)[hottest]
    quiet = np.setdiff1d(around[around >= 0], np.asarray(stations["station"]))
    origin = np.array([x[0], y[0]])
    place = np.stack([x, y], axis=1) / 1000.0 - origin / 1000.0
    silent = (where[quiet] - origin) / 1000.0
    path = (start - start[0]) * 1e-3 * 0.299792458

    design = np.column_stack([place, np.ones(len(place))])
    direction = -np.linalg.lstsq(design, path, rcond=None)[0][:2]
    direction /= max(np.hypot(*direction) / settings.front.largest, 1.0)
    weight = np.sqrt(signal)
    core = (weight[:, None] * place).sum(axis=0) / weight.sum()
    for _ in range(settings.rounds):
        core, size, valid = fit_signals(place, silent, signal, saturated, direction, core, settings.lateral)
        direction, also_valid = fit_times(place - core, path, half, signal, direction, settings.front)
    sine = np.hypot(*direction)
    if not (valid and also_valid and sine < settings.front.largest):
        return nothing
    at = core * 1000.0 + origin
    return {"good": True, "zenith": float(np.arcsin(sine)), "x_core": at[0], "y_core": at[1], "s1000": float(size)}


def fit_signals(place, silent, signal, saturated, direction, core, settings):
    """Core and S(1000) of one event, with the likelihood of analysis/studies/airshower/reconstruction/lateral.py."""
    import numpy as np
    from iminuit import Minuit
    from scipy.special import log_ndtr, pdtr

    cosine = np.sqrt(1.0 - direction @ direction)
    share = (settings.fluctuation[0] + settings.fluctuation[1] / cosine) ** 2
    secant = 1.0 / cosine - 1.0
    mean = settings.slope[0] + settings.slope[1] * secant + settings.slope[2] * secant**2
    measured = ~saturated
    number = signal[measured] / share

    def log_expected(at, x, y, log_size, slope):
        d = at - np.array([x, y])
        r = np.sqrt(np.maximum((d**2).sum(axis=1) - (d @ direction) ** 2, 0.0) + 0.02**2)
        return log_size + slope * np.log(r) + (slope + settings.gamma) * np.log((r + 0.7) / 1.7)

    def objective(x, y, log_size, slope):
        eta = log_expected(place, x, y, log_size, slope)
        value = np.sum(number * eta[measured] - np.exp(eta[measured]) / share)
        if saturated.any():
            expected = np.exp(eta[saturated])
            value += np.sum(log_ndtr((expected - signal[saturated]) / np.sqrt(share * expected)))
        if len(silent):
            below = pdtr(settings.particles, np.exp(log_expected(silent, x, y, log_size, slope)) / share)
            value += np.sum(np.log((1.0 - settings.missing) * below + settings.missing))
        return -2.0 * value + ((slope - mean) / settings.spread) ** 2

    shape = np.minimum(np.exp(log_expected(place, *core, 0.0, mean)), 10.0)
    minuit = Minuit(objective, x=core[0], y=core[1], log_size=np.log(signal.sum() / shape.sum()), slope=mean)
    minuit.errors = [0.05, 0.05, 0.1, 0.05]
    minuit.fixed["slope"] = len(signal) < settings.least
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.migrad()
    return np.array([minuit.values["x"], minuit.values["y"]]), np.exp(minuit.values["log_size"]), minuit.valid


def fit_times(place, path, half, signal, direction, settings):
    """Direction of one event, with the front of analysis/studies/airshower/reconstruction/front.py."""
    import numpy as np
    from iminuit import Minuit

    sine = np.hypot(*direction)
    cosine = np.sqrt(1.0 - sine**2)
    track = 1.0 / (cosine + 2.0 / np.pi * settings.height_over_radius * sine)
    particles = np.maximum(signal / track, 2.0)
    spread = settings.scale * 2.0 * half / particles
    variance = spread**2 * (particles - 1.0) / (particles + 1.0) + (settings.clock * 1e-3) ** 2
    weight = 1.0 / variance / 0.299792458**2
    square = (place**2).sum(axis=1)
    mean = settings.curvature[0] * cosine ** settings.curvature[1]

    def objective(u, v, begin, curvature):
        along = u * place[:, 0] + v * place[:, 1]
        length = np.sqrt(np.maximum(1.0 - 2.0 * curvature * along + curvature**2 * square, 1e-6))
        residual = path - begin - (curvature * square - 2.0 * along) / (length + 1.0)
        c = settings.outlier**2
        robust = c * np.sum(np.log1p(weight * residual**2 / c))
        return robust + ((curvature - mean) / (settings.spread * mean)) ** 2

    begin = np.mean(path + place @ direction)
    minuit = Minuit(objective, u=direction[0], v=direction[1], begin=begin, curvature=mean)
    minuit.errors = [0.01, 0.01, 0.01, 0.02]
    minuit.limits["curvature"] = (0.01, 1.0)
    minuit.fixed["curvature"] = len(path) < settings.least
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.migrad()
    return np.array([minuit.values["u"], minuit.values["v"]]), minuit.valid


WAYS: dict[str, Callable[[SimpleNamespace, Any], Any]] = {"study": of_study, "event by event": event_by_event}


def compare(results: dict[str, Found]) -> None:
    """Both ways must have found the same showers; where there are two minima, they may choose another one."""
    import numpy as np

    one, two = (results[way] for way in WAYS)
    both = one["good"] & two["good"]
    assert both.mean() > 0.9, both.mean()
    distance = np.hypot(one["x_core"] - two["x_core"], one["y_core"] - two["y_core"])[both]
    deviations = {
        "zenith": np.degrees(np.abs(one["zenith"] - two["zenith"]))[both] / 0.02,
        "core": distance / 2.0,
        "s1000": np.abs(one["s1000"] / np.where(both, two["s1000"], 1.0) - 1.0)[both] / 2e-3,
        "energy": np.abs(one["energy"] / np.where(both, two["energy"], 1.0) - 1.0)[both] / 2e-3,
    }
    for name, deviation in deviations.items():
        assert np.quantile(deviation, 0.9) < 1.0, (name, np.quantile(deviation, [0.5, 0.9, 0.99]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=4000, help="that the study reconstructs in a round")
    parser.add_argument("--loop", type=int, default=200, help="events that are fitted one after another in a round")
    parser.add_argument("--chunk", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data = prepare(options.events, Path(name))
    compare({way: run(data, data.raw[: options.loop]) for way, run in WAYS.items()})
    number = {"study": len(data.raw), "event by event": min(options.loop, len(data.raw))}
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    cpu: dict[str, list[float]] = {way: [] for way in WAYS}
    for turn in range(options.rounds):
        for way in list(WAYS)[:: 1 if turn % 2 == 0 else -1]:
            begin, used = time.perf_counter(), time.process_time()
            for start in range(0, number[way], options.chunk):
                WAYS[way](data, data.raw[start : min(start + options.chunk, number[way])])
            rates[way].append(number[way] / (time.perf_counter() - begin))
            cpu[way].append(1e3 * (time.process_time() - used) / number[way])
    print(f"calibration, fit and energy of showers, 10^18.5 to 10^20 eV; median of {options.rounds} rounds\n")
    print("| | events/s | CPU / ms for an event |\n| --- | ---: | ---: |")
    for way in WAYS:
        print(f"| {way} | {statistics.median(rates[way]):,.0f} | {statistics.median(cpu[way]):.2f} |")
    ratios = [a / b for a, b in zip(rates["study"], rates["event by event"], strict=True)]
    ratio = statistics.median(rates["study"]) / statistics.median(rates["event by event"])
    print(f"\nevents/s of the study / event by event: {ratio:.1f} (rounds {min(ratios):.1f} to {max(ratios):.1f})")
    print(f"compilation of the fits, once: {data.compilation:.1f} s")
    print(f"peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
