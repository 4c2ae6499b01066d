from dataclasses import replace

import pytest

from analysis.errors import StudyError
from analysis.studies.airshower.composition.results import energy_bin, headline, numbers, tables
from analysis.studies.airshower.composition.settings import CompositionSettings

SETTINGS = CompositionSettings(models=("EPOS-LHC",), highlights=(18.5,))


def quantity(value):
    return {"value": [0.1, value], "stat": [[0.01, 0.02], [0.03, 0.04]], "syst": [[0.0, 0.1], [0.1, 0.2]]}


@pytest.fixture
def models():
    return {
        "EPOS-LHC": {
            "energy": {"low": [18.4, 18.5], "high": [18.5, 18.6]},
            "events": [1000.0, 800.0],
            "fractions": {"proton": quantity(0.4), "iron": quantity(0.6)},
            "log_mass": {"mean": quantity(1.5), "variance": quantity(0.5)},
            "goodness": {"p_value": [0.25, 0.75], "toys": 10},
        }
    }


def test_numbers_are_those_of_the_highlighted_bin(models):
    found = {number.name: number for number in numbers(models, SETTINGS, "observed")}
    assert set(found) == {"proton_fraction_epos_lhc_18p5", "log_mass_epos_lhc_18p5", "mean_p_value_epos_lhc"}
    proton = found["proton_fraction_epos_lhc_18p5"]
    assert (proton.value, proton.stat, proton.syst) == (0.4, (0.03, 0.04), (0.1, 0.2))
    assert found["mean_p_value_epos_lhc"].value == 0.5
    assert not any(number.note for number in found.values())


def test_without_data_numbers_say_so(models):
    assert all("no data" in number.note for number in numbers(models, SETTINGS, "asimov"))


def test_the_headline_has_values_with_both_uncertainties(models):
    assert headline(models, SETTINGS, "observed") == {
        "<ln A> at lg(E/eV) 18.5–18.6, EPOS-LHC": "1.50 −0.03 +0.04 (stat) −0.10 +0.20 (syst)",
        "mean p-value, EPOS-LHC": "0.50",
    }
    assert all(text.endswith(" (expected)") for text in headline(models, SETTINGS, "asimov").values())


def test_tables_have_a_row_for_each_energy_bin(models):
    fractions, log_mass = tables(models, "observed")
    assert fractions.axes[0].values == ((18.4, 18.5), (18.5, 18.6))
    assert [column.title for column in fractions.columns] == [
        "fraction of proton",
        "fraction of iron",
        "p-value",
        "events",
    ]
    assert fractions.columns[1].values == (0.1, 0.6)
    assert fractions.columns[1].errors["stat"] == ((0.01, 0.02), (0.03, 0.04))
    assert log_mass.columns[0].values == (0.1, 1.5)


def test_an_energy_without_a_bin_is_an_error(models):
    energy = models["EPOS-LHC"]["energy"]
    assert energy_bin(energy, 18.55) == 1
    with pytest.raises(StudyError, match=r"18\.6(.|\n)*from 18\.4 to 18\.6"):
        energy_bin(energy, 18.6)
    with pytest.raises(StudyError, match=r"lg\(E/eV\) = 21"):
        numbers(models, replace(SETTINGS, highlights=(21.0,)), "observed")
