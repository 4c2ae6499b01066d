"""Network inputs from fields of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError, StudyError
from analysis.events.columns import check_numbers, presence, values
from analysis.events.joining import of_events
from analysis.events.labels import label
from analysis.events.noise import normal_numbers
from analysis.events.selection import passes
from analysis.histograms.weights import weigh
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.features import Features

if TYPE_CHECKING:
    from analysis.datasets import Dataset
    from analysis.learning.field_settings import Block, FieldFeatures

__all__ = ["event_features", "prepare"]

_TRUTH = "truth."


def prepare(
    events: ak.Array,
    truth: ak.Array | None,
    dataset: Dataset,
    weight_per_fb: float,
    settings: FieldFeatures,
) -> TrainingInputs:
    """Prepare features, labels, targets and weights of all events of a data set, or of a part of it.

    Args:
        events: a record array of length n with the field ``identity``; there need not be any.
        truth: generated events, among them all of these; ``None`` where there is none.
        dataset: where they are from.
        weight_per_fb: expected events per generated event for 1/fb.
        settings: what networks see and learn.

    Raises:
        DataError: a feature is not finite, lists of one block have different lengths, or a target is missing in an
            event that is learned from. The message names field and event.
        StudyError: the events have no such field.

    Examples:
        >>> from analysis.learning.field_settings import Block, FieldFeatures
        >>> from analysis.study import Dataset, Process
        >>> both = (Process("higgs", "H", ("h",)), Process("zz", "ZZ", ("zz",)))
        >>> settings = FieldFeatures(("mass",), {"muons": Block(("muons.pt",), 2)}, both)
        >>> events = ak.Array({"identity": [1, 2], "mass": [125.0, None], "muons": [[{"pt": 9.0}], []]})
        >>> found = prepare(events, None, Dataset("zz", "ZZ", "simulated"), 0.5, settings)
        >>> found.label, found.weight, found.features["muons"].values.tolist()
        (array([1, 1], dtype=int32), array([0.5, 0.5]), [[[9.0], [0.0]], [[0.0], [0.0]]])
    """
    names = [process.name for process in settings.processes]
    simulated = dataset.kind == "simulated"
    learned = simulated != settings.measured
    if names:
        labels = label(events, dataset, settings.processes)
    else:
        # a regression: all events that are learned from are alike
        labels = np.full(len(events), 0 if learned else -1, np.int32)
    identity = values(events, "identity").astype(np.uint64)
    trainable = passes(events, settings.selection) & (labels >= 0)
    if truth is not None and "identity" in truth.fields:
        truth = of_events(truth, identity)
    weights = weigh(events, labels, names, weight_per_fb, dataset.kind, settings.weights)
    features = {name: _block(events, name, block) for name, block in settings.blocks.items()}
    if settings.event:
        features["event"] = event_features(events, settings.event)
    if settings.noise:
        numbers = normal_numbers(identity, settings.noise)
        features["noise"] = Features(numbers, np.ones(numbers.shape, np.bool_))
    target = np.zeros((len(events), len(settings.targets)), np.float32)
    for index, name in enumerate(settings.targets if learned else ()):
        target[:, index] = _column(events, truth, name, trainable, "the target")
    spectators = {
        name.removeprefix(_TRUTH): _column(events, truth, name, trainable, "the spectator")
        if simulated or not name.startswith(_TRUTH)
        else np.zeros(len(events))
        for name in settings.spectators
    }
    return TrainingInputs(
        features=features,
        label=labels,
        target=target,
        weight=weights["nominal"],
        identity=identity,
        trainable=trainable,
        classes=tuple(names) or ("measured" if settings.measured else "simulated",),
        targets=tuple(name.removeprefix(_TRUTH) for name in settings.targets),
        spectators=spectators,
    )


def event_features(events: ak.Array, fields: tuple[str, ...]) -> Features:
    """Make a block (n, f) of fields with one number an event; missing values are marked as not present."""
    numbers = np.zeros((len(events), len(fields)), np.float32)
    present = np.ones(numbers.shape, np.bool_)
    for index, name in enumerate(fields):
        there = presence(events, name)
        if there is not None:
            present[:, index] = there
        numbers[present[:, index], index] = values(events, name)[present[:, index]]
    return Features(numbers, present, fields)


def _block(events: ak.Array, name: str, block: Block) -> Features:
    """Lists padded or cut to the block's length, (n, length, f)."""
    numbers = np.zeros((len(events), block.length, len(block.fields)), np.float32)
    counts: NDArray[np.int64] | None = None
    for index, path in enumerate(block.fields):
        lists = _lists(events, path)
        own = ak.to_numpy(ak.num(lists, axis=1))
        if counts is not None and not np.array_equal(own, counts):
            row = int(np.argmax(own != counts))
            raise DataError(
                f"the block {name!r}: event {row} has {counts[row]} of {block.fields[0]!r} and {own[row]} of {path!r}",
                cure="put fields of the same objects into one block",
            )
        counts = own
        padded = ak.fill_none(ak.pad_none(lists, block.length, axis=1, clip=True), 0)
        numbers[:, :, index] = ak.to_numpy(padded)
    assert counts is not None
    return Features(numbers, np.arange(block.length) < counts[:, np.newaxis], block.fields)


def _lists(events: ak.Array, path: str) -> ak.Array:
    """A field that is one list of numbers an event."""
    found = events
    for part in path.split("."):
        if part not in found.fields:
            raise StudyError(f"the events have no field {path!r}", cure=f"use one of: {', '.join(found.fields)}")
        found = found[part]
    if found.ndim != 2 or found.fields or "?" in str(ak.type(found)) or "option" in str(ak.type(found)):
        raise StudyError(
            f"the field {path!r} is no list of numbers in each event but {ak.type(found)}",
            cure="name fields of objects in blocks, numbers of the event in event; leave out missing objects",
        )
    return found


def _column(events: ak.Array, truth: ak.Array | None, name: str, needed: NDArray[np.bool_], what: str) -> NDArray[Any]:
    """A field of the events or of their truth; 0 where it is missing and not needed."""
    source = events
    if name.startswith(_TRUTH):
        if truth is None:
            raise StudyError(
                f"{what} {name!r} is a field of the truth, and these events have none",
                cure="let the study simulate them, or name a field of the events",
            )
        source, name = truth, name.removeprefix(_TRUTH)
    numbers = values(source, name).astype(np.float64)
    there = presence(source, name)
    missing = ~np.isfinite(numbers) if there is None else ~there | ~np.isfinite(numbers)
    check_numbers(events, np.flatnonzero(missing & needed), f"{what} {name!r}")
    return np.where(missing, 0.0, numbers)
