import os

import pytest

from analysis.learning.training.processor import divide_processor


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "2"),
        ({"JAX_NUM_CPU_DEVICES": "3"}, "3"),
        ({"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}, None),
        ({"XLA_FLAGS": "--xla_cpu_enable_fast_math=false"}, "2"),
    ],
    ids=["nothing", "a number", "a number for XLA", "another flag"],
)
def test_who_says_nothing_has_two_devices(given, found, monkeypatch):
    for name in ("JAX_NUM_CPU_DEVICES", "XLA_FLAGS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    divide_processor()
    assert os.environ.get("JAX_NUM_CPU_DEVICES") == found
