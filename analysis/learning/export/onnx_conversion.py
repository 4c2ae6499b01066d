"""A JAX function of events as an ONNX model.

The function's operations (its jaxpr) are translated one by one, loops over sequences become ONNX's ``Scan``, and what
depends on constants only is computed here. jax2onnx 0.17.1, with a plugin for every layer of every library, writes
models of this project's networks that onnxruntime refuses (all twelve that are tested, with a free number of events),
in two to thirty times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
import onnx
from onnx import helper

from analysis.errors import TrainingError
from analysis.learning.export.onnx_arrays import ARRAYS
from analysis.learning.export.onnx_elementwise import ELEMENTWISE, elementwise
from analysis.learning.export.onnx_graph import BATCH, Graph, Tensor, is_dynamic
from analysis.learning.export.onnx_places import PLACES
from analysis.learning.export.onnx_products import PRODUCTS

__all__ = ["convert"]

# operations that hold others, and where
INNER = {
    "checkpoint": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vmap_call": "call",
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "remat2": "jaxpr",
}
OPERATIONS = {**ARRAYS, **PLACES, **PRODUCTS}
LARGEST = 2**16  # elements of a constant that is computed beforehand


def convert(
    function: Callable[[Mapping[str, jax.Array]], jax.Array],
    inputs: Mapping[str, tuple[tuple[int, ...], Any]],
    output: str,
    name: str,
) -> onnx.ModelProto:
    """Translate a function; the same function gives the same model.

    Args:
        function: of arrays by name, whose first axis counts events; a network has nothing random in it any more.
        inputs: shape of one event and type of the elements, by name.
        output: name of the result.
        name: of the graph.

    Returns:
        A model with inputs (n, ...) for any n of at least 1.

    Raises:
        TrainingError: an operation has no like in ONNX; the message names it.
    """
    described = {key: jax.ShapeDtypeStruct((BATCH, *shape), kind) for key, (shape, kind) in inputs.items()}
    closed = jax.make_jaxpr(function)(described)
    graph = Graph()
    # in the order in which JAX takes the members of a dictionary
    tensors = [graph.input(key, described[key].shape, described[key].dtype) for key in sorted(described)]
    (result,) = _run(graph, closed.jaxpr, closed.consts, tensors)
    named = Tensor(output, tuple(result.shape), result.dtype)
    graph.nodes.append(helper.make_node("Identity", [graph.operand(result)], [output]))
    return graph.model(name, tensors, named)


def _run(graph: Graph, jaxpr: Any, constants: Any, operands: list[Any]) -> list[Any]:
    """The results of a list of operations."""
    held = dict(zip(jaxpr.constvars, constants, strict=True))
    known: dict[Any, Any] = dict(zip(jaxpr.invars, operands, strict=True))

    def read(variable: Any) -> Any:
        if hasattr(variable, "val"):
            return np.asarray(variable.val, variable.aval.dtype)
        return _constant(held[variable]) if variable in held else known[variable]

    for equation in _needed(jaxpr):
        values = [read(variable) for variable in equation.invars]
        results = _apply(graph, equation, values)
        known |= dict(zip(equation.outvars, results, strict=True))
    return [read(variable) for variable in jaxpr.outvars]


def _needed(jaxpr: Any) -> list[Any]:
    """The operations that the results depend on."""
    wanted = {variable for variable in jaxpr.outvars if not hasattr(variable, "val")}
    kept = []
    for equation in reversed(jaxpr.eqns):
        if any(variable in wanted for variable in equation.outvars):
            kept.append(equation)
            wanted |= {variable for variable in equation.invars if not hasattr(variable, "val")}
    return kept[::-1]


def _apply(graph: Graph, equation: Any, values: list[Any]) -> list[Any]:
    kind, parameters = equation.primitive.name, equation.params
    if kind in INNER:
        inner = parameters[INNER[kind]]
        return _run(graph, getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), values)
    shapes = [tuple(variable.aval.shape) for variable in equation.outvars]
    if kind != "scan" and _is_constant(values, shapes):
        found = equation.primitive.bind(*values, **parameters)
        return [_constant(value) for value in (found if equation.primitive.multiple_results else [found])]
    if kind == "scan":
        return _scan(graph, parameters, values, equation.outvars)
    if kind in ELEMENTWISE:
        return [elementwise(graph, kind, values, shapes[0], parameters)]
    if kind in OPERATIONS:
        found = OPERATIONS[kind](graph, values, shapes[0], parameters)
        return found if isinstance(found, list) else [found]
    raise TrainingError(
        f"the operation {kind!r} of the network cannot be written as ONNX",
        cure="write the network with other operations, or use its StableHLO",
    )


def _scan(graph: Graph, p: Any, values: list[Any], outvars: Any) -> list[Any]:
    """A loop over the first axis of sequences."""
    first, carried = p["num_consts"], p["num_consts"] + p["num_carry"]
    jaxpr, length = p["jaxpr"].jaxpr, int(p["length"])
    sequences = values[carried:] or [np.arange(length, dtype=np.int32)]
    states = [_fresh(graph, value) for value in values[first:carried]]
    steps = [Tensor(graph.name(), tuple(x.shape[1:]), x.dtype) for x in sequences]
    with graph.body() as nodes:
        given = [*values[:first], *states, *steps[: len(values) - carried]]
        found = _run(graph, jaxpr, p["jaxpr"].consts, given)
        # an output of a body has to be the result of a node in it, and of no other output
        outputs = [graph.add("Identity", [value], value.shape, value.dtype) for value in found]
    body = helper.make_graph(
        nodes,
        graph.name(),
        [graph.describe(tensor) for tensor in (*states, *steps)],
        [graph.describe(tensor) for tensor in outputs],
    )
    options = {"scan_input_directions": [1] * len(sequences)} if p["reverse"] else {}
    if p["reverse"] and len(outputs) > len(states):
        options["scan_output_directions"] = [1] * (len(outputs) - len(states))
    return graph.add_all(
        "Scan",
        [*values[first:carried], *sequences],
        [(variable.aval.shape, variable.aval.dtype) for variable in outvars],
        body=body,
        num_scan_inputs=len(sequences),
        **options,
    )


def _fresh(graph: Graph, value: Any) -> Tensor:
    return Tensor(graph.name(), tuple(value.shape), value.dtype)


def _constant(value: Any) -> np.ndarray:
    return np.asarray(value)


def _is_constant(values: list[Any], shapes: list[tuple[int, ...]]) -> bool:
    """Whether results can be computed now: nothing of them depends on events, and they are small."""
    sizes = [size for shape in shapes for size in shape]
    known = sum(np.size(value) for value in values if isinstance(value, np.ndarray))
    return (
        all(isinstance(value, np.ndarray) for value in values)
        and not any(is_dynamic(size) for size in sizes)
        and sum(int(np.prod(shape)) for shape in shapes) <= max(LARGEST, known)
    )
