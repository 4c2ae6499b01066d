"""Progress displays; silent when nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from analysis.printable import in_a_line
from tasks.framework.reporting import tell

__all__ = ["bytes_progress", "count_progress", "tell_to", "training_progress"]

# seconds before plain lines
FIRST_LINE, LAST_LINE = 30.0, 300.0
# seconds between two words to the command's table
PAUSE = 0.5
# of a bar: neither braces nor brackets of a name mean anything
_NAME = "{task.description}"

# of a process of a command that shows a table
_told_to: Callable[[str], None] | None = None


def tell_to(tell: Callable[[str], None]) -> None:
    """Let the progress of this process be told by a function, in place of displays of its own."""
    global _told_to
    _told_to = tell


def _seldom(tell: Callable[[str], None], words: Callable[..., str]) -> Callable[..., None]:
    """Tell progress now and then, in words."""
    due = 0.0

    def report(*how_far: Any) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + PAUSE
            tell(words(*how_far))

    return report


@contextmanager
def bytes_progress(name: str, total: int | None) -> Iterator[Callable[[int, int], None]]:
    """A bar of transferred bytes, or a line now and then where the output is no terminal: yields ``f(done, total)``."""
    if _told_to is not None:
        yield _seldom(_told_to, lambda done, known: _megabytes(name, done, known or total))
        return
    if not sys.stderr.isatty():
        yield _lines(name, total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn(_NAME, markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(in_a_line(name), total=total)
        yield lambda done, known: bar.update(task, completed=done, total=known or total)


def _lines(name: str, total: int | None) -> Callable[[int, int], None]:
    pause = FIRST_LINE
    due = time.monotonic() + pause

    def report(done: int, known: int | None) -> None:
        nonlocal pause, due
        if time.monotonic() >= due:
            pause = min(2 * pause, LAST_LINE)
            due = time.monotonic() + pause
            tell(f"      {_megabytes(name, done, known or total)}")

    return report


def _megabytes(name: str, done: int, whole: int | None) -> str:
    return f"{name}: {done / 1e6:.0f}{f' of {whole / 1e6:.0f}' if whole else ''} MB"


@contextmanager
def count_progress(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar of things done, or a line now and then where the output is no terminal: yields ``f(done)``."""
    if _told_to is not None:
        yield _seldom(_told_to, lambda done: f"{name}: {done:,} of {total:,}")
        return
    if not sys.stderr.isatty():
        pause = due = FIRST_LINE
        begin = time.monotonic()

        def report(done: int) -> None:
            nonlocal pause, due
            if time.monotonic() - begin >= due:
                pause = min(2 * pause, LAST_LINE)
                due = time.monotonic() - begin + pause
                tell(f"      {name}: {done:,} of {total:,}")

        yield report
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(_NAME, markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(in_a_line(name), total=total)
        yield lambda done: bar.update(task, completed=done)


def _epochs(entry: dict[str, Any]) -> str:
    """Tell of an epoch: its number, losses averaged over the networks, and the speed."""
    networks = entry["networks"]
    done = entry["epochs"] * (entry["group"] - 1) + entry["epoch"]
    loss = sum(network["training_loss"] for network in networks) / len(networks)
    validation = sum(network["validation_loss"] for network in networks) / len(networks)
    return (
        f"epoch {done} of {entry['epochs'] * entry['groups']}, loss {loss:.4f}, validation {validation:.4f}, "
        f"{entry['events_per_second']:,.0f} events/s"
    )


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

    if _told_to is not None:
        report_seldom = _seldom(_told_to, _epochs)

        def begin_and_report(entry: dict[str, Any]) -> None:
            begin(entry)
            report_seldom(entry)

        yield begin_and_report
        return
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
