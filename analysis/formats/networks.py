"""Trained networks: parameters, description, history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """Parameters as safetensors, their description as JSON, the history as JSON lines and for TensorBoard."""
    return ("parameters.safetensors", "network.json", "history.jsonl", "events.tfevents")


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the networks (:class:`analysis.learning.application.trained.Trained`)."""
    from analysis.learning.training.tensorboard import write_events

    value.save(path("parameters.safetensors"), path("network.json"))
    value.save_history(path("history.jsonl"))
    write_events(value.history, path("events.tfevents"))


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """The networks of a stage whose chosen network is the one that was trained, with their history."""
    from dataclasses import replace

    from analysis.learning.application.trained import Trained
    from analysis.learning.training.history import read

    network = stage.chosen
    trained = Trained.load(path("parameters.safetensors"), path("network.json"), network.build, network.training)
    return replace(trained, history=tuple(read(path("history.jsonl"))))


def combine(values: Sequence[Any]) -> Any:
    """Networks have no chunks."""
    (value,) = values
    return value
