"""Fits of a HistFactory likelihood on one core, in turn with pyhf (numpy and JAX, both with scipy's minimiser).

10 channels of 20 bins, 3 samples, 50 parameters: a strength and 49 systematic uncertainties that act on everything,
every other one on shapes. The minima are compared before anything is printed. Times are those of fits after
compilation, the time of the latter is stated; toys have Poisson data and normal auxiliary measurements.

    python benchmarks/inference.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

CHANNELS, BINS, SAMPLES = 10, 20, 3


def one_core() -> None:
    """Before any array library is imported."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def make_workspace(parameters: int, gammas: bool, seed: int = 1) -> dict[str, Any]:
    """A workspace with that many parameters, without those for the statistics of the simulation (``gammas``)."""
    import numpy as np

    random = np.random.default_rng(seed)
    channels, observations = [], []
    for c in range(CHANNELS):
        samples: list[dict[str, Any]] = []
        for s in range(SAMPLES):
            nominal = random.uniform(*((20.0, 200.0) if s else (1.0, 20.0)), BINS)
            modifiers: list[dict[str, Any]] = [] if s else [{"name": "mu", "type": "normfactor", "data": None}]
            for i in range(parameters - 1):
                size, asymmetry = random.uniform(0.005, 0.05), random.uniform(0.8, 1.2)
                if i % 2:
                    data: dict[str, Any] = {"lo": 1.0 - size, "hi": 1.0 + asymmetry * size}
                    modifiers.append({"name": f"syst_{i}", "type": "normsys", "data": data})
                else:
                    change = random.normal(0.0, 0.02, BINS)
                    low, high = nominal * (1.0 - change), nominal * (1.0 + asymmetry * change)
                    data = {"lo_data": low.tolist(), "hi_data": high.tolist()}
                    modifiers.append({"name": f"syst_{i}", "type": "histosys", "data": data})
            if gammas:
                modifiers.append({"name": f"mc_{c}", "type": "staterror", "data": (0.05 * nominal).tolist()})
            samples.append({"name": f"sample_{s}", "data": nominal.tolist(), "modifiers": modifiers})
        total = np.sum([sample["data"] for sample in samples], axis=0)
        channels.append({"name": f"channel_{c}", "samples": samples})
        observations.append({"name": f"channel_{c}", "data": random.poisson(total).astype(float).tolist()})
    measurement = {"name": "measurement", "config": {"poi": "mu", "parameters": []}}
    return {"channels": channels, "observations": observations, "measurements": [measurement], "version": "1.0.0"}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    found = work()
    return 1e3 * (time.perf_counter() - begin), found


def pyhf_fit(workspace: dict[str, Any], backend: str) -> Callable[[], Any]:
    import pyhf

    pyhf.set_backend(backend, "scipy")
    read = pyhf.Workspace(workspace)
    model = read.model()
    data = read.data(model)

    def work() -> Any:
        return pyhf.infer.mle.fit(data, model, return_fitted_val=True)

    return work


def compare(workspace: dict[str, Any], rounds: int, toys: int, peers: bool) -> dict[str, Any]:
    """Medians in ms."""
    import numpy as np
    import pyhf

    from analysis.inference.fitting import fit, fit_many
    from analysis.inference.model import Data, build_model

    model = build_model(workspace)
    first, found = timed(lambda: fit(model, required=True))
    contestants: dict[str, Callable[[], Any]] = {"erumflow": lambda: fit(model, required=True)}
    if peers:
        contestants |= {f"pyhf, {name}": pyhf_fit(workspace, name) for name in ("numpy", "jax")}
        for name in ("pyhf, numpy", "pyhf, jax"):
            pyhf.set_backend(name.removeprefix("pyhf, "), "scipy")
            _, theirs = contestants[name]()
            if abs(float(theirs) - found.twice_nll) > 1e-3:
                raise SystemExit(f"{name} has another minimum: {float(theirs)}, not {found.twice_nll}")
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            if peers:
                pyhf.set_backend("jax" if "jax" in name else "numpy", "scipy")
            # a change of the backend is no part of a fit; a short fit is repeated, the machine being busy
            work()
            repeats = {"erumflow": 20, "pyhf, jax": 5}.get(name, 1)
            times[name] += [timed(work)[0] for _ in range(repeats)]
    random = np.random.default_rng(2)
    mean, auxiliary = np.asarray(model.expected(model.start)), np.asarray(model.observed.auxiliary)
    normal = np.array([p.width for p in model.parameters if p.constraint == "normal"])
    data = Data(
        random.poisson(mean, (toys, len(mean))).astype(float),
        auxiliary + normal * random.normal(size=(toys, len(auxiliary))),
    )
    many, results = timed(lambda: fit_many(model, data, workers=1))
    return {
        "parameters": len(model.names),
        "compilation": (first - statistics.median(times["erumflow"])) / 1e3,
        **{name: statistics.median(values) for name, values in times.items()},
        "toy": many / toys,
        "converged": float(results.converged.mean()),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--toys", type=int, default=1000)
    arguments.add_argument("--rows", type=int, default=3, help="of the table; the first one is compared with pyhf")
    options = arguments.parse_args()
    one_core()
    # of what pyhf uses, and of scipy's minimiser on its way
    warnings.simplefilter("ignore")
    print("| parameters | compilation, s | erumflow, ms | pyhf numpy, ms | pyhf JAX, ms | one of many toys, ms |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    small = compare(make_workspace(50, gammas=False), options.rounds, options.toys, peers=True)
    others = [make_workspace(100, gammas=False), make_workspace(50, gammas=True)][: options.rows - 1]
    rows = [small, *(compare(workspace, options.rounds, options.toys // 10, peers=False) for workspace in others)]
    for row in rows:
        numbers = [row["compilation"], row["erumflow"], row.get("pyhf, numpy"), row.get("pyhf, jax"), row["toy"]]
        cells = ["" if number is None else f"{number:.2f}" for number in numbers]
        print(f"| {row['parameters']} | {' | '.join(cells)} |")
    ratios = [small[name] / small["erumflow"] for name in ("pyhf, numpy", "pyhf, jax")]
    print(f"\npyhf / erumflow: {ratios[0]:.0f} (numpy), {ratios[1]:.1f} (JAX); load {os.getloadavg()[0]:.1f}")
    print(f"converged toys: {', '.join(format(row['converged'], '.4f') for row in rows)}")


if __name__ == "__main__":
    main()
