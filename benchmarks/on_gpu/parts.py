"""Measurements on one device, part by part: lines of a table, each as soon as it is known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from cases import CASES, EDGECONV, MLP, Case, median_seconds
from collisions import collide, describe_barrel
from products import count_products

from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.events import Pass, find_in_events

__all__ = ["PARTS", "Line", "Setup"]

# losses on other devices agree to this (docs/learning.md)
TOLERANCE = 1e-5
COMPARED = ("dense", "graph", "flow", "adversarial")
FOLDS = 5


@dataclass(frozen=True)
class Line:
    """Of the table.

    Args:
        what: was measured.
        value: that was found.
        unit: of the value.
        more: what belongs to it, by name.
    """

    what: str
    value: float
    unit: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Setup:
    """Device and choices that all parts are given.

    Args:
        device: that is measured.
        small: whether sizes are those of a test on a processor.
        names: of the networks whose steps are measured and compared; empty for all.
        peaks: what the device does at most, by name: operations/s of matrix products, bytes/s of its memory.
    """

    device: Any
    small: bool
    names: tuple[str, ...] = ()
    peaks: dict[str, float] = field(default_factory=dict)

    @property
    def cases(self) -> list[Case]:
        return [self.sized(case) for case in CASES if case.name in self.names or not self.names]

    @property
    def rounds(self) -> int:
        return 2 if self.small else 7

    @property
    def steps(self) -> int:
        return 2 if self.small else 50

    def sized(self, case: Case) -> Case:
        if not self.small:
            return case
        # what compiles long is small, too
        settings = replace(case.settings, widths=(8,), layers=1) if case is EDGECONV else case.settings
        return replace(case, settings=settings, batch=12)

    def seconds(self, trainer: Any) -> float:
        """Of a step."""
        return median_seconds(trainer.run, self.rounds) / trainer.steps


def peaks(setup: Setup) -> Iterator[Line]:
    """Measure what the device does at most: products of matrices, and its memory."""
    size, turns = (128, 2) if setup.small else (8192, 10)
    for name, kind, precision in (
        ("float32", jnp.float32, None),
        ("float32, all digits", jnp.float32, "highest"),
        ("bfloat16", jnp.bfloat16, None),
    ):
        factor = jnp.ones((size, size), kind) / size
        product = jax.jit(lambda a, b, precision=precision: jnp.matmul(a, b, precision=precision))

        def multiply(product: Any = product, factor: Any = factor) -> None:
            found = factor
            for _ in range(turns):
                found = product(found, factor)
            jax.block_until_ready(found)

        rate = 2 * size**3 * turns / median_seconds(multiply, setup.rounds)
        setup.peaks[name] = rate
        yield Line(f"product of matrices, {name}, {size} x {size}", rate / 1e12, "TFlop/s")
    number = 2**16 if setup.small else 2**28
    arrays = [jnp.full(number, value, jnp.float32) for value in (1.0, 2.0)]
    for name, function, used in (
        ("copy", jax.jit(lambda a, b: a + 1), 2),
        ("triad", jax.jit(lambda a, b: a + 3 * b), 3),
    ):
        seconds = median_seconds(lambda function=function: jax.block_until_ready(function(*arrays)), setup.rounds)
        rate = 4 * number * used / seconds
        setup.peaks["memory"] = max(rate, setup.peaks.get("memory", 0.0))
        yield Line(f"memory, {name} of {4 * number / 2**20:g} MiB", rate / 1e9, "GB/s")


def shares(setup: Setup, case: Case, name: str) -> Iterator[Line]:
    """A step's time beside what its products of matrices would take at the device's peaks."""
    case = setup.sized(case)
    for precision in ("float32", "bfloat16"):
        trainer = case.trainer(setup.steps, setup.device, precision=precision)
        work, seconds = count_products(*case.gradient(trainer)), setup.seconds(trainer)
        more = {
            "share of the matrix product": work.operations / seconds / setup.peaks[precision],
            "share of the memory bandwidth": work.moved / seconds / setup.peaks["memory"],
            "GFlop a step": work.operations / 1e9,
            "MB a step": work.moved / 1e6,
        }
        yield Line(f"{name}, {precision}, {case.batch} events", seconds * 1e3, "ms a step", more)


def mlp(setup: Setup) -> Iterator[Line]:
    """The fully connected network 30-3x256-4, as a share of the peaks."""
    yield from shares(setup, MLP, "MLP 30-3x256-4")


def edgeconv(setup: Setup) -> Iterator[Line]:
    """Edge convolutions of 100 particles with 16 neighbours, as a share of the peaks."""
    yield from shares(setup, EDGECONV, "EdgeConv 64, 128")


def generators(setup: Setup) -> Iterator[Line]:
    """Showers of 250 numbers given 3 conditions, drawn by networks."""
    for case in CASES:
        if case.name in ("adversarial", "flow"):
            many = replace(case, batch=60 if setup.small else 10_000)
            seconds = median_seconds(many.generating(), setup.rounds)
            yield Line(f"{case.name}, {many.batch} showers at once", seconds / many.batch * 1e3, "ms a shower")


def networks(setup: Setup) -> Iterator[Line]:
    """A step of every network with its own settings."""
    for case in setup.cases:
        begin = time.perf_counter()
        trainer = case.trainer(setup.steps, setup.device)
        more = {"s to compile": time.perf_counter() - begin}
        yield Line(f"{case.name}, {case.batch} events", setup.seconds(trainer) * 1e3, "ms a step", more)


def seeds(setup: Setup) -> Iterator[Line]:
    """Seeds of tracks in a barrel of pixels, by the automaton of the study tracking; packing and transfers included."""
    passes = [Pass(describe_barrel(), Cuts())]
    for tracks, number in ((100, 2),) if setup.small else ((1_000, 64), (3_000, 16), (6_000, 8)):
        events = [collide(tracks, seed) for seed in range(number)]
        with jax.default_device(setup.device):
            for length in (1, number):
                run = partial(find_in_events, events, passes, length=length)
                more = {"seeds an event": float(np.mean([len(one.hits) for one in run()]))}
                what = f"{tracks} tracks, {length} event{'s' if length > 1 else ''} at once"
                yield Line(what, median_seconds(run, setup.rounds) / number * 1e3, "ms an event", more)


def folds(setup: Setup) -> Iterator[Line]:
    """Networks of a cross-validation, trained together and one after another."""
    case = setup.sized(CASES[0])
    together, alone = (setup.seconds(case.trainer(setup.steps, setup.device, folds=number)) for number in (FOLDS, 1))
    more = {"ms one after another": FOLDS * alone * 1e3, "times as fast": FOLDS * alone / together}
    yield Line(f"{FOLDS} networks '{case.name}' together, {case.batch} events each", together * 1e3, "ms a step", more)


def agreement(setup: Setup) -> Iterator[Line]:
    """Measure how far losses of short trainings are from those of the processor, relative to the greatest one."""
    processor = jax.devices("cpu")[0]
    steps, epochs = (2, 2) if setup.small else (10, 3)
    for case in setup.cases:
        if case.name not in COMPARED:
            continue
        few = replace(case, batch=12 if setup.small else 120)
        with jax.default_device(processor), jax.default_matmul_precision("highest"):
            reference = few.trainer(steps, processor)
        state = jax.tree.map(jnp.copy, reference.state)
        expected = np.stack([reference.run() for _ in range(epochs)])
        # only what computes with all digits is promised to agree
        for precision, promised in (("highest", True), ("default", False)):
            with jax.default_matmul_precision(precision):
                # a training consumes its state
                found = few.trainer(steps, setup.device, state=jax.tree.map(jnp.copy, state))
            losses = np.stack([found.run() for _ in range(epochs)])
            difference = float(np.max(np.abs(losses - expected)) / np.max(np.abs(expected)))
            more = {"allowed": TOLERANCE, "agrees": difference <= TOLERANCE} if promised else {}
            yield Line(f"{case.name}, matrix precision {precision}", difference, "of the loss", more)


# shares of the time that each may take before its last line
PARTS = {peaks: 1, mlp: 1, edgeconv: 2, generators: 1, folds: 1, seeds: 2, networks: 6, agreement: 3}
