from __future__ import annotations

import json

import pytest

from analysis.errors import DataError
from analysis.exchange.card import read_card, unit_misfits
from analysis.exchange.description import Tensor

BOMB = "\n".join(["a0: &a0 [x, x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10))])
INPUTS = '"inputs": [{"name": "x", "shape": [2], "names": ["pt", "eta"], "units": %s}], "outputs": [{"name": "p"}]'


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ('["GeV", null]', {"pt": "GeV", "eta": ""}),
        ('{"pt": "GeV"}', {"pt": "GeV"}),
        ('"GeV"', {"pt": "GeV", "eta": "GeV"}),
        ("null", {}),
    ],
)
def test_units_are_said_in_several_ways(units, expected, tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{" + INPUTS % units + "}")
    card = read_card(path)
    assert card.inputs == (Tensor("x", (2,), names=("pt", "eta"), units=expected),)
    assert (card.outputs, card.name, card.version, card.folds) == ((Tensor("p"),), "", 0, 0)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("config.json", "{}", "inputs is None, not a list"),
        ("config.json", "[", "is no JSON"),
        ("config.json", json.dumps({"inputs": [{}], "outputs": []}), r"name of inputs\[0\] is None"),
        ("config.json", "{" + INPUTS % '["GeV"]' + "}", r"units of inputs\[0\] is \['GeV'\], not 2 of them"),
        ("config.json", "{" + INPUTS % '{"mass": "GeV"}' + "}", r"is \['mass'\], not of its names"),
        ("README.md", "# A network", "inputs is None"),
        ("README.md", "---\n[\n---\n", "a front matter that is no YAML"),
        # nothing writes out what aliases fold up
        ("README.md", f"---\n{BOMB}\ninputs: [*a9]\n---\n", "not an object of names and values"),
    ],
)
def test_what_is_no_card_is_told(name, text, message, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=f"the published networks' {name}:? .*{message}"):
        read_card(tmp_path / name)


def test_units_that_differ_or_are_not_known_are_told():
    said = Tensor("x", units={"pt": "GeV", "eta": "", "met": "GeV", "m": "GeV"})
    fields = {"pt": "pt_1", "eta": "eta_1", "met": "pt_met", "m": "m_1"}
    assert unit_misfits(said, fields, {"pt_1": "MeV", "m_1": "GeV"}) == [
        "'x' takes 'pt' in GeV; 'pt_1' is in MeV",
        "'x' takes 'met' in GeV; nothing says the unit of 'pt_met'",
    ]
