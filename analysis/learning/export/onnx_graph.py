"""An ONNX graph that grows node by node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from analysis.errors import TrainingError

__all__ = ["BATCH", "Graph", "Tensor"]

# networks are traced with so many events: a dimension that it divides stands for a multiple of the number of events
BATCH = 10007  # a prime that no layer's size is a multiple of
TYPES = {
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.int32): TensorProto.INT32,
    np.dtype(np.int64): TensorProto.INT64,
    np.dtype(np.uint32): TensorProto.UINT32,
    np.dtype(np.bool_): TensorProto.BOOL,
}


@dataclass(frozen=True)
class Tensor:
    """A value of the graph.

    Args:
        name: in the graph.
        shape: with :data:`BATCH` events.
        dtype: of its elements.
        narrow: the same values before they were repeated along some axes, of the same rank.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    narrow: Tensor | np.ndarray | None = None


@dataclass(eq=False)
class Graph:
    """Nodes and constants; operands are tensors of the graph or constant arrays.

    Args:
        nodes: in the order of their computation.
        constants: by name.
    """

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)
    _known: dict[Any, str] = field(default_factory=dict)
    _count: int = 0

    def name(self) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"v{self._count}"

    def input(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> Tensor:
        """A value that comes from outside."""
        return Tensor(name, shape, np.dtype(dtype))

    def operand(self, value: Tensor | np.ndarray) -> str:
        """The name of a value; equal constants are kept once."""
        if isinstance(value, Tensor):
            return value.name
        array = np.asarray(value)
        self.type_of(array.dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            name = f"c{len(self.constants)}"
            self.constants[name] = numpy_helper.from_array(np.array(array, order="C"), name)
            self._known[key] = name
        return self._known[key]

    def type_of(self, dtype: np.dtype) -> int:
        """ONNX's number of a type of elements.

        Raises:
            TrainingError: there is none that all readers know.
        """
        if np.dtype(dtype) not in TYPES:
            raise TrainingError(
                f"a network that computes with {np.dtype(dtype)} cannot be written as ONNX",
                cure="compute in float32, with indices of type int32",
            )
        return TYPES[np.dtype(dtype)]

    def add(
        self,
        kind: str,
        operands: Sequence[Any],
        shape: Sequence[int],
        dtype: Any,
        narrow: Any = None,
        **attributes: Any,
    ) -> Tensor:
        """A node of one output."""
        return (
            self.add_all(kind, operands, [(shape, dtype)], **attributes)[0]
            if narrow is None
            else Tensor(
                self.add(kind, operands, shape, dtype, **attributes).name, tuple(shape), np.dtype(dtype), narrow
            )
        )

    def add_all(
        self, kind: str, operands: Sequence[Any], outputs: Sequence[tuple[Sequence[int], Any]], **attributes: Any
    ) -> list[Tensor]:
        """A node of several outputs, given their shapes and types."""
        names = [self.operand(operand) for operand in operands]
        results = [Tensor(self.name(), tuple(int(d) for d in shape), np.dtype(dtype)) for shape, dtype in outputs]
        self.nodes.append(helper.make_node(kind, names, [result.name for result in results], **attributes))
        return results

    def sizes(self, shape: Sequence[int]) -> Tensor | np.ndarray:
        """A shape as a vector of int64; computed where the number of events enters."""
        if not any(is_dynamic(size) for size in shape):
            return np.array(shape, np.int64)
        parts: list[Any] = []
        for size in shape:
            one = np.array([size // BATCH if is_dynamic(size) else size], np.int64)
            parts.append(
                self.add("Mul", [Tensor("events", (1,), np.dtype(np.int64)), one], (1,), np.int64)
                if is_dynamic(size)
                else one
            )
        return self.add("Concat", parts, (len(shape),), np.int64, axis=0)

    def reshape(self, value: Tensor | np.ndarray, shape: Sequence[int]) -> Any:
        """The same elements in another shape."""
        shape = tuple(int(size) for size in shape)
        if isinstance(value, np.ndarray):
            return value.reshape(shape)
        if value.shape == shape:
            return value
        free = [size for size in shape if is_dynamic(size)]
        target = (
            np.array([-1 if is_dynamic(size) else size for size in shape], np.int64)
            if len(free) == 1
            else self.sizes(shape)
        )
        return self.add("Reshape", [value, target], shape, value.dtype)

    def transpose(self, value: Tensor | np.ndarray, order: Sequence[int]) -> Any:
        """The axes in another order."""
        order = [int(axis) for axis in order]
        if isinstance(value, np.ndarray):
            return value.transpose(order)
        if order == list(range(len(order))):
            return value
        return self.add("Transpose", [value], [value.shape[axis] for axis in order], value.dtype, perm=order)

    def cast(self, value: Tensor | np.ndarray, dtype: Any) -> Any:
        """Elements of another type."""
        if value.dtype == np.dtype(dtype):
            return value
        if isinstance(value, np.ndarray):
            return value.astype(dtype)
        return self.add("Cast", [value], value.shape, dtype, to=self.type_of(np.dtype(dtype)))

    def expand(self, value: Tensor | np.ndarray, shape: Sequence[int]) -> Any:
        """Repeat a value along axes of size 1; of the same rank."""
        if tuple(value.shape) == tuple(shape):
            return value
        return self.add("Expand", [value, self.sizes(shape)], shape, value.dtype, narrow=value)

    @contextmanager
    def body(self) -> Iterator[list[onnx.NodeProto]]:
        """Collect nodes of a loop's body; constants stay in the outer graph."""
        outer, self.nodes = self.nodes, []
        try:
            yield self.nodes
        finally:
            self.nodes = outer

    def describe(self, tensor: Tensor, name: str | None = None) -> onnx.ValueInfoProto:
        """A tensor as an input or output of a graph."""
        shape = [("n" if size == BATCH else None) if is_dynamic(size) else size for size in tensor.shape]
        return helper.make_tensor_value_info(name or tensor.name, self.type_of(tensor.dtype), shape)

    def model(self, name: str, inputs: Sequence[Tensor], output: Tensor) -> onnx.ModelProto:
        """The finished graph, without what nothing needs.

        Args:
            name: of the graph.
            inputs: the first axis of the first one counts events.
            output: of the graph.
        """
        nodes = [
            helper.make_node("Shape", [inputs[0].name], ["events"], start=0, end=1),
            *self.nodes,
        ]
        used, kept = {output.name}, []
        for node in reversed(nodes):
            if used & set(node.output):
                kept.append(node)
                used |= set(_names(node))
        graph = helper.make_graph(
            kept[::-1],
            name,
            [self.describe(tensor) for tensor in inputs],
            [self.describe(output)],
            [constant for key, constant in self.constants.items() if key in used],
        )
        # not the newest versions, so that readers of some years can load it
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def is_dynamic(size: int) -> bool:
    """Whether a dimension depends on the number of events."""
    return size > 0 and size % BATCH == 0


def _names(node: onnx.NodeProto) -> Iterator[str]:
    """Everything that a node uses, inside the bodies of loops too."""
    yield from node.input
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield from (output.name for output in attribute.g.output)
            for inner in attribute.g.node:
                yield from _names(inner)
