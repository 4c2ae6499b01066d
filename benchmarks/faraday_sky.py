"""Time and memory of the inference of the study `faraday` against the resolution of its map, and of its transform.

Each resolution is inferred in a process of its own, from a synthetic sky with as many sources as there are measured
ones,
so that no data are needed; compilation is part of the time, as a task has it. The transform of the study (compiled by
JAX) and that of ducc0, which `nifty.re` would call, take turns in one process on the same coefficients.

    python benchmarks/faraday_sky.py [--nside 16,32,64] [--sources 12502] [--iterations 8]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measuring import measure


def synthetic(number: int, lmax: int) -> dict[str, Any]:
    """Sources all over the sky with rotation measures of a random field with the published slope."""
    import numpy as np

    from analysis.studies.faraday.harmonics import modes
    from analysis.studies.faraday.prediction import depths

    random = np.random.default_rng(1)
    degree, _ = modes(lmax)
    power = np.append(0.0, np.arange(1, lmax + 1) ** -2.14)
    coefficients = random.normal(size=len(degree)) * np.sqrt(power[degree])
    sky = {
        "coefficients": coefficients[None],
        "spectrum": power[None],
        "profile": np.array([[-1.0, 1.0], [50.0, 50.0]]),
    }
    longitude, latitude = random.uniform(0, 360, number), np.degrees(np.arcsin(random.uniform(-1, 1, number)))
    return {
        "longitude": longitude,
        "latitude": latitude,
        "rm": depths(sky, longitude, latitude)[0] + 10.0 * random.standard_t(3.0, number),
        "uncertainty": np.full(number, 2.0),
        "catalogue": np.zeros(number, dtype=np.int64),
    }


def infer_once(nside: int, number: int, iterations: int) -> None:
    """Infer a sky in this process."""
    from analysis.studies.faraday.inference import infer_sky
    from analysis.studies.faraday.settings import InferenceSettings

    infer_sky(synthetic(number, 64), InferenceSettings(nside=nside, iterations=iterations))


def transforms(nside: int, rounds: int) -> tuple[float, float]:
    """Milliseconds of one transform by the study's code and by ducc0, on one thread."""
    import ducc0
    import jax
    import jax.numpy as jnp
    import numpy as np

    from analysis.studies.faraday.harmonics import as_complex, legendre, modes, synthesise

    lmax, rings = 2 * nside, 4 * nside
    with jax.enable_x64(True):
        _, index = modes(lmax)
        table, places = jnp.asarray(legendre(lmax, rings)), jnp.asarray(index)
        values = np.random.default_rng(1).normal(size=(lmax + 1) ** 2)
        compiled, given = jax.jit(synthesise), jnp.asarray(values)
        theta = (np.arange(rings) + 0.5) / rings * np.pi
        grid = {
            "theta": theta,
            "nphi": np.full(rings, 2 * rings, dtype=np.uint64),
            "phi0": np.zeros(rings),
            "ringstart": np.arange(rings, dtype=np.uint64) * 2 * rings,
        }
        waves = as_complex(values)[None]
        own: list[float] = []
        other: list[float] = []
        for _ in range(rounds + 1):
            begin = time.perf_counter()
            found = np.asarray(compiled(given, table, places))
            middle = time.perf_counter()
            expected = ducc0.sht.synthesis(alm=waves, spin=0, lmax=lmax, nthreads=1, **grid)[0].reshape(rings, -1)
            own.append(middle - begin)
            other.append(time.perf_counter() - middle)
        if np.abs(found - expected).max() > 1e-9 * np.abs(expected).max():
            raise SystemExit("the two transforms differ")
    # the first round compiles
    return 1e3 * statistics.median(own[1:]), 1e3 * statistics.median(other[1:])


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nside", default="16,32,64", help="resolutions, with commas between them")
    parser.add_argument("--sources", type=int, default=12502, help="number of sources")
    parser.add_argument("--iterations", type=int, default=8, help="of the inference")
    parser.add_argument("--rounds", type=int, default=21, help="of the transforms")
    parser.add_argument("--one", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        infer_once(options.one, options.sources, options.iterations)
        return
    print(
        f"| nside, {options.sources:,} sources | wall, s | processor, s | memory, MiB |\n| --- | ---: | ---: | ---: |"
    )
    resolutions = [int(one) for one in options.nside.split(",")]
    same = ("--sources", str(options.sources), "--iterations", str(options.iterations))
    for nside in resolutions:
        cost = measure([sys.executable, __file__, "--one", str(nside), *same], os.environ)
        print(f"| {nside} | {cost.wall:.0f} | {cost.processor:.0f} | {cost.memory:,.0f} |", flush=True)
    print("\n| one transform, ms | study | ducc0 |\n| --- | ---: | ---: |")
    for nside in resolutions:
        own, other = transforms(nside, options.rounds)
        print(f"| {nside} | {own:.2f} | {other:.2f} |")


if __name__ == "__main__":
    main()
