"""Settings of a published network that is applied as it is; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.step import PRESENTATION

__all__ = ["ApplySettings"]


@dataclass(frozen=True)
class ApplySettings:
    """Settings of a published network that is applied as it is.

    Args:
        file: the network, in the form of ONNX.
        card: file that describes its inputs and outputs; see :func:`analysis.exchange.card.read_card`.
        inputs: what each input of the network gets: a field of the events, several that are called as in the card, or
            fields by the names that the card has. Empty for the blocks of features that have the inputs' names.
        output: name of the output; empty for the only one.
        missing: by field, what a network gets for an event that has no value; without, that is an error.
        units: of fields; they are compared with the card's, and change nothing.
    """

    file: str
    card: str
    inputs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    output: str = ""
    missing: Mapping[str, float] = field(default_factory=dict, hash=False)
    units: Mapping[str, str] = field(default_factory=dict, hash=False, metadata=PRESENTATION)
