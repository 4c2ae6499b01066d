"""Number of devices that JAX sees in the processor; to be decided before JAX is imported."""

from __future__ import annotations

import os

__all__ = ["divide_processor"]


def divide_processor() -> None:
    """Let JAX see the processor as two devices, which share the work of networks with loops.

    Always two, whatever the number of cores: sums over devices are rounded otherwise for another number. Who sets
    ``JAX_NUM_CPU_DEVICES`` (or XLA's flag for it) decides otherwise, and finds it in a training's history.
    """
    if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")
