"""Networks as StableHLO and ONNX, and the comparison of both with the networks themselves.

Both hold all networks of a cross-validation, from raw features to predictions. Their inputs are arrays by name: for
each block ``NAME`` its values (n, ...) float32 in the study's units, and ``NAME_present`` (n, ...) bool. The output is
``predictions`` (k, n, p) float32; what is not present may have any value. Nothing in the files is a pickle: StableHLO
is a flatbuffer of :mod:`jax.export`, ONNX a protocol buffer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import jax.export
import numpy as np

from analysis.errors import DataError, TrainingError
from analysis.learning.application.trained import Trained
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.export.onnx_conversion import convert
from analysis.learning.export.prediction_function import events_of, inputs_of, prediction_function

__all__ = ["OUTPUT", "TOLERANCE", "check", "export", "readers"]

OUTPUT = "predictions"
TOLERANCE = 1e-5
COARSEST = 1e-3  # where single precision is no better, this is allowed and no more
ROUNDINGS = 8  # of the inputs, at random
CHUNK = 2000  # events at a time; one less in the next chunk, so that their number is seen to be free
PLATFORMS = ("cpu", "cuda")


def export(trained: Trained, onnx_path: Path, stablehlo_path: Path, metadata: Mapping[str, str]) -> None:
    """Write all networks of a cross-validation; the same networks give the same bytes.

    Args:
        trained: networks.
        onnx_path: where the ONNX model goes.
        stablehlo_path: where the serialised StableHLO goes.
        metadata: texts by name, kept inside the ONNX model.

    Raises:
        TrainingError: a network has an operation that ONNX or an export with a free number of events does not have.
    """
    function, inputs = prediction_function(trained), inputs_of(trained)
    model = convert(function, inputs, OUTPUT, "predictions")
    model.producer_name = "erumflow"
    for name, text in sorted(metadata.items()):
        entry = model.metadata_props.add()
        entry.key, entry.value = name, text
    onnx_path.write_bytes(model.SerializeToString(deterministic=True))
    stablehlo_path.write_bytes(_stablehlo(function, inputs))


def readers(onnx_path: Path, stablehlo_path: Path) -> dict[str, Callable[[Mapping[str, np.ndarray]], np.ndarray]]:
    """The exported networks, ready to be applied: ``f(arrays) -> (k, n, p)`` by format.

    Raises:
        DataError: a file is missing or damaged.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # threads that wait for work would take the processor from others
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(onnx_path.read_bytes(), options, providers=["CPUExecutionProvider"])
        exported = jax.export.deserialize(bytearray(stablehlo_path.read_bytes()))
    except FileNotFoundError as error:
        raise DataError(f"there is no file {error.filename}") from error
    except Exception as error:  # readers have errors of their own kinds
        raise DataError(f"{onnx_path} or {stablehlo_path} is damaged: {error}") from error
    call = jax.jit(exported.call)
    return {
        "ONNX": lambda arrays: session.run([OUTPUT], dict(arrays))[0],
        "StableHLO": lambda arrays: np.asarray(call(dict(arrays))),
    }


def check(trained: Trained, onnx_path: Path, stablehlo_path: Path, inputs: TrainingInputs) -> dict[str, float]:
    """Compare exported networks with the networks they were made of.

    Args:
        trained: networks.
        onnx_path: from :func:`export`.
        stablehlo_path: from :func:`export`.
        inputs: n events, at least 1; also such in which features are missing, if there are.

    Returns:
        The largest difference among all events, networks and predictions by format: absolute for probabilities, in
        units of the target's standard deviation for targets, relative for refined features beyond 1. It is at most
        1e-5, but for events whose predictions change by more than half of it where their features change in the last
        bit, such as those that depend on the mass of a fast particle.

    Raises:
        DataError: there are no events, or a file is missing or damaged.
        TrainingError: a difference is greater than that, or a prediction is not finite; names format, network, event.
    """
    if not len(inputs):
        raise DataError("there are no events to compare exported networks with")
    folds = trained.settings.folds
    expected = np.stack([trained.predictions_of(fold, inputs) for fold in range(folds)])
    unit = _units(trained, expected)
    largest = {}
    for form, reader in readers(onnx_path, stablehlo_path).items():
        found = np.concatenate([reader(events_of(inputs, rows)) for rows in _chunks(len(inputs))], axis=1)
        if found.shape != expected.shape:
            raise TrainingError(f"{form} gives predictions of shape {found.shape}, not {expected.shape}")
        difference = np.abs(found.astype(np.float64) - expected) / unit
        difference[~np.isfinite(difference)] = np.finfo(float).max
        largest[form] = float(difference.max())
        wrong = difference > TOLERANCE
        rows = np.flatnonzero(wrong.any(axis=(0, 2)))
        if len(rows):
            allowed = np.clip(
                2 * _rounding(reader, events_of(inputs.select(rows), slice(None))) / unit[:, rows], 0, COARSEST
            )
            wrong[:, rows] &= difference[:, rows] > allowed
        if wrong.any():
            network, event, prediction = map(int, np.unravel_index(np.argmax(difference * wrong), wrong.shape))
            place = network, event, prediction
            raise TrainingError(
                f"{form} does not agree with the trained network {network}: {trained.names[prediction]!r} of event "
                f"{event} (identity {inputs.identity[event]}) is {found[place]:.8g}, expected {expected[place]:.8g}; "
                f"the difference is {difference[place]:.2g}, more than {TOLERANCE:g}",
                cure="this is a fault of the export or of the network's numerics: tell the authors, and use the "
                "networks as TrainModel wrote them",
            )
    return largest


def _rounding(reader: Callable[..., np.ndarray], arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """(k, n, p): how far predictions move at most when features are rounded to a neighbouring number."""
    random, expected = np.random.default_rng(1), reader(arrays).astype(np.float64)
    moved = np.zeros(expected.shape)
    for _ in range(ROUNDINGS):
        towards = {name: random.choice([-np.inf, np.inf], array.shape) for name, array in arrays.items()}
        near = {
            name: array if array.dtype == bool else np.nextafter(array, towards[name].astype(np.float32))
            for name, array in arrays.items()
        }
        moved = np.maximum(moved, np.abs(reader(near) - expected))
    return moved


def _chunks(events: int) -> list[slice]:
    edges = [0]
    while edges[-1] < events:
        edges.append(min(edges[-1] + CHUNK - len(edges) % 2, events))
    return [slice(low, high) for low, high in pairwise(edges)]


def _units(trained: Trained, expected: np.ndarray) -> np.ndarray:
    """(k, n, p): what differences are measured in."""
    names, targets = trained.names, trained.layout.targets
    unit = np.ones(expected.shape)
    for index, name in enumerate(names):
        # uncertainties and quantiles are called after their target
        target = max((one for one in targets if f"{name}_".startswith(f"{one}_")), key=len, default=None)
        if name in trained.layout.classes:
            continue
        if target is None:
            unit[..., index] = np.maximum(np.abs(expected[..., index]), 1.0)
        else:
            unit[..., index] = trained.scale[:, targets.index(target), 1, None]
    return unit


def _stablehlo(function: Callable[..., Any], inputs: Mapping[str, tuple[tuple[int, ...], Any]]) -> bytes:
    (events,) = jax.export.symbolic_shape("n")
    described = {name: jax.ShapeDtypeStruct((events, *shape), kind) for name, (shape, kind) in inputs.items()}
    try:
        with _without_places():
            exported = jax.export.export(jax.jit(function), platforms=PLATFORMS)(described)
    except jax.errors.JAXTypeError as error:
        raise TrainingError(f"the network does not take any number of events: {str(error).splitlines()[0]}") from error
    return bytes(exported.serialize())


@contextmanager
def _without_places() -> Iterator[None]:
    """Operations are written without the places in the code they come from, which are those of one machine."""
    option = "jax_traceback_in_locations_limit"
    before = getattr(jax.config, option)
    jax.config.update(option, 0)
    try:
        yield
    finally:
        jax.config.update(option, before)
