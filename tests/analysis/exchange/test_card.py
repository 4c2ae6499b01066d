from __future__ import annotations

import json

import pytest

from analysis.errors import DataError
from analysis.exchange.card import Described, read_card, unit_misfits

INPUTS = '"inputs": [{"name": "x", "shape": [2], "names": ["pt", "eta"], "units": %s}], "outputs": [{"name": "p"}]'


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ('["GeV", ""]', {"pt": "GeV", "eta": ""}),
        ('{"pt": "GeV"}', {"pt": "GeV"}),
        ('"GeV"', {"pt": "GeV", "eta": "GeV"}),
        ("null", {}),
    ],
)
def test_units_are_said_in_several_ways(units, expected, tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{" + INPUTS % units + "}")
    assert read_card(path).inputs["x"] == Described("x", (2,), ("pt", "eta"), expected)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.json", "{}"),
        ("config.json", "["),
        ("config.json", json.dumps({"inputs": [{}], "outputs": []})),
        ("config.json", "{" + INPUTS % '["GeV"]' + "}"),
        ("README.md", "# A network"),
        ("README.md", "---\n[\n---\n"),
    ],
)
def test_what_is_no_card_is_told(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=f"{name} of the published networks does not describe"):
        read_card(tmp_path / name)


def test_units_that_differ_or_are_not_known_are_told():
    said = Described("x", units={"pt": "GeV", "eta": "", "met": "GeV", "m": "GeV"})
    fields = {"pt": "pt_1", "eta": "eta_1", "met": "pt_met", "m": "m_1"}
    assert unit_misfits(said, fields, {"pt_1": "MeV", "m_1": "GeV"}) == [
        "'x' takes 'pt' in GeV; 'pt_1' is in MeV",
        "'x' takes 'met' in GeV; nothing says the unit of 'pt_met'",
    ]
