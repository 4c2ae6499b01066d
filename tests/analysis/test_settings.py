"""Sections of settings, taken out of a file."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from analysis.settings import sections_of


def test_only_the_named_sections_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "law_user.cfg"
    file.write_text("[studies]\nMine\nRate: 5 %\n[site_a]\nlines:\n  one\n  two\n[site_b]\n[secret]\nkey: 1\n")
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(sections_of(file, ("studies", "site_")))
    assert {name: dict(parser[name]) for name in parser.sections()} == {
        "studies": {"Mine": None, "Rate": "5 %"},
        "site_a": {"lines": "\none\ntwo"},
        "site_b": {},
    }


def test_nothing_is_an_empty_text_and_no_settings_an_error(tmp_path: Path) -> None:
    file = tmp_path / "law_user.cfg"
    assert sections_of(file, ("site_",)) == ""
    file.write_text("[other]\n")
    assert sections_of(file, ("site_",)) == ""
    file.write_text("what?\n")
    with pytest.raises(configparser.Error):
        sections_of(file, ("site_",))
