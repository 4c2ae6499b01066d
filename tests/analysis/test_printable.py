"""What others have written, on a terminal."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from analysis.printable import in_a_line, printable

ROOT = Path(__file__).resolve().parents[2]
# modules that write to the standard streams themselves: what they write is their own words, JSON, or made printable
PRINTING = {
    "analysis/preservation/command.py",
    "analysis/preservation/launcher.py",
    "analysis/preservation/shell.py",
    "tasks/batch/reports.py",
    "tasks/batch/site_probe.py",
    "tasks/batch/table.py",
    "tasks/batch/worker.py",
    "tasks/check_site.py",
    "tasks/comparison_tables.py",
    "tasks/decided_places.py",
    "tasks/framework/command.py",
    "tasks/framework/help.py",
    "tasks/framework/own_configuration.py",
    "tasks/framework/reporting.py",
    "tasks/list_models.py",
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("over\rwritten\x08\x00\x7f", r"over\rwritten\x08\x00\x7f"),
        # the same commands in one character, as Latin-1 has them
        ("\x9b2J \x9d0;x\x9c \x85", r"\x9b2J \x9d0;x\x9c \x85"),
        ("a\u202egpj.exe\u2066\u2069\u200f\u061c", r"a\u202egpj.exe\u2066\u2069\u200f\u061c"),
        ("one\u2028two\u2029\ufeff", r"one\u2028two\u2029\ufeff"),
        # a name that is no text: what cannot be encoded would end the command
        (b"\xff\x1b".decode(errors="surrogateescape"), r"\udcff\x1b"),
        ("\x1b[0;49;31mred\x1b[0m", r"\x1b[0;49;31mred\x1b[0m"),
    ],
)
def test_commands_are_shown(text: str, shown: str) -> None:
    assert printable(text) == in_a_line(text) == shown
    assert shown.encode()


def test_all_other_text_is_as_it_was() -> None:
    text = "Größe µ → σ² 東京 عربي 🎉 e\u0301 a\u200db \\x1b\n\ttwo\n"
    assert printable(text) == text
    assert in_a_line(text) == text.replace("\n", "\\n").replace("\t", "\\t")


def test_our_own_colours_stay_and_no_others() -> None:
    own = "\x1b[0;49;32mTask\x1b[0m \x1b[1mheading\x1b[0m"
    assert printable(own, coloured=True) == own
    unlike = ("8m", "0;8m", "5m", "41m", "0;41;31m", "0;49;30m", "31m", "2J", "1A")
    for other in (f"\x1b[{code}" for code in unlike):
        assert printable(other, coloured=True) == f"\\x1b{other[1:]}"


def printing(file: Path) -> bool:
    """Whether a module writes to a terminal."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in ("print", "console.print", "sys.stdout.write", "sys.stderr.write"):
                return True
    return False


def test_nobody_else_writes_to_the_terminal() -> None:
    """Whoever does tells by :func:`tasks.framework.reporting.tell`, or raises an error, and cannot forget."""
    files = [file for name in ("analysis", "tasks") for file in sorted((ROOT / name).rglob("*.py"))]
    found = {file.relative_to(ROOT).as_posix() for file in files if printing(file)}
    assert found == PRINTING
