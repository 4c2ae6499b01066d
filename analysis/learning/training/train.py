"""Training of all networks of a cross-validation, resumable at any moment."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from analysis.learning.application.trained import Trained
from analysis.learning.data.folded_inputs import FoldedInputs, fold_inputs
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.sorted_inputs import SortedInputs, sort_inputs
from analysis.learning.losses.by_name import loss_of
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.checkpoints import Checkpoint, flatten, load, restore, save
from analysis.learning.training.devices import choose_devices
from analysis.learning.training.diagnosis import check_finite, explain_lack_of_memory
from analysis.learning.training.engine import Engine, Member
from analysis.learning.training.forward import Forward
from analysis.learning.training.history import merge
from analysis.learning.training.loops import ResidentLoop, StreamedLoop, TrainingLoop
from analysis.learning.training.plan import Plan, default_memory, plan
from analysis.learning.training.starting import Start
from analysis.learning.training.state import Epoch, State
from analysis.provenance.auxiliary import steps_in
from analysis.provenance.fingerprint import fingerprint
from analysis.step import Step

__all__ = ["train"]


def train(
    events: SortedInputs | TrainingInputs,
    network: Step,
    settings: TrainingSettings,
    *,
    checkpoints: Path,
    described: Mapping[str, str] | None = None,
    report: Callable[[dict[str, Any]], None] | None = None,
    resumed: Callable[[Sequence[dict[str, Any]]], None] | None = None,
    stop: Callable[[list[dict[str, Any]]], bool] | None = None,
    checkpoint_seconds: float = 10.0,
    checkpointed: Callable[[Path], None] | None = None,
    memory: int | None = None,
    devices: int | None = None,
    start: Start | None = None,
) -> Trained:
    """Train one network a fold and seed on the trainable events.

    The result depends on the events, the network, the settings and the kind of device; not on the events' order, on
    how often the training was killed, or on the clock. Whether networks are trained together or one after another, from
    memory or from a stream, changes rounding only.

    Args:
        events: of all data sets.
        network: ``f(shapes, outputs, rngs, settings) -> nnx.Module``; shapes of the blocks of features by name,
            without the event axis. The module is called as ``module(values, present)``, both arrays by block, and
            gives (events, outputs).
        settings: of the training.
        checkpoints: a folder for this training only; a checkpoint in it is resumed from.
        described: what else a checkpoint must agree in, as text by name.
        report: called after each epoch of each group of networks with its entry in the history: ``epoch``, ``epochs``
            (at most), ``group``, ``groups`` (of networks that are trained together), ``data`` (``resident`` or
            ``stream``), ``precision``, ``learning_rate``, ``seconds``, ``events_per_second`` (training events of all
            networks), ``device``, ``devices`` (that share each step), ``compile_seconds`` (in the first epoch of a
            process only), ``loss`` and ``metrics`` (their names) and ``networks``, a list with ``fold``, ``seed``,
            ``training_loss`` (of the last turn), ``validation_loss``, ``losses`` (by network, where several are trained
            against each other), ``metrics`` by name, ``best_epoch``, ``best_value`` (of what picks
            the epoch) and ``stopped`` of each.
        resumed: called with the history that a group's checkpoint has, before the group goes on from there.
        stop: is asked after each epoch, with the history so far, whether to go no further; not asked where networks are
            trained one after another.
        checkpoint_seconds: how often to write a checkpoint.
        checkpointed: called with the file of each checkpoint that was written.
        memory: bytes that events may take on the device; a share of what it has, if not given.
        devices: most devices that share the events of a step; see
            :func:`analysis.learning.training.devices.choose_devices`.
        start: the published networks that the settings' ``start`` names.

    Raises:
        DataError: an event is there twice.
        StudyError: a metric does not go with the loss.
        TrainingError: published networks do not fit; a class has too few events, or they are not what the loss needs;
            a loss or a gradient is not finite (the message names epoch, fold and events); there is not enough memory;
            or there is a checkpoint of another training.
        StoreError: a checkpoint cannot be written.
    """
    arranged = sort_inputs([events]) if isinstance(events, TrainingInputs) else events
    folded = fold_inputs(arranged, settings)
    loss = loss_of(settings.loss)
    build = partial(_build, network, folded.layout.shapes, loss.outputs(folded.layout))
    if start is not None:
        start.check(folded.layout, loss.names(folded.layout), build)
        folded = replace(folded, folds=tuple(start.scaled(fold, folded.layout) for fold in folded.folds))
    parallel = choose_devices(build, *folded.blocks, settings.batch_size // loss.updates, devices)
    chosen = plan(folded, settings, default_memory() if memory is None else memory, parallel.number)
    engine = Engine(Forward(build, settings, parallel), folded.batch_order, start)
    of = {**_describe(folded, network, settings, chosen), **(described or {})}
    with explain_lack_of_memory(settings):
        loop = (ResidentLoop if chosen.data == "resident" else StreamedLoop)(engine, folded)
        ended = [
            _train_group(
                loop,
                members,
                checkpoints / f"networks_{number}",
                of,
                {"group": number + 1, "groups": len(chosen.groups), "data": chosen.data, "devices": chosen.devices},
                report,
                resumed,
                stop if len(chosen.groups) == 1 else None,
                checkpoint_seconds,
                checkpointed,
            )
            for number, members in enumerate(chosen.groups)
        ]
    best = [flatten(state.best) for state, _ in ended]
    return Trained(
        network=network,
        settings=settings,
        layout=folded.layout,
        knots={name: np.stack([fold.knots[name] for fold in folded.folds]) for name in folded.folds[0].knots},
        scale=np.stack([fold.scale for fold in folded.folds]),
        weights={name: np.concatenate([one[name] for one in best]) for name in best[0]},
        best_epoch=tuple(int(epoch) for state, _ in ended for epoch in state.best_epoch),
        history=tuple(merge([history for _, history in ended])),
    )


def _train_group(
    loop: TrainingLoop,
    members: Sequence[Member],
    folder: Path,
    of: Mapping[str, str],
    constants: Mapping[str, Any],
    report: Callable[[dict[str, Any]], None] | None,
    resumed: Callable[[Sequence[dict[str, Any]]], None] | None,
    stop: Callable[[list[dict[str, Any]]], bool] | None,
    checkpoint_seconds: float,
    checkpointed: Callable[[Path], None] | None,
) -> tuple[State, list[dict[str, Any]]]:
    """Train some networks to their end, from their checkpoint if there is one."""
    engine, settings = loop.engine, loop.engine.settings
    state = engine.initialise(members)
    found = load(folder, of)
    history = list(found.history) if found else []
    if found:
        state = engine.parallel.place(restore(state, found.arrays, folder))
        if resumed:
            resumed(history)
    saved = time.monotonic()

    def keep(state: State, *, now: bool = False) -> None:
        nonlocal saved
        if now or time.monotonic() - saved >= checkpoint_seconds:
            file = save(folder, Checkpoint(flatten(state), history, of))
            if checkpointed:
                checkpointed(file)
            saved = time.monotonic()

    def ended() -> bool:
        return _finished(state, settings) or bool(stop and history and stop(history))

    if not ended():
        loop.begin(members)
    while not ended():
        start, compiled = time.perf_counter(), loop.compile_seconds
        active = ~np.asarray(state.stopped)
        state, outcome = loop.epoch(state, keep)
        compile_seconds = loop.compile_seconds - compiled
        seconds = time.perf_counter() - start - compile_seconds
        check_finite(engine, loop.folded, state, outcome, members, active, folder.parent)
        trained = sum(loop.folded.folds[m.fold].training.count for m in np.array(members)[active])
        entry = {
            "epoch": int(state.epoch.max()),
            "epochs": settings.epochs,
            **constants,
            "precision": settings.precision,
            "learning_rate": float(outcome.learning_rate[active][0]),
            "seconds": seconds,
            "events_per_second": trained / seconds,
            "device": jax.devices()[0].device_kind,
            "loss": engine.forward.loss.name,
            "metrics": [metric.name for metric in engine.metrics],
            "networks": _networks(engine, state, outcome, members),
        }
        for number in np.flatnonzero(~active):
            # a network that has stopped keeps its last values, as it does where it is trained alone
            entry["networks"][number] = history[-1]["networks"][number]
        if compile_seconds:
            entry["compile_seconds"] = compile_seconds
        history.append(entry)
        keep(state, now=_finished(state, settings))
        if report:
            report(entry)
    return state, history


def _build(network: Step, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: Any) -> Any:
    return network.load()(shapes, outputs, rngs, network.settings)


def _describe(folded: FoldedInputs, network: Step, settings: TrainingSettings, chosen: Plan) -> dict[str, str]:
    """Describe a training by its data, device, order of work, network, code and settings, as text by name."""
    code = dict(fingerprint(__name__))
    for step in steps_in(network):
        code |= fingerprint(step.function)
    described = {
        "data": folded.events.digest,
        "device": f"{chosen.devices} x {jax.devices()[0].device_kind}",
        "order of work": f"{chosen.data}, {chosen.together} networks together",
        "network": network.function,
        **{package: version(package) for package in ("flax", "jax", "jaxlib", "numpy", "optax")},
        **{f"code {module}": digest for module, digest in code.items()},
    }
    for kind, object in (("network", network.settings), ("training", settings)):
        for field in dataclasses.fields(object) if object is not None else ():
            described[f"{kind}.{field.name}"] = str(getattr(object, field.name))
    return described


def _finished(state: State, settings: TrainingSettings) -> bool:
    return bool(np.asarray(state.stopped).all()) or int(state.epoch.max()) >= settings.epochs


def _networks(engine: Engine, state: State, outcome: Epoch, members: Sequence[Member]) -> list[dict[str, Any]]:
    losses = [engine.steps.losses_by_turn(own) for own in np.asarray(outcome.loss)]
    return [
        {
            "fold": member.fold,
            "seed": engine.settings.seed + member.seed,
            "training_loss": list(losses[number].values())[-1],
            "validation_loss": float(outcome.validation_loss[number]),
            **({"losses": losses[number]} if len(losses[number]) > 1 else {}),
            "metrics": {
                metric.name: float(value) for metric, value in zip(engine.metrics, outcome.metrics[number], strict=True)
            },
            "best_epoch": int(state.best_epoch[number]),
            "best_value": engine.as_reported(float(state.best_value[number])),
            "stopped": bool(state.stopped[number]),
        }
        for number, member in enumerate(members)
    ]
