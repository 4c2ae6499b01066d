"""The measurement with the real data, beside what the Observatory published."""

import copy
import json

import numpy as np
import pytest

from analysis.errors import FitError, StudyError
from analysis.results import Number, Table
from analysis.studies.airshower.composition.fit import fit
from analysis.studies.airshower.composition.settings import CompositionSettings
from analysis.studies.airshower.composition.workspace import build
from analysis.studies.airshower.published.composition import read_fractions_2014, read_log_mass
from analysis.studies.airshower.published.depth import read_distributions

pytestmark = pytest.mark.long

SETTINGS = CompositionSettings(toys=250)
MODELS = SETTINGS.models
PRIMARIES = ("proton", "helium", "nitrogen", "iron")


@pytest.fixture(scope="module")
def all_workspaces(published):
    return build(published, SETTINGS)


@pytest.fixture(scope="module")
def found(all_workspaces):
    return fit(all_workspaces, "observed", SETTINGS)


def columns(quantity):
    """Value (b,), statistical and total uncertainties (2, b)."""
    stat, syst = (np.array(quantity[part]).T for part in ("stat", "syst"))
    return np.array(quantity["value"]), stat, np.hypot(stat, syst)


@pytest.mark.parametrize("model", MODELS)
def test_fractions_agree_with_the_published_ones(found, published, model):
    """Every fraction: within the total uncertainties of both; nearly all: within the published one alone."""
    other = read_fractions_2014(published["composition2014"], model)
    own = [columns(found["models"][model]["fractions"][name]) for name in PRIMARIES]
    value = np.stack([v for v, _, _ in own])
    total = np.stack([t for _, _, t in own], axis=1)
    assert other.total is not None
    difference = value - other.fractions
    theirs = np.where(difference < 0, other.total[0], other.total[1])
    ours = np.where(difference < 0, total[1], total[0])
    # published with a resolution of 0.001
    assert (np.abs(difference) <= np.hypot(theirs, ours) + 1e-3).all()
    assert np.mean(np.abs(difference) <= theirs + 1e-3) > 0.9
    # the same data: much closer than two measurements would be
    assert np.mean((difference / np.maximum(np.hypot(theirs, ours), 0.01)) ** 2) < 0.1
    assert np.abs(difference).mean() < 0.04


@pytest.mark.parametrize("model", MODELS)
def test_uncertainties_are_of_the_published_size(found, published, model):
    other = read_fractions_2014(published["composition2014"], model)
    assert other.total is not None
    for place, name in enumerate(PRIMARIES):
        _, stat, total = columns(found["models"][model]["fractions"][name])
        for ours, theirs in ((stat, other.statistical[:, place]), (total, other.total[:, place])):
            clear = theirs.sum(axis=0) > 0.1
            if clear.sum() > 5:
                ratio = ours.sum(axis=0)[clear] / theirs.sum(axis=0)[clear]
                assert 0.75 < np.median(ratio) < 1.3


@pytest.mark.parametrize("model", MODELS)
def test_log_mass_agrees_with_that_from_the_moments(found, published, model):
    other = read_log_mass(published["lnA2014"], model)
    value, stat, total = columns(found["models"][model]["log_mass"]["mean"])
    difference = value - other.mean
    theirs = np.where(difference < 0, other.mean_systematic[0], other.mean_systematic[1])
    assert (np.abs(difference) < theirs).all()
    assert np.abs(difference).mean() < 0.25
    assert total.sum(axis=0) == pytest.approx(
        np.hypot(2 * other.mean_statistical, other.mean_systematic.sum(axis=0)), rel=0.5
    )
    assert stat.sum(axis=0)[:8] == pytest.approx(2 * other.mean_statistical[:8], rel=0.45)
    # variances of fractions are not negative, those from moments may be
    variance, _, uncertainty = columns(found["models"][model]["log_mass"]["variance"])
    assert (variance >= 0).all()
    possible = other.variance > 0
    allowed = np.hypot(other.variance_statistical, other.variance_systematic.mean(axis=0))
    assert (np.abs(variance - other.variance) < 2 * np.hypot(allowed, uncertainty.mean(axis=0)))[possible].all()


@pytest.mark.parametrize("model", MODELS)
def test_p_values_go_with_the_published_ones(found, published, model):
    goodness = found["models"][model]["goodness"]
    assert goodness["toys_converged"] == [250] * 18
    p_value = read_fractions_2014(published["composition2014"], model).p_value
    assert p_value is not None
    assert np.corrcoef(goodness["p_value"], p_value)[0, 1] > 0.9
    assert abs(np.mean(goodness["p_value"]) - p_value.mean()) < 0.1


def test_events_and_distributions_are_the_measured_ones(found, published):
    measured = read_distributions(published["xmax2014"])
    for result in found["models"].values():
        assert result["events"] == measured.counts.sum(axis=1).tolist()
        assert result["energy"]["low"] == measured.energy_edges[:-1].tolist()
        for shown in result["distribution"]:
            assert len(shown["depth"]) == len(shown["counts"]) + 1
            total = sum(sum(events) for events in shown["expected"].values())
            assert total == pytest.approx(sum(shown["counts"]), rel=1e-3)


def test_numbers_and_tables_can_be_read_back(found):
    stored = json.loads(json.dumps(found, allow_nan=False))
    numbers = [Number.from_json(number) for number in stored["numbers"]]
    assert len({number.name for number in numbers}) == len(numbers) == 3 * (3 * 2 + 1)
    assert {table.name for table in map(Table.from_json, stored["tables"])} == {
        "fractions_epos_lhc",
        "fractions_qgsjetii_04",
        "fractions_sibyll2_1",
        "log_mass",
    }
    one = next(n for n in numbers if n.name == "log_mass_epos_lhc_18p5")
    assert one.value == found["models"]["EPOS-LHC"]["log_mass"]["mean"]["value"][7]
    assert one.total[1] > one.stat[1] > 0  # type: ignore[index]
    assert len(found["headline"]) == 3 * (3 + 1)


def few(workspaces):
    """A copy with every fourth channel."""
    kept = copy.deepcopy(workspaces)
    for part in ("channels", "observations"):
        kept["EPOS-LHC"][part] = kept["EPOS-LHC"][part][::4]
    return kept


def test_blind_data_are_not_looked_at(workspaces):
    settings = CompositionSettings(models=("EPOS-LHC",), toys=50, highlights=(18.2,))
    workspaces, other = few(workspaces), few(workspaces)
    for entry in other["EPOS-LHC"]["observations"]:
        entry["data"] = [1.0] * len(entry["data"])
    blind = fit(workspaces, "asimov", settings)
    assert json.dumps(fit(other, "asimov", settings)) == json.dumps(blind)
    assert blind["data"] == "asimov"
    for fraction in blind["models"]["EPOS-LHC"]["fractions"].values():
        assert fraction["value"] == pytest.approx([0.25] * 5, abs=1e-4)
        assert np.array(fraction["stat"]).min() > 0.01
    assert min(blind["models"]["EPOS-LHC"]["goodness"]["p_value"]) == 1.0
    with pytest.raises(StudyError, match="no 'blinded' data"):
        fit(workspaces, "blinded", settings)


def test_a_fit_that_does_not_converge_names_its_channel(workspaces, epos):
    other = copy.deepcopy(workspaces)
    channel = other["EPOS-LHC"]["channels"][6]
    for sample in channel["samples"]:
        sample["data"][9] = 0.0
    with pytest.raises(FitError, match=f"EPOS-LHC {channel['name']}\n"):
        fit(other, "observed", epos)
