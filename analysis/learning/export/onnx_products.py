"""JAX's products of arrays as ONNX nodes."""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_letters
from typing import Any

import numpy as np

from analysis.errors import TrainingError
from analysis.learning.export.onnx_arrays import dilate
from analysis.learning.export.onnx_graph import Graph

__all__ = ["PRODUCTS"]


def _dot_general(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    x, y = operands
    (contracted_x, contracted_y), (batch_x, batch_y) = p["dimension_numbers"]
    letters = iter(ascii_letters)
    of_x = [next(letters) for _ in x.shape]
    of_y = [next(letters) for _ in y.shape]
    for a, b in zip((*contracted_x, *batch_x), (*contracted_y, *batch_y), strict=True):
        of_y[b] = of_x[a]
    free_x = [of_x[a] for a in range(len(of_x)) if a not in (*contracted_x, *batch_x)]
    free_y = [of_y[b] for b in range(len(of_y)) if b not in (*contracted_y, *batch_y)]
    result = [*(of_x[a] for a in batch_x), *free_x, *free_y]
    if len(of_y) == 2 and not batch_x and list(contracted_x) == [len(of_x) - 1] and len(contracted_y) == 1:
        # rows times a matrix: the common case, and the fast one
        return graph.add("MatMul", [x, graph.transpose(y, [contracted_y[0], 1 - contracted_y[0]])], shape, x.dtype)
    equation = f"{''.join(of_x)},{''.join(of_y)}->{''.join(result)}"
    return graph.add("Einsum", [x, y], shape, x.dtype, equation=equation)


def _convolution(graph: Graph, operands: list[Any], shape: tuple[int, ...], p: Any) -> Any:
    (x, kernel), numbers = operands, p["dimension_numbers"]
    if p["batch_group_count"] != 1:
        raise TrainingError("a convolution with groups of events cannot be written as ONNX")
    if min(min(pair) for pair in p["padding"]) < 0:
        raise TrainingError("a convolution with negative padding cannot be written as ONNX")
    columns = graph.transpose(x, numbers.lhs_spec)
    columns = dilate(graph, columns, (1, 1, *p["lhs_dilation"]), np.zeros((), x.dtype))
    found = graph.add(
        "Conv",
        [columns, graph.transpose(kernel, numbers.rhs_spec)],
        [shape[axis] for axis in numbers.out_spec],
        x.dtype,
        dilations=[int(step) for step in p["rhs_dilation"]],
        group=int(p["feature_group_count"]),
        pads=[int(pair[side]) for side in (0, 1) for pair in p["padding"]],
        strides=[int(step) for step in p["window_strides"]],
    )
    return graph.transpose(found, list(np.argsort(numbers.out_spec)))


#: like :data:`analysis.learning.export.onnx_arrays.ARRAYS`
PRODUCTS: dict[str, Callable[..., Any]] = {"conv_general_dilated": _convolution, "dot_general": _dot_general}
