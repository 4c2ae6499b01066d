"""Training of all networks of a cross-validation at once, resumable at any moment."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from analysis.learning.checkpoints import Checkpoint, flatten, load, restore, save
from analysis.learning.diagnosis import check_finite
from analysis.learning.engine import Engine, Epoch, State
from analysis.learning.inputs import TrainingInputs
from analysis.learning.losses import loss_named
from analysis.learning.model import Trained
from analysis.learning.preparation import prepare
from analysis.learning.settings import TrainingSettings
from analysis.study import Step

__all__ = ["train"]


def train(
    inputs: TrainingInputs,
    network: Step,
    settings: TrainingSettings,
    *,
    checkpoints: Path,
    fingerprint: Mapping[str, str] | None = None,
    report: Callable[[dict[str, Any]], None] | None = None,
    checkpoint_seconds: float = 10.0,
) -> Trained:
    """Train one network a fold on the trainable events.

    The result depends on the events, the network, the settings and the kind of device; not on the events' order, on
    how often the training was killed, or on the clock.

    Args:
        inputs: events of all data sets.
        network: ``f(shapes, outputs, rngs, settings) -> nnx.Module``; shapes of the blocks of features by name,
            without the event axis. The module is called as ``module(values, present)``, both arrays by block, and
            gives (events, outputs).
        settings: of the training.
        checkpoints: a folder for this training only; a checkpoint in it is resumed from.
        fingerprint: what else a checkpoint must agree in, such as the code, as text by name.
        report: called after each epoch with its entry in the history: ``epoch``, ``epochs`` (at most),
            ``learning_rate``, ``seconds``, ``events_per_second`` (training events of all networks), ``device``,
            ``compile_seconds`` (in the first epoch of a process only), ``loss`` and ``merit`` (their names; see
            :mod:`analysis.learning.losses`) and ``folds``, a list with ``fold``, ``training_loss``,
            ``validation_loss``, ``validation_merit``, ``best_epoch`` and ``stopped`` of each network.
        checkpoint_seconds: how often to write a checkpoint.

    Raises:
        DataError: an event is there twice.
        TrainingError: a class has too few events, or they are not what the loss needs; a loss or a gradient is not
            finite (the message names epoch, fold and events); or there is a checkpoint of another training.
        StoreError: a checkpoint cannot be written.
    """
    prepared = prepare(inputs, settings)
    layout, loss = inputs.layout, loss_named(settings.loss)
    build = partial(_build, network, layout.shapes, loss.outputs(layout))
    engine = Engine(build, settings, prepared.batches)
    state = engine.initialise(settings.folds)
    described = {**_describe(prepared.inputs, network, settings), **(fingerprint or {})}
    state, history = _resume(checkpoints, described, state)

    epoch_of, compile_seconds = None, None
    saved = time.monotonic()
    while not _finished(state, settings):
        if epoch_of is None:
            start = time.perf_counter()
            epoch_of = engine.compile(state, prepared.data)
            compile_seconds = time.perf_counter() - start
        start = time.perf_counter()
        going, number = ~np.asarray(state.stopped), int(state.epoch.max()) + 1
        state, outcome = jax.block_until_ready(epoch_of(state, prepared.data))
        seconds = time.perf_counter() - start
        check_finite(engine, prepared, state, outcome, number, going)
        trained_events = sum(len(part.training) for part in prepared.parts if going[part.network])
        entry = {
            "epoch": number,
            "epochs": settings.epochs,
            "learning_rate": float(outcome.learning_rate[going][0]),
            "seconds": seconds,
            "events_per_second": trained_events / seconds,
            "device": jax.devices()[0].device_kind,
            "loss": loss.name,
            "merit": loss.merit,
            "folds": _folds(state, outcome),
        }
        if compile_seconds is not None:
            entry["compile_seconds"], compile_seconds = compile_seconds, None
        history.append(entry)
        if _finished(state, settings) or time.monotonic() - saved >= checkpoint_seconds:
            _save(checkpoints, described, state, history)
            saved = time.monotonic()
        if report:
            report(entry)
    return Trained(
        network=network,
        settings=settings,
        layout=layout,
        knots=prepared.knots,
        scale=prepared.scale,
        weights=flatten(state.best),
        best_epoch=tuple(int(epoch) for epoch in state.best_epoch),
        history=tuple(history),
    )


def _build(network: Step, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: Any) -> Any:
    return network.load()(shapes, outputs, rngs, network.settings)


def _describe(inputs: TrainingInputs, network: Step, settings: TrainingSettings) -> dict[str, str]:
    """What a training is of, as text by name."""
    described = {
        "data": inputs.digest(),
        "device": jax.devices()[0].device_kind,
        "network": network.function,
        **{package: version(package) for package in ("flax", "jax", "jaxlib", "numpy", "optax")},
    }
    for kind, object in (("network", network.settings), ("training", settings)):
        for field in dataclasses.fields(object) if object is not None else ():
            described[f"{kind}.{field.name}"] = str(getattr(object, field.name))
    return described


def _resume(folder: Path, described: Mapping[str, str], state: State) -> tuple[State, list[dict[str, Any]]]:
    found = load(folder, described)
    if found is None:
        return state, []
    return restore(state, found.arrays, folder), list(found.history)


def _save(folder: Path, described: Mapping[str, str], state: State, history: list[dict[str, Any]]) -> None:
    save(folder, Checkpoint(flatten(state), history, described))


def _finished(state: State, settings: TrainingSettings) -> bool:
    return bool(np.asarray(state.stopped).all()) or int(state.epoch.max()) >= settings.epochs


def _folds(state: State, outcome: Epoch) -> list[dict[str, Any]]:
    return [
        {
            "fold": fold,
            "training_loss": float(outcome.loss[fold]),
            "validation_loss": float(outcome.validation_loss[fold]),
            "validation_merit": float(outcome.validation_merit[fold]),
            "best_epoch": int(state.best_epoch[fold]),
            "stopped": bool(state.stopped[fold]),
        }
        for fold in range(len(state.stopped))
    ]
