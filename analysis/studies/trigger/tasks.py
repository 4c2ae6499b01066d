"""Law tasks of the study: its network as hardware."""

from __future__ import annotations

from tasks.stages import MakeResult

__all__ = ["SynthesiseTrigger"]


class SynthesiseTrigger(MakeResult):
    """Make a circuit in Verilog of the trigger network, and simulate it with every event."""

    exclude_index = True
