"""Settings of network inputs that are fields of events.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.histograms.weight_settings import Weights
from analysis.measurement import Cut, Process

__all__ = ["Block", "FieldFeatures"]


@dataclass(frozen=True)
class Block:
    """Lists of objects in each event, such as its muons.

    Args:
        fields: names of the fields, one list an event each, all of the same length in an event; ``"muons.pt"`` for a
            field of records.
        length: so many objects are kept, the first ones; where there are fewer, the rest is marked as not present.
    """

    fields: tuple[str, ...]
    length: int

    def __post_init__(self) -> None:
        if not self.fields or self.length < 1:
            raise StudyError(
                f"a block of {self.length} objects with the fields {self.fields}", cure="give at least one of each"
            )


@dataclass(frozen=True)
class FieldFeatures:
    """Fields of events as features, labels and targets of networks.

    Features are standardised by the networks themselves, over the events that they are trained on.

    Args:
        event: names of fields with one number an event; missing values are marked as not present. They make the block
            ``event``.
        blocks: lists of objects, by name of the block.
        processes: classes that networks tell apart, in the order of the labels; a regression needs none.
        targets: names of fields that a regression learns; ``"truth.energy"`` for a field of the generated truth.
        selection: events that networks are trained on and judged by, among the simulated ones that belong to a process.
            Every event gets a row, whether it passes or not.
        spectators: names of fields that are kept for the evaluation; ``"truth.energy"`` as well.
        weights: what an event counts for in the training; the nominal weight.
        noise: number of standard normal numbers an event that a generator or a flow draws with, in the block ``noise``.
            They follow from the event's identity.
        measured: whether the targets are learned from measured events in place of simulated ones; the stage Training
            names them (``datasets=("measured",)``), which a study cannot as long as a fit is blind.

    Raises:
        StudyError: there is nothing to see or nothing to learn, a name is there twice, or processes or a truth of
            measured events are to be learned.

    Examples:
        >>> FieldFeatures(("pt",))
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: FieldFeatures: there is nothing to learn
          cure: name at least two processes, or targets
    """

    event: tuple[str, ...] = ()
    blocks: Mapping[str, Block] = field(default_factory=dict)
    processes: tuple[Process, ...] = ()
    targets: tuple[str, ...] = ()
    selection: tuple[Cut, ...] = ()
    spectators: tuple[str, ...] = ()
    weights: Weights = field(default_factory=Weights)
    noise: int = 0
    measured: bool = False

    def __post_init__(self) -> None:
        if not self.event and not self.blocks and not self.noise:
            raise StudyError("FieldFeatures: there are no features", cure="name fields in event, or blocks")
        if self.noise < 0 or (self.noise and "noise" in self.blocks):
            raise StudyError(
                f"FieldFeatures: noise is {self.noise}, and the blocks are {', '.join(self.blocks) or 'none'}",
                cure="give a number of at least 0, and another name to a block of yours",
            )
        if len(self.processes) < 2 and not self.targets:
            raise StudyError("FieldFeatures: there is nothing to learn", cure="name at least two processes, or targets")
        truth = [name for name in self.targets if name.startswith("truth.")]
        if self.measured and (self.processes or truth):
            what = truth[0] if truth else self.processes[0].name
            raise StudyError(
                f"FieldFeatures: {what!r} is to be learned from measured events, of which nobody knows it",
                cure="make fields of the events the targets, without processes",
            )
        seen = {*self.event, *(name for block in self.blocks.values() for name in block.fields)}
        if "identity" in seen:
            raise StudyError("FieldFeatures: 'identity' is no feature", cure="leave it out: it tells events apart")
        if self.event and "event" in self.blocks:
            raise StudyError("FieldFeatures: 'event' is the block of the event's own fields", cure="rename the block")
        listed = (self.event, self.targets, self.spectators, [process.name for process in self.processes])
        for names in (*listed, *(block.fields for block in self.blocks.values())):
            if twice := sorted({name for name in names if list(names).count(name) > 1}):
                raise StudyError(f"FieldFeatures: {twice[0]!r} is there twice", cure="name each once")
        if truthful := [name for name in self.event if name.startswith("truth.")]:
            raise StudyError(
                f"FieldFeatures: {truthful[0]!r} is a feature, and measured events have no truth",
                cure="make it a target or a spectator",
            )
