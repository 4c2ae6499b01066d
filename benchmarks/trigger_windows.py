"""Windows a second through the network of the study `trigger`: its own evaluation beside the emulator of da4ml.

The study evaluates its network in integers at every sample of all traces, compiled by XLA; da4ml, which makes the
circuit, emulates it bit for bit in C++. Both run on one core, take turns, and have to agree in all bits. Weights are
drawn at random, half of them 0, with the sizes and bit widths of the study's network. NumPy's integers, which circuits
are compared with, stand beside them.

    python benchmarks/trigger_windows.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# one core for all
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

PEER = "da4ml's emulator"
WIDTHS = (32, 32, 32, 32, 1)


def main(arguments: argparse.Namespace) -> None:
    import numpy as np

    from analysis.learning.networks.integer_network import IntegerNetwork
    from analysis.learning.networks.quantised_settings import FixedPoint
    from analysis.studies.trigger.network.judging import outputs_of
    from analysis.studies.trigger.synthesis.circuit import _trace
    from analysis.studies.trigger.synthesis.settings import CircuitSettings

    random = np.random.default_rng(1)
    pairs = list(pairwise(WIDTHS))
    network = IntegerNetwork(
        inputs=FixedPoint(6, 2, signed=False),
        activations=FixedPoint(8, 3, signed=False),
        weights=tuple(random.integers(-32, 32, pair) * (random.random(pair) < 0.5) for pair in pairs),
        biases=tuple(random.integers(-100, 100, pair[1]) for pair in pairs),
        fractions=(9,) + (10,) * (len(pairs) - 1),
    )
    windows = random.integers(0, network.inputs.highest + 1, (arguments.windows, WIDTHS[0])).astype(np.int16)
    evaluate, logic = outputs_of(network), _trace(network, CircuitSettings())
    runs = {
        "the study, compiled": lambda: evaluate(windows),
        "the same in NumPy": lambda: network.evaluate(windows)[:, 0],
        PEER: lambda: logic.predict(windows.astype(np.float64), n_threads=1)[:, 0],
    }
    expected = runs["the same in NumPy"]()
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(arguments.rounds + 1):
        for name, run in runs.items():
            start = time.process_time()
            found = run()
            taken[name].append(time.process_time() - start)
            if not np.array_equal(found, expected):
                raise SystemExit(f"{name} does not say what integers say")
    # the first round compiles
    rates = {name: arguments.windows / statistics.median(some[1:]) for name, some in taken.items()}
    print("| | windows a second | times da4ml's |\n| --- | --- | --- |")
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} | {rate / rates[PEER]:.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=int, default=2**18)
    parser.add_argument("--rounds", type=int, default=5)
    main(parser.parse_args())
