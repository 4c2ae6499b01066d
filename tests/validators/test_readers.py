"""Others' readers take what is good, and refuse what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pyhf
import pytest
from onnx import TensorProto, helper

from tests.validators.readers import check_network, check_statistical_model

EVENTS = {"event": np.arange(6, dtype=np.float32).reshape(3, 2)}


WORKSPACE = {
    "version": "1.0.0",
    "channels": [
        {
            "name": "all",
            "samples": [
                {
                    "name": "signal",
                    "data": [5.0, 6.0],
                    "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                }
            ],
        }
    ],
    "observations": [{"name": "all", "data": [4.0, 7.0]}],
    "measurements": [{"name": "rate", "config": {"poi": "mu", "parameters": []}}],
}


def network(operation: str) -> onnx.ModelProto:
    """One network: events (n, 2) to predictions (1, n, 2)."""
    put_first = helper.make_tensor("first", TensorProto.INT64, [1], [0])
    graph = helper.make_graph(
        [helper.make_node(operation, ["event"], ["x"]), helper.make_node("Unsqueeze", ["x", "first"], ["predictions"])],
        "tiny",
        [helper.make_tensor_value_info("event", TensorProto.FLOAT, ["n", 2])],
        [helper.make_tensor_value_info("predictions", TensorProto.FLOAT, [1, "n", 2])],
        [put_first],
    )
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])


def test_a_statistical_model_is_evaluated() -> None:
    check_statistical_model(WORKSPACE)
    with pytest.raises(pyhf.exceptions.InvalidSpecification):
        check_statistical_model({**WORKSPACE, "measurements": []})


def test_a_network_is_applied_to_events(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    onnx.save(network("Neg"), file)
    np.testing.assert_array_equal(check_network(file, EVENTS), -EVENTS["event"][None])
    # the logarithm of the first feature, 0
    onnx.save(network("Log"), file)
    with pytest.raises(AssertionError, match="not finite"):
        check_network(file, EVENTS)
    with pytest.raises(AssertionError, match="other inputs"):
        check_network(file, {})


def test_a_network_that_is_not_onnx_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    onnx.save(network("NoSuchOperation"), file)
    with pytest.raises(onnx.checker.ValidationError, match="NoSuchOperation"):
        check_network(file, EVENTS)
