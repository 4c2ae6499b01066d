from __future__ import annotations

from tasks.framework.summaries import in_columns


def test_formulas_are_plain_and_long_names_go_on_in_another_line():
    long = " ".join(["word"] * 40)
    first, *rest, last = in_columns([(long, "2.5"), (r"$\langle\ln A\rangle$", r"1.0 $\pm$ 0.1")])
    assert first.endswith("  2.5")
    assert len(first) < 90
    assert [line[:2] for line in rest] == ["  "] * len(rest)
    assert " ".join([first.removesuffix("2.5"), *rest]).split() == long.split()
    # a thin space
    assert last == "⟨ln\u2009A⟩".ljust(len(first) - 5) + "  1.0 ± 0.1"


def test_nothing_is_nothing():
    assert list(in_columns([])) == []
