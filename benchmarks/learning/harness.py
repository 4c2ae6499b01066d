"""Peers that train the same network take turns on the same processors: the harness of this folder's benchmarks.

Every peer lives in a process of its own, so that no thread pool disturbs another one, and works only while it is told
to: a round is one block of steps of each peer, one after the other, each round in another order. What counts is the
median over rounds of the ratio of two peers' times in the same round: what slows the machine for a while slows both.
Where others use the machine too, ``--clock cpu`` counts the processors' time instead; on one core only, as idle threads
may wait busily, and without what other processes do for a peer. Before anything is timed, all peers must compute the
same numbers.

To add a case, write a script with functions that build its peers, and call :func:`main`::

    def ours(cores: int) -> Peer:  # in a child; heavy imports happen here, not at the top of the script
        import jax
        ...
        return Peer(run, numbers)  # run(steps) trains so many steps to their end; numbers() before the first step

    def theirs(cores: int) -> Peer:
        torch = import_torch(cores)
        ...

    if __name__ == "__main__":
        main(__doc__, [Case("name for the table", events=1024, steps=200, peers={"erumflow": ours, "torch": theirs})])

Both take the same initial weights and data, made by numpy from one seed, and the first peer is what the others are
compared with: a ratio of 2 says that the first one does two steps while the other one does one.

PyTorch is no dependency of this project: make a virtual environment for this purpose, and in it
``pip install torch==2.13.0`` (the wheel for CPUs) beside ``requirements.lock``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Case", "Peer", "compare", "import_torch", "main"]

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]


@dataclass(frozen=True)
class Peer:
    """One of those who are compared, in its process.

    Args:
        run: ``f(steps)``, trains so many steps and returns when they are done.
        numbers: called before the first step; what all peers must agree in, such as outputs and loss of a batch.
    """

    run: Callable[[int], Any]
    numbers: Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """What is compared.

    Args:
        name: for the table.
        events: in one step.
        steps: in one block, the same for all peers.
        peers: ``f(cores) -> Peer`` by name, functions of a module; the first one is the one of this project.
        tolerance: by which numbers may differ, relative to the greatest of them.
    """

    name: str
    events: int
    steps: int
    peers: Mapping[str, Callable[[int], Peer]]
    tolerance: float = 1e-5


class _Child:
    """A process with one peer in it."""

    def __init__(self, name: str, build: Callable[[int], Peer], cores: int) -> None:
        # spawned, not forked: it must choose its processors before it makes its thread pools
        context = multiprocessing.get_context("spawn")
        self.name = name
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(build, cores, theirs), daemon=False)
        self.process.start()
        theirs.close()

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe.close()
        self.process.join()

    def ask(self, steps: int | None) -> Any:
        """Seconds for so many steps by clock, or the peer's numbers."""
        try:
            self.pipe.send(steps)
            return self.pipe.recv()
        except (EOFError, OSError):
            raise SystemExit(f"{self.name} failed; see above") from None


def _serve(build: Callable[[int], Peer], cores: int, pipe: Connection) -> None:
    from analysis.learning.training.processor import divide_processor

    os.sched_setaffinity(0, _processors(cores))
    os.environ["OMP_NUM_THREADS"] = str(cores)
    # as the commands of this project have it
    divide_processor()
    peer = build(cores)
    while True:
        try:
            steps = pipe.recv()
        except EOFError:
            return
        if steps is None:
            pipe.send(np.asarray(peer.numbers(), np.float64))
        else:
            start = {name: clock() for name, clock in CLOCKS.items()}
            peer.run(steps)
            pipe.send({name: clock() - start[name] for name, clock in CLOCKS.items()})


def _processors(cores: int) -> list[int]:
    """The last processors: the first one serves more interrupts than others."""
    return sorted(os.sched_getaffinity(0))[-cores:]


def import_torch(cores: int) -> Any:
    """PyTorch with so many threads."""
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise SystemExit("PyTorch is not installed; see benchmarks/learning/harness.py") from None
    torch.set_num_threads(cores)
    torch.set_num_interop_threads(1)
    return torch


def compare(case: Case, cores: int, rounds: int, clock: str = "wall") -> dict[str, np.ndarray]:
    """Seconds of each round (rounds,) by peer.

    Args:
        case: what is compared.
        cores: that every peer may use.
        rounds: how often every peer has its turn.
        clock: ``"wall"`` or ``"cpu"``.

    Raises:
        SystemExit: the peers do not compute the same, or one fails.
    """
    with ExitStack() as stack:
        children = [stack.enter_context(_Child(name, build, cores)) for name, build in case.peers.items()]
        numbers = [child.ask(None) for child in children]
        for child, found in zip(children, numbers, strict=True):
            if found.shape != numbers[0].shape:
                raise SystemExit(f"{case.name}: {child.name} has numbers {found.shape}, not {numbers[0].shape}")
            difference = np.max(np.abs(found - numbers[0])) / np.max(np.abs(numbers[0]))
            if not difference <= case.tolerance:
                raise SystemExit(f"{case.name}: {child.name} differs by {difference:.2g}; it is no peer")
        for child in children:
            child.ask(case.steps)  # compilation, page faults, the processors' clocks
        seconds: dict[str, list[float]] = {name: [] for name in case.peers}
        for number in range(rounds):
            for child in children if number % 2 else children[::-1]:
                seconds[child.name].append(child.ask(case.steps)[clock])
    return {name: np.asarray(times) for name, times in seconds.items()}


def main(description: str, cases: Sequence[Case], arguments: Sequence[str] | None = None) -> None:
    """Compare the peers of each case and print one Markdown table."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=1, help="that every peer may use")
    parser.add_argument("--rounds", type=int, default=15, help="how often every peer has its turn")
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall", help="what counts")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--peers", default="", help="peers whose name contains this, where PyTorch is not at hand")
    options = parser.parse_args(arguments)
    if options.cores > len(os.sched_getaffinity(0)):
        parser.error(f"there are {len(os.sched_getaffinity(0))} processors")
    if options.clock == "cpu" and options.cores > 1:
        parser.error("--clock cpu is for one core")
    print(f"{_machine()}, {options.cores} of them used, load {os.getloadavg()[0]:.1f} before;")
    print(f"medians of {options.rounds} rounds, {options.clock} time\n", flush=True)
    print("| case | peer | step / µs | events/s | time relative to the first (half of the rounds in) |")
    print("| --- | --- | ---: | ---: | ---: |", flush=True)
    for case in cases:
        if options.only in case.name:
            case = replace(case, peers={name: build for name, build in case.peers.items() if options.peers in name})
            seconds = compare(case, options.cores, options.rounds, options.clock)
            for line in _lines(case, seconds):
                print(line, flush=True)


def _lines(case: Case, seconds: Mapping[str, np.ndarray]) -> list[str]:
    first, lines = next(iter(seconds.values())), []
    for name, times in seconds.items():
        step = float(np.median(times)) / case.steps
        low, ratio, high = np.quantile(times / first, [0.25, 0.5, 0.75])
        compared = f"**{ratio:.2f}** ({low:.2f} to {high:.2f})" if times is not first else "1"
        lines.append(f"| {case.name} | {name} | {step * 1e6:.0f} | {case.events / step:.3g} | {compared} |")
    return lines


def _machine() -> str:
    model = platform.processor()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else []:
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    packages = ", ".join(f"{name} {found}" for name in ("jax", "flax", "torch") if (found := _version(name)))
    return f"{model}, {os.cpu_count()} processors; {packages}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
