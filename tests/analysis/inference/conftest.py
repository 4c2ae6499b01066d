"""Fixtures of fits."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyhf
import pytest

from analysis.inference.conditional import Fitted
from analysis.inference.model import Model, build_model

FOLDER = Path(__file__).parent / "workspaces"


def read(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())


@pytest.fixture(scope="session", autouse=True)
def _pyhf_with_numpy() -> None:
    """What is compared with does not depend on which backend and optimiser pyhf takes by default."""
    pyhf.set_backend("numpy", "scipy", precision="64b")


@pytest.fixture
def workspace() -> dict[str, Any]:
    """A signal and a control region with all kinds of uncertainties; may be changed."""
    return read("signal_and_control")


@pytest.fixture(scope="session")
def model() -> Model:
    """Of that workspace."""
    return build_model(read("signal_and_control"))


@pytest.fixture(scope="session")
def fitted(model: Model) -> Fitted:
    """Its fit to the observed data."""
    return Fitted.of(model)


@pytest.fixture
def ambiguous() -> dict[str, Any]:
    """An excess that an uncertainty describes shifted up or, a little worse, down; the signal depends on which."""
    both = {"name": "both", "type": "histosys", "data": {"hi_data": [1102.0, 110.0], "lo_data": [1095.0, 90.0]}}
    strength = {"name": "mu", "type": "normfactor", "data": None}
    samples = [
        {"name": "background", "data": [1000.0, 100.0], "modifiers": [both]},
        {"name": "signal", "data": [0.0, 50.0], "modifiers": [strength]},
    ]
    return {
        "channels": [{"name": "region", "samples": samples}],
        "observations": [{"name": "region", "data": [1100.0, 150.0]}],
        "measurements": [{"name": "measurement", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }


@pytest.fixture
def theirs(workspace: dict[str, Any]) -> Iterator[tuple[pyhf.Model, list[float]]]:
    """Model and data of that workspace in pyhf, which fits them well enough to compare with."""
    with warnings.catch_warnings():
        # of jsonschema, for what pyhf validates with
        warnings.simplefilter("ignore", DeprecationWarning)
        specification = pyhf.Workspace(workspace)
        model = specification.model()
    pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-3, strategy=1))
    yield model, specification.data(model)
    pyhf.set_backend("numpy", "scipy", precision="64b")
