"""JAX's operations on single elements as ONNX nodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.errors import TrainingError
from analysis.learning.export.onnx_graph import Graph

__all__ = ["ELEMENTWISE", "elementwise"]

# of the same meaning in both
SAME = {
    "abs": "Abs",
    "acos": "Acos",
    "acosh": "Acosh",
    "add": "Add",
    "add_any": "Add",
    "asin": "Asin",
    "asinh": "Asinh",
    "atan": "Atan",
    "atanh": "Atanh",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "div": "Div",
    "eq": "Equal",
    "erf": "Erf",
    "exp": "Exp",
    "floor": "Floor",
    "ge": "GreaterOrEqual",
    "gt": "Greater",
    "le": "LessOrEqual",
    "log": "Log",
    "logistic": "Sigmoid",
    "lt": "Less",
    "max": "Max",
    "min": "Min",
    "mul": "Mul",
    "neg": "Neg",
    "pow": "Pow",
    "sign": "Sign",
    "sin": "Sin",
    "sinh": "Sinh",
    "sqrt": "Sqrt",
    "sub": "Sub",
    "tan": "Tan",
    "tanh": "Tanh",
}
LOGICAL = {"and": "And", "not": "Not", "or": "Or", "xor": "Xor"}
IDENTICAL = {
    *("copy", "copy_p", "device_put", "optimization_barrier", "reduce_precision", "sharding_constraint"),
    "stop_gradient",
}


def elementwise(graph: Graph, kind: str, operands: list[Any], shape: tuple[int, ...], parameters: Any) -> Any:
    """The result of one operation.

    Args:
        graph: that the nodes are added to.
        kind: name of the operation; one of :data:`ELEMENTWISE`.
        operands: tensors or constants.
        shape: of the result.
        parameters: of the operation.

    Raises:
        TrainingError: ONNX has nothing like it.
    """
    operands = _narrowed(operands, shape)

    def node(name: str, *values: Any) -> Any:
        return graph.add(name, values, _broadcast(values), values[0].dtype)

    def compare(name: str, *values: Any) -> Any:
        return graph.add(name, values, _broadcast(values), bool)

    def choose(condition: Any, yes: Any, no: Any) -> Any:
        return graph.add("Where", [condition, yes, no], _broadcast([condition, yes, no]), yes.dtype)

    if kind in IDENTICAL:
        return operands[0]
    if kind == "convert_element_type":
        return graph.cast(operands[0], parameters["new_dtype"])
    if kind in ("eq", "ge", "gt", "le", "lt"):
        return compare(SAME[kind], *operands)
    if kind == "ne":
        return node("Not", compare("Equal", *operands))
    if kind in LOGICAL:
        if operands[0].dtype != np.bool_:
            raise TrainingError(f"the operation {kind!r} on integers cannot be written as ONNX")
        return node(LOGICAL[kind], *operands)
    if kind == "select_n":
        return _select(graph, node, choose, operands)
    if kind == "max" and operands[0].dtype == np.bool_:
        return node("Or", *operands)
    if kind == "min" and operands[0].dtype == np.bool_:
        return node("And", *operands)
    if kind in SAME:
        return node(SAME[kind], *operands)
    if kind == "rem":
        return graph.add("Mod", operands, _broadcast(operands), operands[0].dtype, fmod=1)
    return _composed(kind, operands, parameters, node, compare, choose)


def _composed(
    kind: str, operands: list[Any], parameters: Any, node: Callable, compare: Callable, choose: Callable
) -> Any:
    """Compose an operation that ONNX has no single node for."""
    x = operands[0]
    number = np.float32
    match kind:
        case "square":
            return node("Mul", x, x)
        case "integer_pow":
            power = parameters["y"]
            return node("Mul", x, x) if power == 2 else node("Pow", x, np.asarray(power, x.dtype))
        case "rsqrt":
            return node("Reciprocal", node("Sqrt", x))
        case "cbrt":
            return node("Mul", node("Sign", x), node("Pow", node("Abs", x), number(1 / 3)))
        case "exp2":
            return node("Exp", node("Mul", x, number(math.log(2))))
        case "erfc":
            return node("Sub", number(1), node("Erf", x))
        case "clamp":
            low, middle, high = operands
            return node("Min", node("Max", middle, low), high)
        case "is_finite":
            return compare("LessOrEqual", node("Abs", x), np.finfo(number).max)
        case "round":
            if int(parameters["rounding_method"]) == 1:  # to the nearest even number
                return node("Round", x)
            return node("Mul", node("Sign", x), node("Floor", node("Add", node("Abs", x), number(0.5))))
        case "log1p":
            # Kahan: the error of 1 + x cancels in the quotient
            more = node("Add", x, number(1))
            less = node("Sub", more, number(1))
            tiny = compare("Equal", less, number(0))
            quotient = node("Div", x, choose(tiny, number(1), less))
            value = choose(tiny, x, node("Mul", node("Log", more), quotient))
            return choose(compare("Equal", x, number(np.inf)), x, value)
        case "expm1":
            # half of it through tanh, which is exact near 0: expm1(x) = tanh(x / 2) (exp(x) + 1)
            product = node("Mul", node("Tanh", node("Mul", x, number(0.5))), node("Add", node("Exp", x), number(1)))
            return choose(compare("Less", node("Abs", x), number(1)), product, node("Sub", node("Exp", x), number(1)))
        case "atan2":
            return _atan2(node, compare, choose, x, operands[1])
    raise TrainingError(f"the operation {kind!r} cannot be written as ONNX")


def _select(graph: Graph, node: Callable, choose: Callable, operands: list[Any]) -> Any:
    condition, *cases = operands
    if len(cases) == 1:
        return cases[0]
    if len(cases) != 2:
        raise TrainingError("a choice among more than two arrays cannot be written as ONNX")
    condition, (no, yes) = graph.cast(condition, bool), cases
    if yes.dtype == np.bool_:
        return node("Or", node("And", condition, yes), node("And", node("Not", condition), no))
    return choose(condition, yes, no)


def _atan2(node: Callable, compare: Callable, choose: Callable, y: Any, x: Any) -> Any:
    zero, pi = np.float32(0), np.float32(math.pi)
    on_axis = compare("Equal", x, zero)
    angle = node("Atan", node("Div", y, choose(on_axis, np.float32(1), x)))
    # a negative zero too
    below = node("Or", compare("Less", y, zero), compare("Less", node("Reciprocal", y), zero))
    half = choose(below, -pi, pi)
    angle = choose(compare("Less", x, zero), node("Add", angle, half), angle)
    return choose(on_axis, node("Mul", node("Sign", y), pi / 2), angle)


def _narrowed(operands: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """Operands before they were repeated, as far as the result keeps its shape: ONNX repeats them itself."""
    result = list(operands)
    for index, operand in enumerate(operands):
        narrow = getattr(operand, "narrow", None)
        if narrow is not None:
            tried = [*result[:index], narrow, *result[index + 1 :]]
            if _broadcast(tried) == tuple(shape):
                result = tried
    return result


def _broadcast(values: Any) -> tuple[int, ...]:
    return tuple(np.broadcast_shapes(*(tuple(value.shape) for value in values)))


ELEMENTWISE = {
    *SAME,
    *LOGICAL,
    *IDENTICAL,
    *("atan2", "cbrt", "clamp", "convert_element_type", "erfc", "exp2", "expm1", "integer_pow", "is_finite"),
    *("log1p", "ne", "rem", "round", "rsqrt", "select_n", "square"),
}
