"""Differences of code, as a user reads them."""

from __future__ import annotations

import pytest

from analysis.provenance.code_differences import code_difference

OLD = '''
def calibrate(events, settings):
    """Scale the energies."""
    # as the test beam says
    scale = 1.02  # in 2026
    offset = 0.1
    return scale * events + offset
'''


def test_a_changed_line_with_its_surroundings():
    new = OLD.replace("1.02", "1.03")
    assert code_difference(OLD, new) == [
        " def calibrate(events, settings):",
        "-    scale = 1.02",
        "+    scale = 1.03",
        "     offset = 0.1",
        "     return scale * events + offset",
    ]


def test_what_enters_no_key_is_no_difference():
    new = OLD.replace("Scale the energies.", "Scale them.\n\n    All.\n    ").replace("test beam", "muons")
    new = new.replace("1.02", "1.03").replace("  # in 2026", "")
    assert code_difference(OLD, new) == code_difference(OLD, OLD.replace("1.02", "1.03"))
    assert not any("#" in line or "Scale" in line for line in code_difference(OLD, new))


def test_a_number_sign_in_a_text_is_no_comment():
    assert code_difference('COLOUR = "#3f90da"', 'COLOUR = "#3f90db"') == ['-COLOUR = "#3f90da"', '+COLOUR = "#3f90db"']


def test_a_method_may_stand_as_it_is_indented():
    old, new = ("    def f(self):\n        # why\n        return " + value for value in "12")
    assert code_difference(old, new) == [" def f(self):", "-    return 1", "+    return 2"]


def test_distant_changes_are_apart_and_long_ones_short():
    lines = [f"x{i} = {i}" for i in range(30)]
    changed = ["x0 = 'first'", *lines[1:-1], "x29 = 'last'"]
    found = code_difference("\n".join(lines), "\n".join(changed))
    assert found.count("...") == 1
    assert [line for line in found if line[0] in "+-"] == ["-x0 = 0", "+x0 = 'first'", "-x29 = 29", "+x29 = 'last'"]
    long = code_difference("", "\n".join(f"x{i} = {i}" for i in range(1000)))
    assert len(long) < 50
    assert long[-1] == "... 960 more lines"


@pytest.mark.parametrize("text", ["def (", "x = '", "\x00", "if x:\n    y\n  z"])
def test_what_is_no_python_is_compared_as_it_is(text: str):
    assert code_difference(text, text + "\nmore")[-1] == "+more"


def test_nothing_moves_the_cursor_of_a_terminal():
    found = code_difference("x = 1", "x = '\x1b[2J\x07'")
    assert all(line.isprintable() for line in found)


def test_nothing_but_another_docstring():
    # the digests say that something differs: then all of it is shown
    assert code_difference(OLD, OLD.replace("Scale the", "Scale")) != []
    assert code_difference(OLD, OLD) == []
