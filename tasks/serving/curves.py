"""Curves of trainings as SVG: losses by epoch, a thin line a network and a thick one for their average."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Curves", "Line", "draw"]

WIDTH, HEIGHT = 560, 214
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 12, 28


@dataclass(frozen=True)
class Line:
    """A line of a drawing.

    Args:
        points: as SVG has them.
        kind: ``training`` or ``validation``.
        is_average: over the networks.
    """

    points: str
    kind: str
    is_average: bool


@dataclass(frozen=True)
class Curves:
    """Losses of a training as lines, with ticks and words, ready to be drawn.

    Args:
        lines: what lies below comes first.
        across: places and texts of the ticks below.
        up: places and texts of the ticks on the left.
        words: the same for those who do not see it.
    """

    lines: tuple[Line, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    words: str


def draw(history: Sequence[Mapping[str, Any]]) -> Curves | None:
    """Draw the losses of a history; ``None`` if it has none that are numbers.

    Args:
        history: an entry for each epoch, see :func:`analysis.learning.training.train.train`.
    """
    found: dict[str, list[list[float]]] = {}
    for kind in ("training", "validation"):
        rows = [[_loss(network, kind) for network in entry.get("networks", ())] for entry in history]
        number = min(map(len, rows), default=0)
        if number:
            found[kind] = [[row[i] for row in rows] for i in range(number)]
    values = [value for lines in found.values() for line in lines for value in line if math.isfinite(value)]
    if not values:
        return None
    epochs, low, high = len(history), min(values), max(values)
    pad = (high - low) * 0.06 or abs(high) * 0.05 or 1.0
    low, high = low - pad, high + pad

    def x(epoch: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * ((epoch - 1) / max(epochs - 1, 1) if epochs > 1 else 0.5)

    def y(value: float) -> float:
        return _TOP + (HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low)

    def points(line: Sequence[float]) -> str:
        shown = ((number, value) for number, value in enumerate(line, start=1) if math.isfinite(value))
        return " ".join(f"{x(number):.1f},{y(value):.1f}" for number, value in shown)

    drawn = [
        Line(points(line), kind, is_average=False) for kind, lines in found.items() for line in lines if len(lines) > 1
    ]
    for kind, lines in found.items():
        average = [sum(column) / len(column) for column in zip(*lines, strict=True)]
        drawn.append(Line(points(average), kind, is_average=True))
        found[kind] = [average]
    last = ", ".join(f"{kind} loss {lines[0][-1]:.4g}, at first {lines[0][0]:.4g}" for kind, lines in found.items())
    return Curves(
        tuple(drawn),
        tuple((x(tick), f"{tick:g}") for tick in _ticks(1, epochs) if tick == int(tick) and tick >= 1),
        tuple((y(tick), f"{tick:.4g}") for tick in _ticks(low, high)),
        f"Losses after {epochs} epochs: {last}",
    )


def _loss(network: Mapping[str, Any], kind: str) -> float:
    value = network.get(f"{kind}_loss") if isinstance(network, Mapping) else None
    return float(value) if isinstance(value, int | float) else math.nan


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two, about five.

    Examples:
        >>> _ticks(1, 10)
        [2.0, 4.0, 6.0, 8.0, 10.0]
        >>> _ticks(3, 3)
        [3.0]
    """
    if high <= low:
        return [float(low)]
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 5)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]
