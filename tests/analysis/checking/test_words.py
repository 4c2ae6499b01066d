from __future__ import annotations

import awkward as ak

from analysis.checking.words import describe, name_differences


def test_values_in_words() -> None:
    assert describe(ak.Array([{"x": 1}])) == "an awkward array of the type 1 * {x: int64}"
    assert describe(ak.Array([{"x": 1}])[0]) == "an awkward record of the type {x: int64}"
    assert describe(ak.Array([dict.fromkeys("abcdefghijklmnopq", 1)])).endswith("...")
    assert describe({}) == "an empty dict"
    assert describe("x" * 100).startswith("the str 'xxx")
    assert len(describe("x" * 100)) < 80
    assert describe(ValueError()) == "a ValueError"
    assert describe(AttributeError()) == "an AttributeError"


def test_names_that_agree() -> None:
    assert name_differences("ab", "ba") == []
    assert name_differences("abc", "") == ["'a', 'b', 'c' are made and not declared"]
