"""Distribution of a training over memory and time: the choice made here changes rounding, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import jax
import psutil

from analysis.learning.training.engine import Member

if TYPE_CHECKING:
    from analysis.learning.data.folded_inputs import FoldedInputs
    from analysis.learning.settings import TrainingSettings

__all__ = ["Plan", "default_memory", "plan"]

# of the device's memory that events may take; the rest is for networks, optimizer and what a step computes
SHARE = 0.4
# rows are counted in 32 bits on the device
MOST_ROWS = 2**31 - 1


@dataclass(frozen=True)
class Plan:
    """Plan of a training: placement of the events, groups of networks, number of devices.

    Args:
        data: ``"resident"`` if all events are on the device, ``"stream"`` if they come in windows.
        groups: networks that are trained together, group after group.
        devices: that share the events of each step.
    """

    data: Literal["resident", "stream"]
    groups: tuple[tuple[Member, ...], ...]
    devices: int

    @property
    def together(self) -> int:
        """Number of networks that are trained together."""
        return len(self.groups[0])


def default_memory() -> int:
    """Bytes that events may take on the device: a share of what it has."""
    statistics = jax.local_devices()[0].memory_stats() or {}
    # a processor has the machine's memory
    return int(SHARE * statistics.get("bytes_limit", psutil.virtual_memory().total))


def plan(folded: FoldedInputs, settings: TrainingSettings, memory: int, devices: int) -> Plan:
    """Train all networks together if the device has the memory, else one after another, else from a stream.

    Args:
        folded: the events.
        settings: of the training.
        memory: bytes that events may take on the device.
        devices: that share the events of each step.
    """
    number, folds = len(folded.events), range(settings.folds)
    members = tuple(Member(seed, fold) for seed in range(settings.seeds) for fold in folds)
    alone = tuple((member,) for member in members)
    # devices of a processor share its memory, and each has a copy
    copies = devices if jax.default_backend() == "cpu" else 1
    if folded.events.mapped or number > MOST_ROWS:
        return Plan("stream", alone, devices)
    if copies * number * (folded.shared_bytes + settings.folds * folded.own_bytes) <= memory:
        return Plan("resident", (members,), devices)
    resident = copies * number * (folded.shared_bytes + folded.own_bytes) <= memory
    return Plan("resident" if resident else "stream", alone, devices)
