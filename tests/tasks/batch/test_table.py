"""The table of jobs that somebody watches: what batch systems and files are called is text in it."""

from __future__ import annotations

from rich.console import Console

from tasks.batch.submission import Attempt
from tasks.batch.table import View, _table

ODD = "a[b]\x1b[2J\n\u202e"
SHOWN = r"a[b]\x1b[2J\n\u202e"


def drawn(view: View) -> str:
    console = Console(width=250, force_terminal=True)
    with console.capture() as captured:
        console.print(_table([(ODD.replace("\n", ""), view)], 40))
    return captured.get()


def test_reasons_and_hosts_are_text() -> None:
    attempt = Attempt("Task-1", ["place/a"], 1, 2000, "a.log", "naf", "7.0", state="held", host=ODD, reason=ODD)
    text = drawn(View(1, 0, 1, 0, 0, [attempt]))
    assert text.count(SHOWN) == 2
    assert "\x1b[2J" not in text
    assert "\u202e" not in text


def test_records_at_work_are_text() -> None:
    text = drawn(View(1, 0, 1, 0, 0, [], at_work=[(ODD, ODD)]))
    assert text.count(SHOWN) == 2
    assert "\x1b[2J" not in text
