"""What others' readers make of a capsule's statistical models and networks, in the project's own environment."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["check_network", "check_statistical_model"]


def check_statistical_model(specification: Mapping[str, Any]) -> None:
    """A workspace is valid for pyhf, which makes a model of it that gives its own data a finite likelihood.

    Raises:
        pyhf.exceptions.InvalidSpecification: it does not follow the schema of HistFactory workspaces.
        AssertionError: the model cannot be evaluated.
    """

    import pyhf

    with warnings.catch_warnings():
        # pyhf's own use of it
        warnings.filterwarnings("ignore", "jsonschema.RefResolver is deprecated", DeprecationWarning)
        workspace = pyhf.Workspace(specification)
        model = workspace.model()
    start = model.config.suggested_init()
    assert np.isfinite(model.logpdf(start, workspace.data(model))).all(), "the likelihood is not finite"


def check_network(file: Path, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """A network is valid ONNX, and onnxruntime applies it to events.

    Args:
        file: the ONNX model.
        arrays: the events by input, n of each.

    Returns:
        The predictions (k, n, p) of its k networks.

    Raises:
        onnx.checker.ValidationError: the file is no valid model.
        AssertionError: predictions are not finite, or not one for each event.
    """
    import onnx
    import onnxruntime

    onnx.checker.check_model(onnx.load(file), full_check=True)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert {one.name for one in session.get_inputs()} == set(arrays), f"{file}: other inputs"
    (predictions,) = session.run(None, dict(arrays))
    (events,) = {len(array) for array in arrays.values()}
    assert predictions.ndim == 3, predictions.shape
    assert predictions.shape[1] == events, predictions.shape
    assert np.isfinite(predictions).all(), f"{file}: predictions are not finite"
    return predictions
