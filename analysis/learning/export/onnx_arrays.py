"""JAX's operations on the order and the places of elements as ONNX nodes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from analysis.errors import TrainingError
from analysis.learning.export.onnx_graph import Graph, is_dynamic

__all__ = ["ARRAYS", "dilate"]

FARTHEST = np.iinfo(np.int64).max


def _broadcast_in_dim(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    own = [1] * len(shape)
    for axis, target in enumerate(p["broadcast_dimensions"]):
        own[target] = operands[0].shape[axis]
    return graph.expand(graph.reshape(operands[0], own), shape)


def _reshape(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    return graph.reshape(operands[0], shape)


def _transpose(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    return graph.transpose(operands[0], p["permutation"])


def _concatenate(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    return graph.add("Concat", operands, shape, operands[0].dtype, axis=int(p["dimension"]))


def _stack(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    axis = int(p["axis"])
    thin = (*shape[:axis], 1, *shape[axis + 1 :])
    return graph.add("Concat", [graph.reshape(x, thin) for x in operands], shape, operands[0].dtype, axis=axis)


def _slice(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    (x,) = operands
    steps = p["strides"] or (1,) * len(x.shape)
    axes = [
        axis
        for axis in range(len(x.shape))
        if (p["start_indices"][axis], p["limit_indices"][axis], steps[axis]) != (0, x.shape[axis], 1)
    ]
    if not axes:
        return x
    # the end of an axis whose length is a number of events is known only then
    ends = [FARTHEST if p["limit_indices"][a] == x.shape[a] else p["limit_indices"][a] for a in axes]
    if any(is_dynamic(end) for end in ends):
        raise TrainingError("a part of a batch that depends on its size cannot be written as ONNX")
    vectors = [[p["start_indices"][a] for a in axes], ends, axes, [steps[a] for a in axes]]
    return graph.add("Slice", [x, *(np.array(vector, np.int64) for vector in vectors)], shape, x.dtype)


def _dynamic_slice(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    x, *starts = operands
    axes = [axis for axis in range(len(x.shape)) if shape[axis] != x.shape[axis]]
    if not axes:
        return x
    # a start beyond the last possible one counts as that
    last = np.array([x.shape[axis] - shape[axis] for axis in axes], np.int64)
    parts = [graph.reshape(graph.cast(starts[axis], np.int64), (1,)) for axis in axes]
    start = graph.add("Concat", parts, (len(axes),), np.int64, axis=0)
    start = graph.add("Max", [start, np.zeros(len(axes), np.int64)], (len(axes),), np.int64)
    start = graph.add("Min", [start, last], (len(axes),), np.int64)
    end = graph.add("Add", [start, np.array([shape[axis] for axis in axes], np.int64)], (len(axes),), np.int64)
    return graph.add("Slice", [x, start, end, np.array(axes, np.int64)], shape, x.dtype)


def _split(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    (x,), axis = operands, int(p["axis"])
    shapes = [((*x.shape[:axis], int(size), *x.shape[axis + 1 :]), x.dtype) for size in p["sizes"]]
    return graph.add_all("Split", [x, np.array(p["sizes"], np.int64)], shapes, axis=axis)


def _rev(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    axes = np.array(p["dimensions"], np.int64)
    starts, ends, steps = (np.full(len(axes), value, np.int64) for value in (-1, -FARTHEST, -1))
    return graph.add("Slice", [operands[0], starts, ends, axes, steps], shape, operands[0].dtype)


def _pad(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    x, fill = operands
    low, high, inner = (np.array(part, np.int64) for part in zip(*p["padding_config"], strict=True))
    if inner.any():
        x = dilate(graph, x, (inner + 1).tolist(), fill)
    if (low < 0).any() or (high < 0).any():
        cut = tuple(n + min(int(a), 0) + min(int(b), 0) for n, a, b in zip(x.shape, low, high, strict=True))
        ends = np.where(high < 0, high, FARTHEST)
        vectors = [np.maximum(-low, 0), ends, np.arange(len(low))]
        x = graph.add("Slice", [x, *(vector.astype(np.int64) for vector in vectors)], cut, x.dtype)
    amounts = np.maximum(np.concatenate([low, high]), 0)
    return graph.add("Pad", [x, amounts, fill], shape, x.dtype) if amounts.any() else x


def dilate(graph: Graph, x: Any, steps: Iterable[int], fill: Any) -> Any:
    """Put ``step - 1`` filling elements between neighbours along each axis."""
    for axis, step in enumerate(int(step) for step in steps):
        if step == 1:
            continue
        before, size, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
        x = graph.reshape(x, (*before, size, 1, *after))
        rank = len(before) + 2 + len(after)
        amounts = np.zeros(2 * rank, np.int64)
        amounts[rank + axis + 1] = step - 1
        x = graph.add("Pad", [x, amounts, fill], (*before, size, step, *after), x.dtype)
        x = graph.reshape(x, (*before, size * step, *after))
        vectors = [np.array([value], np.int64) for value in (0, 1 - step, axis)]
        x = graph.add("Slice", [x, *vectors], (*before, size * step - step + 1, *after), x.dtype)
    return x


def _iota(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    axis, own = p["dimension"], [1] * len(shape)
    own[axis] = shape[axis]
    if is_dynamic(shape[axis]):
        end = graph.reshape(graph.sizes((shape[axis],)), ())
        count = graph.add("Range", [np.int64(0), end, np.int64(1)], (shape[axis],), np.int64)
        column = graph.reshape(graph.cast(count, p["dtype"]), own)
    else:
        column = np.arange(shape[axis], dtype=p["dtype"]).reshape(own)
    return graph.expand(column, shape)


def _reduction(name: str) -> Callable[..., Any]:
    def reduce(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
        axes = np.array(p["axes"], np.int64)
        return graph.add(name, [operands[0], axes], shape, operands[0].dtype, keepdims=0)

    return reduce


def _logical_reduction(name: str) -> Callable[..., Any]:
    def reduce(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
        axes = np.array(p["axes"], np.int64)
        number = graph.cast(operands[0], np.int32)
        return graph.cast(graph.add(name, [number, axes], shape, np.int32, keepdims=0), bool)

    return reduce


def _cumsum(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    axis = np.array(p["axis"], np.int64)
    return graph.add("CumSum", [operands[0], axis], shape, operands[0].dtype, reverse=int(p["reverse"]))


def _pool(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any, name: str) -> Any:
    """Sums or maxima over windows: the axes with windows last, all others as one."""
    (x,), window = operands, p["window_dimensions"]
    if any(step != 1 for step in (*p["base_dilation"], *p["window_dilation"])):
        raise TrainingError("windows with gaps cannot be written as ONNX")
    axes = [a for a in range(len(x.shape)) if window[a] != 1 or p["window_strides"][a] != 1 or any(p["padding"][a])]
    others = [a for a in range(len(x.shape)) if a not in axes]
    if not axes:
        return x
    spatial = [x.shape[a] for a in axes]
    columns = graph.reshape(graph.transpose(x, [*others, *axes]), (math.prod(x.shape[a] for a in others), 1, *spatial))
    pads = [int(p["padding"][a][side]) for side in (0, 1) for a in axes]
    options: dict[str, Any] = {"count_include_pad": 1} if name == "AveragePool" else {}
    pooled = graph.add(
        name,
        [columns],
        (columns.shape[0], 1, *(shape[a] for a in axes)),
        x.dtype,
        kernel_shape=[int(window[a]) for a in axes],
        strides=[int(p["window_strides"][a]) for a in axes],
        pads=pads,
        **options,
    )
    if name == "AveragePool":
        number = np.asarray(math.prod(window[a] for a in axes), x.dtype)
        pooled = graph.add("Mul", [pooled, number], pooled.shape, x.dtype)
    apart = graph.reshape(pooled, [*(shape[a] for a in others), *(shape[a] for a in axes)])
    return graph.transpose(apart, list(np.argsort([*others, *axes])))


def _max_pool(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    return _pool(graph, operands, shape, p, "MaxPool")


def _sum_pool(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    return _pool(graph, operands, shape, p, "AveragePool")


#: ``f(graph, operands, shape of the first result, parameters)`` -> result or results, by name of JAX's operation
ARRAYS: dict[str, Callable[..., Any]] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": _concatenate,
    "cumsum": _cumsum,
    "dynamic_slice": _dynamic_slice,
    "expand_dims": _reshape,
    "iota": _iota,
    "pad": _pad,
    "reduce_and": _logical_reduction("ReduceMin"),
    "reduce_max": _reduction("ReduceMax"),
    "reduce_min": _reduction("ReduceMin"),
    "reduce_or": _logical_reduction("ReduceMax"),
    "reduce_prod": _reduction("ReduceProd"),
    "reduce_sum": _reduction("ReduceSum"),
    "reduce_window_max": _max_pool,
    "reduce_window_sum": _sum_pool,
    "reshape": _reshape,
    "rev": _rev,
    "slice": _slice,
    "split": _split,
    "squeeze": _reshape,
    "stack": _stack,
    "transpose": _transpose,
}
