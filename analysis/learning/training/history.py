"""Training histories: the record of each epoch, merged over networks that were trained one after another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.errors import DataError

__all__ = ["merge", "read", "save"]


def merge(histories: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """One entry for each epoch, with all networks in it.

    Args:
        histories: of each group of networks, one entry for each of its epochs; see
            :func:`analysis.learning.training.train.train`. A network that stopped before others keeps its last values.
    """
    if len(histories) == 1:
        return list(histories[0])
    merged = []
    for number in range(max(map(len, histories))):
        active = [history[number] for history in histories if number < len(history)]
        last = [history[min(number, len(history) - 1)] for history in histories]
        seconds = sum(entry["seconds"] for entry in active)
        events = sum(entry["events_per_second"] * entry["seconds"] for entry in active)
        entry = {**active[0], "seconds": seconds, "events_per_second": events / seconds}
        entry["networks"] = sorted(
            (network for one in last for network in one["networks"]), key=lambda n: (n["seed"], n["fold"])
        )
        compiled = [one["compile_seconds"] for one in active if "compile_seconds" in one]
        if compiled:
            entry["compile_seconds"] = sum(compiled)
        merged.append(entry)
    return merged


def save(history: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the history as JSON lines, one for each epoch."""
    path.write_text("".join(json.dumps(entry, sort_keys=True) + "\n" for entry in history))


def read(path: Path) -> list[dict[str, Any]]:
    """Read what :func:`save` wrote.

    Raises:
        DataError: the file does not exist or is damaged.
    """
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is no history of a training: {error}") from None
