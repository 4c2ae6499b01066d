"""A comparison on the terminal: lines and tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from analysis.comparison.contents import Content, Contents, HistogramPair
from analysis.comparison.making import Cause, Change
from analysis.comparison.metrics import ComparedMetric
from analysis.comparison.quantities import ComparedNumber
from analysis.preservation.tables import ComparedTable
from analysis.printable import in_a_line
from tasks.framework.reporting import tell

__all__ = ["show_contents", "show_making"]

_LINES, _ROWS, _SERIES = 40, 12, 4


def show_making(causes: Sequence[Cause], marks: Sequence[str], conditions: Mapping[str, int]) -> None:
    """Tell what was different in the making, and around it."""
    told: set[Change] = set()
    tell("\nmade otherwise")
    for one in causes:
        if one.changes:
            tell(f"  {one.task} {_some(one.series, _SERIES)}")
            for line in _first([line for change in one.changes for line in _lines_of(change, told)], _LINES):
                tell(f"    {line}")
    after = dict.fromkeys(one.task for one in causes if not one.changes)
    if after:
        tell(f"  after that, of other inputs: {', '.join(after)}")
    if marks:
        tell("adopted or pinned")
        for line in _first(marks, _SERIES):
            tell(f"  {line}")
    if conditions:
        tell("under other conditions, which decide no key")
        lines = [f"{text}  ({count} record{'s' * (count != 1)})" for text, count in conditions.items()]
        for line in _first(lines, _LINES):
            tell(f"  {line}")


def _lines_of(change: Change, told: set[Change]) -> Iterator[str]:
    """A change in lines; the difference of a definition's code once."""
    yield change.what
    if change not in told:
        yield from (f"  {line}" for line in change.code)
    told.add(change)


def show_contents(contents: Contents) -> None:
    """Tell which records hold the same, and how numbers, metrics and histograms differ."""
    tell("\nwhat came out")
    _show_series("made of the same", contents.shared)
    _show_files("same bits", [one for one in contents.contents if not one.differ])
    _show_files("others", [one for one in contents.contents if one.differ])
    _show_numbers(list(contents.numbers.values()))
    for table in contents.tables.values():
        tell(f"  table {table.name}: {_of_table(table)}")
    for name, (changed, count) in contents.values.items():
        tell(f"  {name}: {len(changed)} of {count} other values are others")
        plain = [one for one in changed if "[" not in one.place and not isinstance(one.b, (dict, list))]
        for line in _first([f"{one.place}: {one.a} -> {one.b}" for one in plain], _LINES):
            tell(f"    {line}")
    for name, metrics in contents.metrics.items():
        _show_metrics(name, metrics)
    for histograms in contents.histograms:
        _show_histograms(histograms)


def _show_files(title: str, contents: Sequence[Content]) -> None:
    counts = (f" ({len(one.differ)} of {one.files} files)" if one.differ and one.files > 1 else "" for one in contents)
    _show_series(title, [(one.task, f"{one.series}{count}") for one, count in zip(contents, counts, strict=True)])


def _show_series(title: str, named: Iterable[tuple[str, str]]) -> None:
    tasks: dict[str, list[str]] = {}
    for task, series in named:
        tasks.setdefault(task, []).append(series)
    if tasks:
        words = [f"{task} {_some(series, _SERIES)}" for task, series in tasks.items()]
        tell(f"  {title}: {_some(words, _LINES, '; ')}")


def _show_numbers(numbers: Sequence[ComparedNumber]) -> None:
    if numbers:
        rows = [(_called(one), *_both(one), _pull(one.pull), _percent(one.ratio)) for one in numbers]
        _table("\nnumbers, with all uncertainties", ("", "a", "b", "b - a", "in σ", "b/a"), rows)
        tell("  σ: the larger statistical uncertainty of the two. Results that have events in common are correlated:")
        tell("  by chance, they differ by less (hep-ex/0207026)")


def _called(number: ComparedNumber) -> str:
    return f"{number.name} [{number.unit}]" if number.unit else number.name


def _both(number: ComparedNumber) -> tuple[str, str, str]:
    """Values with uncertainties, and their difference, all to the same digits."""
    from analysis.inference.rounding import decimals, fixed, interval_text
    from analysis.report.formatting import significant

    pairs = [pair for pair in (number.a_total, number.b_total) if pair and max(pair) > 0]
    if not pairs:
        texts = ("-" if value is None else significant(value) for value in (number.a, number.b, number.difference))
        first, second, third = texts
        return first, second, third
    places = decimals([part for pair in pairs for part in pair])
    texts = (
        "-" if value is None else f"{fixed(value, places)} {interval_text(pair, places) if pair else ''}".rstrip()
        for value, pair in ((number.a, number.a_total), (number.b, number.b_total), (number.difference, None))
    )
    first, second, third = texts
    return first, second, third


def _of_table(table: ComparedTable) -> str:
    if table.problems:
        return "only one has it, or some of its rows or columns"
    moved = [cell for cell in table.cells if not cell.agrees]
    worst = max(moved, key=lambda cell: abs(cell.difference) if cell.difference is not None else math.inf)
    values = " -> ".join("none" if value is None else f"{value:.6g}" for value in (worst.preserved, worst.rerun))
    where = ", ".join(part for part in (worst.column, worst.row) if part)
    return f"{len(moved)} of {len(table.cells)} values moved; most of all {where}: {values}"


def _show_metrics(name: str, metrics: Sequence[ComparedMetric]) -> None:
    rows = [
        (one.name, _mean(one.a, one.a_spread), _mean(one.b, one.b_spread), _plain(one.difference)) for one in metrics
    ]
    _table(f"\n{name}: mean over networks ± spread, after the last epoch", ("", "a", "b", "b - a"), rows)


def _mean(value: float | None, spread: float | None) -> str:
    from analysis.inference.rounding import measured_text

    if value is None:
        return "-"
    return measured_text(value, ("", (spread, spread))) if spread else f"{value:.4g}"


def _show_histograms(histograms: HistogramPair) -> None:
    moved, every = histograms.moved, [one for one in histograms.spectra if not one.same]
    if not moved:
        return
    title = f"\n{histograms.name}: {len(every)} of {len(histograms.spectra)} spectra are others"
    rows = []
    for one in moved[:_ROWS]:
        spectrum = one.spectrum
        words = (spectrum.variable, spectrum.region, spectrum.process)
        if one.problem:
            rows.append((*words, "-", "-", "-", "-", one.problem))
            continue
        chi2 = "-" if one.chi2 is None else f"{one.chi2:.3g}/{one.bins}"
        place = f"{one.place[0]:g} to {one.place[1]:g}" if one.place else ""
        rows.append((*words, f"{one.a:.5g}", f"{one.b:.5g}", chi2, _pull(one.pull), place))
    headings = ("variable", "region", "process", "sum a", "sum b", "χ²/bins", "largest, in σ", "in the bin")
    _table(title, headings, rows)
    if rest := len(every) - len(rows):
        shifted = f", {len(every) - len(moved)} of them under shifts" if len(every) > len(moved) else ""
        tell(f"  and {rest} more{shifted}")
    tell("  χ²: Σ (b - a)² / (σa² + σb²), as of independent histograms (physics/0605123). Where events are in both, it")
    tell("  is smaller, so that no probability follows from it. σ: the larger statistical uncertainty of the bin")


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, heading in enumerate(headings):
        left = index == 0 or heading in ("region", "process", "in the bin")
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    for row in rows:
        # names may hold brackets, which are no styles
        table.add_row(*(in_a_line(text).replace("[", r"\[") for text in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        # into a file, every row whole
        console.width = 200
    with console.capture() as captured:
        console.print(table)
    tell("\n".join(line.rstrip() for line in captured.get().rstrip("\n").splitlines()))


def _pull(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}".replace("-", "−") if value else "0"


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{100.0 * (ratio - 1.0):+.2f} %".replace("-", "−")


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2g}".replace("-", "−")


def _some(names: Sequence[str], limit: int, between: str = ", ") -> str:
    more = [f"and {len(names) - limit} more"] if len(names) > limit else []
    return between.join([*names[:limit], *more])


def _first(lines: Sequence[Any], limit: int) -> list[Any]:
    return [*lines[:limit], *([f"and {len(lines) - limit} more"] if len(lines) > limit else [])]
