"""Progress displays; silent when nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tasks.framework.reporting import tell

__all__ = ["bytes_progress", "count_progress", "training_progress"]

# seconds before plain lines
FIRST_LINE, LAST_LINE = 30.0, 300.0


@contextmanager
def bytes_progress(name: str, total: int | None) -> Iterator[Callable[[int, int], None]]:
    """A bar of transferred bytes, or a line now and then where the output is no terminal: yields ``f(done, total)``."""
    if not sys.stderr.isatty():
        yield _lines(name, total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total)
        yield lambda done, known: bar.update(task, completed=done, total=known or total)


def _lines(name: str, total: int | None) -> Callable[[int, int], None]:
    pause = FIRST_LINE
    due = time.monotonic() + pause

    def report(done: int, known: int | None) -> None:
        nonlocal pause, due
        if time.monotonic() >= due:
            pause = min(2 * pause, LAST_LINE)
            due = time.monotonic() + pause
            whole = known or total
            tell(f"      {name}: {done / 1e6:.0f}{f' of {whole / 1e6:.0f}' if whole else ''} MB")

    return report


@contextmanager
def count_progress(name: str, total: int = 0) -> Iterator[Callable[..., None]]:
    """A bar of things done, or a line now and then where the output is no terminal: yields ``f(done[, total])``."""
    if not sys.stderr.isatty():
        pause = due = FIRST_LINE
        begin = time.monotonic()

        def report(done: int, known: int = 0) -> None:
            nonlocal pause, due
            if time.monotonic() - begin >= due:
                pause = min(2 * pause, LAST_LINE)
                due = time.monotonic() - begin + pause
                tell(f"      {name}: {done:,} of {known or total:,}")

        yield report
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total)
        yield lambda done, known=0: bar.update(task, completed=done, total=known or total)


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
