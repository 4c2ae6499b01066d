"""JAX's operations with computed places (order, indexing) as ONNX nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.errors import TrainingError
from analysis.learning.export.onnx_graph import Graph, is_dynamic

__all__ = ["PLACES"]


def _place(name: str) -> Callable[..., Any]:
    def place(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
        found = graph.add(name, operands, shape, np.int64, axis=int(p["axes"][0]), keepdims=0)
        return graph.cast(found, p["index_dtype"])

    return place


def _top_k(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    axis = int(p.get("axis", p.get("dimension", -1)))
    size = np.array([p["k"]], np.int64)
    outputs = [(shape, operands[0].dtype), (shape, np.int64)]
    values, places = graph.add_all("TopK", [operands[0], size], outputs, axis=axis)
    return [values, graph.cast(places, np.int32)]


def _sort(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    if p["num_keys"] != 1:
        raise TrainingError("sorting by several keys cannot be written as ONNX")
    (key, *others), axis = operands, int(p["dimension"])
    size = graph.sizes((shape[axis],))
    outputs = [(shape, key.dtype), (shape, np.int64)]
    # of equal elements the first one comes first, as in a stable sort
    values, places = graph.add_all("TopK", [key, size], outputs, axis=axis, largest=0)
    return [values, *(graph.add("GatherElements", [x, places], shape, x.dtype, axis=axis) for x in others)]


def _gather(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    """Indexed axes give single elements, all other axes are taken whole: what indexing by arrays comes to."""
    (x, indices), numbers = operands, p["dimension_numbers"]
    batching, indexed = list(map(int, numbers.operand_batching_dims)), list(map(int, numbers.start_index_map))
    rest = [axis for axis in range(len(x.shape)) if axis not in (*batching, *indexed)]
    sizes = p["slice_sizes"]
    if any(sizes[a] != 1 for a in indexed) or any(sizes[a] != x.shape[a] for a in rest):
        raise TrainingError("slices of more than one element from computed places cannot be written as ONNX")
    limits = np.array([x.shape[axis] - 1 for axis in indexed], np.int64)
    of_indices = list(map(int, numbers.start_indices_batching_dims))
    places = [axis for axis in range(len(indices.shape) - 1) if axis not in of_indices]
    order = [*of_indices, *places]
    wanted = graph.cast(graph.transpose(indices, [*order, len(indices.shape) - 1]), np.int64)
    if any(is_dynamic(x.shape[axis]) for axis in indexed):
        inside = wanted  # events by their own number
    elif isinstance(wanted, np.ndarray):
        inside = np.clip(wanted, 0, limits)
    else:
        inside = graph.add("Max", [wanted, np.int64(0)], wanted.shape, np.int64)
        inside = graph.add("Min", [inside, limits], wanted.shape, np.int64)
    data = graph.transpose(x, [*batching, *indexed, *rest])
    outer = [indices.shape[axis] for axis in order]
    inner = [x.shape[axis] for axis in rest]
    found = graph.add("GatherND", [data, inside], [*outer, *inner], x.dtype, batch_dims=len(batching))
    if "FILL" in str(p["mode"]) and inside is not wanted and not isinstance(wanted, np.ndarray):
        same = graph.add("Equal", [wanted, inside], wanted.shape, bool)
        count = graph.add(
            "ReduceMin", [graph.cast(same, np.int32), np.array([-1], np.int64)], outer, np.int32, keepdims=0
        )
        valid = graph.reshape(graph.cast(count, bool), [*outer, *[1] * len(inner)])
        fill = p["fill_value"] if p["fill_value"] is not None else _fill(x.dtype)
        found = graph.add("Where", [valid, found, np.asarray(fill, x.dtype)], found.shape, x.dtype)
    return _arrange(
        graph, found, len(order), [order.index(axis) for axis in sorted(order)], numbers, indexed, rest, shape
    )


def _arrange(
    graph: Graph,
    found: Any,
    outer: int,
    order: list[int],
    numbers: Any,
    indexed: list[int],
    rest: list[int],
    shape: tuple[int, ...],
) -> Any:
    """Put the axes of gathered elements where JAX has them: those of the indices around those of the slices."""
    inner = iter(range(outer, outer + len(rest)))
    # an indexed axis that is not collapsed stays as one of size 1
    kept = sorted(axis for axis in (*rest, *indexed) if axis not in set(map(int, numbers.collapsed_slice_dims)))
    slices = iter([next(inner) if axis in rest else None for axis in kept])
    outside = iter(order)
    places = [next(slices) if axis in numbers.offset_dims else next(outside) for axis in range(len(shape))]
    turned = graph.transpose(found, [place for place in places if place is not None])
    return graph.reshape(turned, shape)


def _fill(dtype: np.dtype) -> Any:
    return np.nan if np.issubdtype(dtype, np.floating) else np.iinfo(dtype).min if dtype != np.bool_ else True


#: like :data:`analysis.learning.export.onnx_arrays.ARRAYS`
PLACES: dict[str, Callable[..., Any]] = {
    "argmax": _place("ArgMax"),
    "argmin": _place("ArgMin"),
    "gather": _gather,
    "sort": _sort,
    "top_k": _top_k,
}
