"""Progress displays; silent when nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tasks.framework.reporting import tell

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
def training_progress() -> Iterator[Callable[[dict[str, Any]], None]]:
    """A bar of epochs with losses averaged over the networks: yields ``f(entry of the history)``.

    Where the output is no terminal, only a resumed training is told.
    """
    first = True

    def begin(entry: dict[str, Any]) -> None:
        nonlocal first
        if first and entry["epoch"] > 1:
            tell(f"resumed a killed training after epoch {entry['epoch'] - 1}")
        first = False

    if not sys.stderr.isatty():
        yield begin
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TextColumn("validation {task.fields[validation]:.4f}{task.fields[metric]}"),
        TextColumn("{task.fields[rate]:,.0f} events/s"),
        TimeRemainingColumn(),
    )
    unknown = float("nan")
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("epoch", total=None, loss=unknown, validation=unknown, metric="", rate=0.0)

        def report(entry: dict[str, Any]) -> None:
            begin(entry)
            networks, metrics = entry["networks"], entry["metrics"][:1]
            values = [sum(network["metrics"][name] for network in networks) / len(networks) for name in metrics]
            bar.update(
                task,
                total=entry["epochs"] * entry["groups"],
                completed=entry["epochs"] * (entry["group"] - 1) + entry["epoch"],
                loss=sum(network["training_loss"] for network in networks) / len(networks),
                validation=sum(network["validation_loss"] for network in networks) / len(networks),
                metric="".join(f", {name} {value:.4g}" for name, value in zip(metrics, values, strict=True)),
                rate=entry["events_per_second"],
            )

        yield report
