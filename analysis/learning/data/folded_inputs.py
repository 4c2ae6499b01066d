"""Events made ready for the compiled training: split, balanced, standardised, padded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import TrainingError
from analysis.learning.data.features import Features
from analysis.learning.losses.by_name import loss_of
from analysis.learning.data.batch_order import BatchOrder
from analysis.learning.data.standardisation import measure, standardise
from analysis.learning.data.device_inputs import WeightedRows, DeviceInputs

if TYPE_CHECKING:
    from analysis.learning.data.sorted_inputs import SortedInputs
    from analysis.learning.data.layout import Layout
    from analysis.learning.settings import TrainingSettings

__all__ = ["Fold", "FoldedInputs", "Span", "fold_inputs"]

# events that a standardisation is measured with, at most: the first ones, a random choice
MEASURED = 2**20
# events that are looked at together; sums are made block by block, so that they are the same wherever the events are
BLOCK = 2**18


@dataclass(frozen=True)
class Span:
    """Neighbouring events in the order of their identity, which goes round: after the last event comes the first one.

    Args:
        start: row of the first one.
        count: number of events.
        events: number of all events.
    """

    start: int
    count: int
    events: int

    def rows(self, places: NDArray[Any]) -> NDArray[np.int64]:
        """The rows of some places; places beyond the last event stand for the first one."""
        within = np.where(places < self.count, places, 0).astype(np.int64)
        return (self.start + within) % self.events

    def blocks(self, most: int | None = None) -> Iterator[NDArray[np.int64]]:
        """The rows of all events, or of the first ones, some at a time."""
        count = self.count if most is None else min(self.count, most)
        for first in range(0, count, BLOCK):
            yield self.rows(np.arange(first, min(first + BLOCK, count)))


@dataclass(frozen=True, eq=False)
class Fold:
    """The events of the networks that are tested on one fold; c classes, t targets.

    Args:
        number: of the fold.
        training: events that they learn from.
        validation: events that stop them.
        knots: (f, q, 2) by block, the standardisation; of blocks with names only.
        scale: (t, 2), mean and width of each target.
        factors: (c,) of the weights of training events, by class.
        validation_factors: (c,) of the weights of validation events.
    """

    number: int
    training: Span
    validation: Span
    knots: Mapping[str, NDArray[np.float32]]
    scale: NDArray[np.float32]
    factors: NDArray[np.float64]
    validation_factors: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoldedInputs:
    """Prepared data of a training: its events, their use in each fold, and the steps of an epoch.

    Args:
        events: the trainable events, in the order of their identity.
        folds: how they are used.
        batch_order: steps of an epoch, the same for all folds.
    """

    events: SortedInputs
    folds: tuple[Fold, ...]
    batch_order: BatchOrder

    @property
    def layout(self) -> Layout:
        """Layout of a network for these events."""
        return self.events.layout

    @property
    def shared_bytes(self) -> int:
        """Of an event on the device, for all networks."""
        own = sum(self.events.arrays[f"features.{name}.values"].nbytes for name in self._named)
        return (self.events.nbytes - own) // max(len(self.events), 1)

    @property
    def own_bytes(self) -> int:
        """Of an event on the device, for each fold."""
        values = sum(self.events.arrays[f"features.{name}.values"].size for name in self._named)
        return 4 * values // max(len(self.events), 1) + 8

    def whole(self, folds: Sequence[int]) -> tuple[DeviceInputs, WeightedRows, WeightedRows]:
        """All events, and which of them some folds' networks are trained and validated with."""
        chosen = [self.folds[number] for number in folds]
        places, validated = np.arange(self.batch_order.places), np.arange(self.validation_places)
        return (
            self._events(slice(None), chosen),
            _stack([self._training(fold, places) for fold in chosen]),
            _stack([self._validation(fold, validated) for fold in chosen]),
        )

    def window(self, fold: int, places: NDArray[Any]) -> tuple[DeviceInputs, WeightedRows]:
        """The training events at some places of one fold, in their order, and nothing else."""
        return self._alone(self.folds[fold], self._training(self.folds[fold], places))

    def validation_window(self, fold: int, places: NDArray[Any]) -> tuple[DeviceInputs, WeightedRows]:
        """The same of validation events."""
        return self._alone(self.folds[fold], self._validation(self.folds[fold], places))

    @property
    def validation_places(self) -> int:
        """The most validation events of a fold."""
        return max(fold.validation.count for fold in self.folds)

    @property
    def blocks(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Values and what is present, (n, ...) by block, as they were read."""
        arrays, names = self.events.arrays, self.layout.features
        values, present = (
            {name: arrays[f"features.{name}.{kind}"] for name in names} for kind in ("values", "present")
        )
        return values, present

    @property
    def _named(self) -> list[str]:
        return [name for name, block in self.layout.features.items() if block.names]

    def _alone(self, fold: Fold, chosen: WeightedRows) -> tuple[DeviceInputs, WeightedRows]:
        rows = chosen.rows
        return self._events(rows, [fold]), WeightedRows(np.arange(len(rows), dtype=np.int32)[None], chosen.weight[None])

    def _training(self, fold: Fold, places: NDArray[Any]) -> WeightedRows:
        return self._chosen(fold.training, fold.factors, places)

    def _validation(self, fold: Fold, places: NDArray[Any]) -> WeightedRows:
        return self._chosen(fold.validation, fold.validation_factors, places)

    def _chosen(self, span: Span, factors: NDArray[np.float64], places: NDArray[Any]) -> WeightedRows:
        rows, arrays = span.rows(places), self.events.arrays
        weight = arrays["weight"][rows] * factors[arrays["label"][rows]]
        # a weight that single precision does not hold makes the loss infinite, and that names the event
        with np.errstate(over="ignore"):
            return WeightedRows(rows.astype(np.int32), np.where(places < span.count, weight, 0).astype(np.float32))

    def _events(self, rows: Any, folds: Sequence[Fold]) -> DeviceInputs:
        arrays = self.events.arrays
        own: dict[str, Any] = {}
        for name in self._named:
            # sorted rows are read faster from files; what is read once serves all folds
            block = Features(arrays[f"features.{name}.values"][rows], arrays[f"features.{name}.present"][rows])
            own[name] = np.stack([standardise(block.values, block.everywhere(), fold.knots[name]) for fold in folds])
        return DeviceInputs(
            shared={
                name: np.asarray(arrays[f"features.{name}.values"][rows])
                for name, block in self.layout.features.items()
                if not block.names
            },
            own=own,
            present={name: np.asarray(arrays[f"features.{name}.present"][rows]) for name in self.layout.features},
            label=np.asarray(arrays["label"][rows]),
            target=np.asarray(arrays["target"][rows]),
            scale=np.stack([fold.scale for fold in folds]),
        )


def fold_inputs(events: SortedInputs, settings: TrainingSettings) -> FoldedInputs:
    """Prepare the trainable events; the files and chunks that they come from change nothing.

    Network i is tested on fold i, stopped by fold i + 1 (modulo k) and trained on the others, as
    :func:`analysis.learning.data.folds.split` has it.

    Raises:
        TrainingError: a class has too few events, or the events are not what the loss needs.
    """
    loss = loss_of(settings.loss)
    loss.check(events.layout)
    k, number, starts = settings.folds, len(events), events.fold_starts(settings.folds)
    folds = []
    for fold in range(k):
        after = (fold + 1) % k
        size = int(starts[after + 1] - starts[after])
        validation = Span(int(starts[after]), min(size, settings.validation_events), number)
        tested = int(starts[fold + 1] - starts[fold])
        # the events that follow those of the validation fold, all the way round to those that are tested
        training = Span(int(starts[after + 1]) % number, number - size - tested, number)
        factors, scale = _weigh(events, settings, training, f"the training events of fold {fold}")
        folds.append(
            Fold(
                number=fold,
                training=training,
                validation=validation,
                knots=_measure(events, training, factors),
                scale=scale,
                factors=factors,
                validation_factors=_weigh(events, settings, validation, f"the validation events of fold {fold}")[0],
            )
        )
    most = max(fold.training.count for fold in folds)
    return FoldedInputs(events, tuple(folds), BatchOrder.of(most, settings.batch_size, settings.shuffled_events))


def _weigh(
    events: SortedInputs, settings: TrainingSettings, span: Span, where: str
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Factors of the weights by class, and mean and standard deviation of each target."""
    arrays, classes, targets = events.arrays, len(events.layout.classes), events.layout.targets
    number, total = np.zeros(classes), np.zeros(classes)
    for rows in span.blocks():
        label = arrays["label"][rows]
        number += np.bincount(label, minlength=classes)
        total += np.bincount(label, weights=arrays["weight"][rows], minlength=classes)
    loss = loss_of(settings.loss)
    factors = loss.factors(number, total, events.layout, where)
    if not targets:
        return factors, np.zeros((0, 2), np.float32)

    def mean_of(values: Any) -> NDArray[np.float64]:
        """Mean over events; only absolute values of weights count."""
        share, sums = 0.0, np.zeros(len(targets))
        for rows in span.blocks():
            label = arrays["label"][rows]
            weight = np.abs(arrays["weight"][rows] * factors[label]) * loss.have_targets(label)
            share += weight.sum()
            sums += np.sum(weight[:, None] * values(arrays["target"][rows].astype(np.float64)), axis=0)
        return sums / share

    mean = mean_of(lambda target: target)
    width = np.sqrt(mean_of(lambda target: (target - mean) ** 2))
    for name, value in zip(targets, width, strict=True):
        if value == 0:
            raise TrainingError(f"the target {name!r} never varies among {where}", cure="use other or more events")
    return factors, np.stack([mean, width], axis=1).astype(np.float32)


def _measure(events: SortedInputs, training: Span, factors: NDArray[np.float64]) -> dict[str, NDArray[np.float32]]:
    arrays = events.arrays
    rows = np.concatenate(list(training.blocks(MEASURED)))
    weight = arrays["weight"][rows] * factors[arrays["label"][rows]]
    knots = {}
    for name, block in events.layout.features.items():
        if block.names:
            features = Features(arrays[f"features.{name}.values"][rows], arrays[f"features.{name}.present"][rows])
            knots[name] = measure(features.values, features.everywhere(), weight)
    return knots


def _stack(parts: Sequence[WeightedRows]) -> WeightedRows:
    return WeightedRows(np.stack([part.rows for part in parts]), np.stack([part.weight for part in parts]))
