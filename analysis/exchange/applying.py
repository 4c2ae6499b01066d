"""Published networks in the form of ONNX, applied to events as they are, by onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError, StudyError
from analysis.events.columns import presence, values
from analysis.events.identity import fold_of
from analysis.exchange.apply_settings import ApplySettings
from analysis.exchange.card import Card, Described, read_card, unit_misfits
from analysis.learning.application.scores import Scores
from analysis.learning.data.inputs import TrainingInputs

__all__ = ["OnnxNetwork", "apply"]

# always so many at once: an event's sums are the same in whatever chunk
BATCH = 1024
_KINDS = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}


def apply(
    events: ak.Array | TrainingInputs,
    published: Mapping[str, Path],
    settings: ApplySettings,
    units: Mapping[str, str],
) -> Scores:
    """Apply a published network to n events.

    Args:
        events: a record array, or inputs of networks.
        published: files of the published folder by name.
        settings: what is applied, and what it is given.
        units: of fields, as far as the study says them.

    Returns:
        What it says of each event; of networks for folds, what the event's own one says.

    Raises:
        StudyError: what the network is given does not go with it or with its card; one message has all of it.
        DataError: network or card cannot be read, or a number is missing or not finite.
    """
    network = OnnxNetwork(published[settings.file].read_bytes(), read_card(published[settings.card]), settings)
    network.check(None if isinstance(events, TrainingInputs) else {**units, **settings.units})
    if isinstance(events, TrainingInputs):
        arrays = dict(network.of_blocks(events))
        identity = events.identity
    else:
        arrays = {name: network.of_fields(events, name) for name in network.inputs}
        identity = values(events, "identity").astype(np.uint64)
    found = network.predictions(arrays, len(identity))
    if found.ndim == 3:
        found = found[fold_of(identity, len(found)), np.arange(len(identity))]
    if len(rows := np.flatnonzero(~np.isfinite(found).all(axis=1))):
        raise DataError(
            f"the network says no finite number of {len(rows)} events, the first of which is {rows[0]} (identity "
            f"{identity[rows[0]]})",
            cure="look at what it is given for such events; leave them out by a cut before",
        )
    return Scores(identity, found, network.names)


@dataclass(frozen=True, eq=False)
class OnnxNetwork:
    """A network in the form of ONNX with its card.

    Args:
        content: of the file.
        card: what its authors say.
        settings: what it is given.
    """

    content: bytes
    card: Card
    settings: ApplySettings

    @cached_property
    def session(self) -> Any:
        """The network, ready to be applied.

        Raises:
            DataError: the file is no network that onnxruntime reads, or has its parameters in other files.
        """
        import onnx
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # sums in one order, and no thread that takes the processor from others
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            model = onnx.load_model_from_string(self.content)
            if any(one.data_location == onnx.TensorProto.EXTERNAL for one in model.graph.initializer):
                raise DataError(f"{self.settings.file} has its parameters in other files", cure="save it as one file")
            return onnxruntime.InferenceSession(self.content, options, providers=["CPUExecutionProvider"])
        except DataError:
            raise
        except Exception as error:  # both libraries have errors of their own kinds
            raise DataError(
                f"{self.settings.file} is no network that onnxruntime reads: {str(error).splitlines()[0]}",
                cure="export it again as ONNX, without operators of other domains",
            ) from error

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """Inputs of the network by name."""
        return {one.name: one for one in self.session.get_inputs()}

    @cached_property
    def output(self) -> Any:
        """Output that is taken.

        Raises:
            StudyError: there is none of that name, or several.
        """
        outputs = {one.name: one for one in self.session.get_outputs()}
        wanted = self.settings.output or (next(iter(outputs)) if len(outputs) == 1 else "")
        if wanted not in outputs:
            raise StudyError(
                f"the network {self.settings.file} has the outputs {', '.join(outputs)}"
                + (f", and no {wanted!r}" if wanted else ""),
                cure="name one of them: output='NAME'",
            )
        return outputs[wanted]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the predictions: the card's, or that of the output with a number."""
        said, number = self._said.names, int(self.output.shape[-1] if len(self.output.shape) > 1 else 1)
        return said or tuple(f"{self.output.name}_{one}" if number > 1 else self.output.name for one in range(number))

    @property
    def _said(self) -> Described:
        return self.card.outputs.get(self.output.name, Described(self.output.name))

    def check(self, units: Mapping[str, str] | None) -> None:
        """Compare network, card and what the study gives, before anything is applied.

        Args:
            units: of fields of events, as far as they are known; ``None`` where it gets blocks of features.

        Raises:
            StudyError: something does not go together; one message has all of it.
        """
        wrong = [*self._names_misfit(blocks=units is None), *self._output_misfit()]
        for name in self.inputs.keys() & self.card.inputs.keys():
            wrong += self._input_misfit(self.inputs[name], self.card.inputs[name], units)
        if wrong:
            raise StudyError(
                f"the published network {self.settings.file} cannot be applied so:\n    "
                + "\n    ".join(sorted(wrong)),
                cure=f"correct inputs={{...}} or units={{...}} of the stage; {self.settings.card} says what it takes",
            )

    def of_fields(self, events: ak.Array, name: str) -> NDArray[Any]:
        """What an input gets of events: (n, f), or (n,) for an input of that form."""
        columns = [self._column(events, one) for one in self._fields(name).values()]
        kind = _KINDS[self.inputs[name].type]
        if len(self.inputs[name].shape) == 1:
            return columns[0].astype(kind)
        return np.stack(columns, axis=1).astype(kind)

    def of_blocks(self, inputs: TrainingInputs) -> Iterator[tuple[str, NDArray[Any]]]:
        """What inputs get of blocks of features: values of ``NAME``, and of ``NAME_present`` which of them exist."""
        for name, one in self.inputs.items():
            wanted = str(self.settings.inputs.get(name, name))
            block = inputs.features.get(wanted.removesuffix("_present"), inputs.features.get(wanted))
            if block is None:
                raise StudyError(
                    f"the published network {self.settings.file} takes {wanted!r}, and no block is called so",
                    cure=f"name one: inputs={{{name!r}: ...}} with one of {', '.join(inputs.features)}",
                )
            array = block.values if wanted in inputs.features else block.present
            said = self.card.inputs.get(name)
            expected = tuple(size for size in one.shape[1:] if isinstance(size, int))
            names = block.names if wanted in inputs.features else ()
            if array.shape[1:] != expected or (said and said.names and names and said.names != names):
                raise StudyError(
                    f"the published network {self.settings.file} takes {name!r} of shape {expected} "
                    f"({', '.join(said.names) if said else ''}); the block {wanted!r} has {array.shape[1:]} "
                    f"({', '.join(names)})",
                    cure="compute the features that its card names",
                )
            yield name, array.astype(_KINDS[one.type])

    def predictions(self, arrays: Mapping[str, NDArray[Any]], number: int) -> NDArray[np.float32]:
        """What the network says of n events: (n, p), or (k, n, p) of networks for k folds."""
        first = next(iter(self.inputs.values())).shape[0]
        size, axis = first if isinstance(first, int) else BATCH, 1 if self.card.folds > 1 else 0
        parts = []
        # without events, too: the form of what comes out is known then
        for start in range(0, max(number, 1), size):
            rows = min(size, number - start)
            given = {name: _padded(array[start : start + size], size) for name, array in arrays.items()}
            (found,) = self.session.run([self.output.name], given)
            found = np.asarray(found, np.float32)
            found = found[:, np.newaxis] if found.ndim == 1 else found
            parts.append(found.take(range(rows), axis=axis))
        return np.concatenate(parts, axis=axis)

    def _fields(self, name: str) -> dict[str, str]:
        """Fields that an input gets, by the names that the card has."""
        given = self.settings.inputs[name]
        if isinstance(given, str):
            said = self.card.inputs.get(name)
            return {said.names[0] if said and len(said.names) == 1 else name: given}
        if isinstance(given, Mapping):
            order = self.card.inputs[name].names if name in self.card.inputs else ()
            return {one: given[one] for one in (order if set(order) == set(given) else given)}
        return {one: one for one in given}

    def _names_misfit(self, *, blocks: bool) -> Iterator[str]:
        given = set(self.settings.inputs)
        yield from (
            f"it has no input {name!r}: {', '.join(self.inputs)}" for name in sorted(given - self.inputs.keys())
        )
        for name, one in self.inputs.items():
            if not blocks and name not in given:
                yield f"its input {name!r} gets nothing"
            if name not in self.card.inputs:
                yield f"the card says nothing of its input {name!r}"
            if one.type not in _KINDS:
                yield f"its input {name!r} is of the type {one.type}"
        yield from (
            f"the card has an input {name!r}, and it has none" for name in self.card.inputs.keys() - self.inputs
        )

    def _input_misfit(self, one: Any, said: Described, units: Mapping[str, str] | None) -> Iterator[str]:
        shape = tuple(size for size in one.shape[1:] if isinstance(size, int))
        if said.shape is not None and shape != said.shape:
            yield f"its input {one.name!r} is of shape {list(shape)}, its card says {list(said.shape)}"
        if units is None or one.name not in self.settings.inputs:
            return
        fields, size = self._fields(one.name), shape[-1] if shape else 1
        if len(shape) > 1:
            yield f"its input {one.name!r} is of shape {list(shape)}, and fields of events make one number each"
        elif len(fields) != size:
            yield f"its input {one.name!r} takes {size} numbers, and gets {len(fields)} fields"
        elif said.names and list(fields) != list(said.names):
            yield (
                f"its input {one.name!r} takes {', '.join(said.names)}, and gets {', '.join(fields)}; say which field "
                f"is which: {{{said.names[0]!r}: FIELD, ...}}"
            )
        yield from unit_misfits(said, fields, units)

    def _output_misfit(self) -> Iterator[str]:
        shape, said, folds = self.output.shape, self._said, self.card.folds
        last = shape[-1] if len(shape) > 1 else 1
        if len(shape) not in (1, 2, 3) or not isinstance(last, int):
            yield f"its output {self.output.name!r} is of shape {shape}, not numbers an event"
        elif len(shape) == 3 and (folds < 2 or shape[0] != folds):
            yield f"its output {self.output.name!r} is of shape {shape}, and its card says folds {folds}"
        elif said.names and len(said.names) != last:
            yield f"its output {self.output.name!r} has {last} numbers, its card names {', '.join(said.names)}"

    def _column(self, events: ak.Array, field: str) -> NDArray[Any]:
        numbers, there = values(events, field), presence(events, field)
        if there is not None and field in self.settings.missing:
            numbers, there = np.where(there, numbers, self.settings.missing[field]), None
        wrong = ~np.isfinite(numbers) if there is None else ~(there & np.isfinite(numbers))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"{field!r} is no finite number in {int(wrong.sum())} events, the first of which is {row} (identity "
                f"{values(events, 'identity')[row]}); the network needs one",
                cure=f"say what stands for a missing one, missing={{{field!r}: NUMBER}}, as the network was trained",
            )
        return numbers


def _padded(array: NDArray[Any], size: int) -> NDArray[Any]:
    return np.pad(array, [(0, size - len(array)), *[(0, 0)] * (array.ndim - 1)])
