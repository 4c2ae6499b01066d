"""Settings of figures; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.trigger.settings import TriggerSettings

__all__ = ["FigureSettings"]


@dataclass(frozen=True)
class FigureSettings:
    """Background and rate that figures show.

    Args:
        triggers: array and electronics.
        background: data set of the background that is shown.
        rate: at which triggers are compared, in Hz.
    """

    triggers: TriggerSettings = field(default_factory=TriggerSettings)
    background: str = "background"
    rate: float = 20.0
