"""Each step's events are shared by all devices: simulated ones, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def histories(gaussians, compilations, tmp_path_factory) -> dict[int, dict[str, Any]]:
    """Of the trainings of ``train_on_devices.py``, by number of devices."""
    folder = tmp_path_factory.mktemp("devices")
    gaussians(1200).save(folder / "inputs.safetensors")
    found = {}
    for devices in (1, 2, 8):
        environment = {
            **{name: value for name, value in os.environ.items() if name != "JAX_NUM_CPU_DEVICES"},
            "PYTHONPATH": os.pathsep.join(sys.path),
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
            "JAX_COMPILATION_CACHE_DIR": str(compilations),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
        command = [sys.executable, str(Path(__file__).with_name("train_on_devices.py")), str(folder)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["count"] == devices
        found[devices] = told["histories"]
    return found


@pytest.mark.parametrize("kind", ["resident", "stream"])
@pytest.mark.parametrize("devices", [2, 8])
def test_the_losses_are_those_of_one_device(histories, kind, devices):
    """To 1e-5 of their size."""
    one, several = histories[1][kind], histories[devices][kind]
    assert {entry["devices"] for entry in one} == {1}
    assert {entry["devices"] for entry in several} == {devices}
    assert {entry["data"] for entry in several} == {kind}
    assert len(several) == len(one) == 4
    for entry, like in zip(several, one, strict=True):
        for network, other in zip(entry["networks"], like["networks"], strict=True):
            for name in ("training_loss", "validation_loss"):
                assert network[name] == pytest.approx(other[name], rel=1e-5)
            # two events that are almost alike may change places
            assert network["metrics"] == pytest.approx(other["metrics"], rel=1e-4)
            assert network["best_epoch"] == other["best_epoch"]


def test_a_batch_size_that_eight_does_not_divide_uses_fewer(histories):
    assert [{entry["devices"] for entry in histories[devices]["uneven"]} for devices in (1, 2, 8)] == [{1}, {2}, {6}]
    losses = [histories[devices]["uneven"][-1]["networks"][1]["training_loss"] for devices in (1, 2, 8)]
    assert losses[1:] == pytest.approx(losses[:1] * 2, rel=1e-5)
