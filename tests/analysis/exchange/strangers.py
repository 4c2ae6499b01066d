"""A stranger's folder: a small network, written without this project, and its card."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FIRST, SECOND = (
    np.random.default_rng(seed).normal(size=size).astype(np.float32) for seed, size in ((3, (3, 16)), (4, (16, 2)))
)
CARD = {
    "inputs": [{"name": "x", "shape": [3], "names": ["pt", "eta", "met"], "units": ["GeV", "", "GeV"]}],
    "outputs": [{"name": "p", "shape": [2], "names": ["signal", "background"]}],
}


def write_folder(folder: Path, *, batch: int | str = "n", readme: bool = False, card: dict[str, Any] = CARD) -> str:
    """Write a perceptron of three numbers for two classes, and return the folder's digest."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "first"], ["a"]),
            helper.make_node("Tanh", ["a"], ["b"]),
            helper.make_node("MatMul", ["b", "second"], ["c"]),
            helper.make_node("Softmax", ["c"], ["p"]),
        ],
        "perceptron",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, [batch, 2])],
        [numpy_helper.from_array(FIRST, "first"), numpy_helper.from_array(SECOND, "second")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    if readme:
        # JSON is YAML
        (folder / "README.md").write_text(
            f"---\nlicense: mit\n{json.dumps(card)[1:-1]}\n---\n# A network\n".replace('"inputs"', "inputs").replace(
                ', "outputs"', "\noutputs"
            )
        )
    else:
        (folder / "config.json").write_text(json.dumps(card))
    lines = [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in sorted(folder.iterdir())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def said(x: np.ndarray) -> np.ndarray:
    """What the network says, computed by hand."""
    found = np.exp(np.tanh(x.astype(np.float64) @ FIRST) @ SECOND)
    return np.asarray(found / found.sum(axis=1, keepdims=True))
