"""Progress displays; silent when nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["bytes_progress", "training_progress"]


@contextmanager
def bytes_progress(name: str, total: int | None) -> Iterator[Callable[[int, int], None] | None]:
    """A bar of transferred bytes: yields ``f(done, total)``, or ``None`` where the output is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total)
        yield lambda done, known: bar.update(task, completed=done, total=known or total)


@contextmanager
def training_progress(epochs: int) -> Iterator[Callable[[dict[str, Any]], None] | None]:
    """A bar of epochs with loss and metric averaged over the folds: yields ``f(entry of the history)`` or ``None``."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  validation {task.fields[validation]:.4f}"),
        TextColumn("{task.fields[rate]:,.0f} events/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("epoch", total=epochs, loss=float("nan"), validation=float("nan"), rate=0.0)

        def report(entry: dict[str, Any]) -> None:
            bar.update(
                task,
                completed=entry["epoch"],
                loss=_mean(entry["train_loss"]),
                validation=_mean(entry["validation_loss"]),
                rate=entry["events_per_second"],
            )

        yield report


def _mean(values: Any) -> float:
    values = list(values) if hasattr(values, "__len__") else [values]
    return float(sum(values) / len(values))
