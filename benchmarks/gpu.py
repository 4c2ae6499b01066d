"""Measure this project's learning on one device: a table in Markdown, and as JSON with ``--output``.

Needs jax, flax, optax, numpy, safetensors and what these bring along; neither law nor any of the project's other
packages. Takes less than six minutes on one card, compilation included:

    python benchmarks/gpu.py --output gpu.json

Parts: ``peaks`` (matrix products and memory), ``mlp`` and ``edgeconv`` (as shares of these), ``generators`` (ms a
shower), ``folds`` (trained together), ``seeds`` (of tracks), ``networks`` (a step of each), ``agreement`` (losses
beside those of the processor). Each has a time limit: what comes later is left out, and the table says so. Shares
count products of matrices alone, so a network whose time goes elsewhere has small ones. ``--small`` is for a
processor.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "learning"), str(HERE / "on_gpu")]


def measure(setup: Any, chosen: list[Any], limits: dict[Any, int], seconds: float) -> dict[str, dict[str, Any]]:
    """Lines and seconds of each part, and whether it came to its end."""
    found: dict[str, dict[str, Any]] = {}
    begin = time.perf_counter()
    for part in chosen:
        start = time.perf_counter()
        limit = min(seconds * limits[part] / sum(limits.values()), seconds - (start - begin))
        lines, complete = [], limit > 0
        print(f"\n{part.__doc__} At most {limit:.0f} s.\n")
        print(f"| {part.__name__} | value | unit | |\n| --- | ---: | --- | --- |", flush=True)
        for line in part(setup) if complete else ():
            lines.append(asdict(line))
            more = ", ".join(f"{name} {_short(value)}" for name, value in line.more.items())
            print(f"| {line.what} | {_short(line.value)} | {line.unit} | {more} |", flush=True)
            if time.perf_counter() - start > limit:
                complete = False
                break
        taken = time.perf_counter() - start
        if not complete:
            print(f"\nThe time limit ended this part after {taken:.0f} s.")
        found[part.__name__] = {"lines": lines, "seconds": taken, "complete": complete}
    return found


def _short(value: Any) -> str:
    return str(value) if isinstance(value, bool) else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="small sizes, for a processor")
    parser.add_argument("--only", default="", help="parts, separated by commas; default: all. Peaks are always there")
    parser.add_argument("--networks", default="", help="whose steps are measured and compared; default: all")
    parser.add_argument("--seconds", type=float, default=300.0, help="for all parts together; default: 300")
    parser.add_argument("--output", type=Path, help="file for the table as JSON")
    options = parser.parse_args()
    # batches are far smaller than the memory, which other programs may use, too
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if os.environ.get("JAX_PLATFORMS"):
        # losses are compared with the processor's
        os.environ["JAX_PLATFORMS"] += ",cpu"
    import jax
    from cases import CASES
    from parts import PARTS, Setup

    names = {part.__name__: part for part in PARTS}
    wanted, networks = ([name for name in text.split(",") if name] for text in (options.only, options.networks))
    if unknown := {*wanted} - {*names} | {*networks} - {case.name for case in CASES}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    chosen = [part for name, part in names.items() if name in wanted or not wanted or name == "peaks"]
    device = jax.devices()[0]
    about = {
        "device": device.device_kind,
        "platform": device.platform,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        **{package: version(package) for package in ("jax", "jaxlib", "flax", "optax", "numpy")},
        "sizes": "small" if options.small else "full",
    }
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    if device.platform == "cpu":
        print("This is a processor: the figures say nothing of a GPU.")
    found = measure(Setup(device, options.small, tuple(networks)), chosen, PARTS, options.seconds)
    print(f"\n{sum(part['seconds'] for part in found.values()):.0f} s in all.")
    if options.output:
        options.output.write_text(json.dumps({**about, "parts": found}, indent=1) + "\n")
    apart = [line["what"] for part in found.values() for line in part["lines"] if line["more"].get("agrees") is False]
    if apart:
        raise SystemExit(f"losses are further from those of the processor than allowed: {', '.join(apart)}")


if __name__ == "__main__":
    main()
