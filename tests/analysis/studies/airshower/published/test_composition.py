import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.studies.airshower.published.composition import (
    read_fractions_2014,
    read_fractions_2017,
    read_log_mass,
)
from analysis.studies.airshower.published.depth import read_moments
from analysis.studies.airshower.published.literals import AUGER, literal

MODELS = ["EPOS-LHC", "QGSJetII-04", "Sibyll2.1"]


@pytest.mark.parametrize("model", MODELS)
def test_fractions_of_2014(published, model):
    fractions = read_fractions_2014(published["composition2014"], model)
    assert fractions.fractions.shape == (4, 18)
    assert fractions.fractions.sum(axis=0) == pytest.approx(np.ones(18), abs=1e-3)
    assert fractions.log10_energy[[0, -1]] == pytest.approx([17.85, 19.62], abs=0.001)
    assert fractions.total is not None
    # the printed ends of intervals are rounded
    assert np.all(fractions.total >= fractions.statistical - 1e-3)
    assert np.all(fractions.statistical >= 0)
    assert fractions.p_value is not None
    assert np.all((fractions.p_value >= 0) & (fractions.p_value <= 1))
    assert fractions.systematic is None


def test_numbers_of_2014(published):
    # the file's own row: protons 0.4936, 0.4517 to 0.5301 (statistical), 0.3920 to 0.5729 (total); p-value 0.7692
    fractions = read_fractions_2014(published["composition2014"], "EPOS-LHC")
    assert fractions.total is not None
    assert fractions.p_value is not None
    assert fractions.fractions[:, 0].tolist() == [0.4936, 0.0803, 0.3610, 0.0651]
    assert fractions.statistical[:, 0, 0] == pytest.approx([0.4936 - 0.4517, 0.5301 - 0.4936])
    assert fractions.total[:, 0, 0] == pytest.approx([0.4936 - 0.3920, 0.5729 - 0.4936])
    assert fractions.p_value[0] == 0.7692


@pytest.mark.parametrize("model", ["EPOS-LHC", "QGSJetII-04", "Sibyll2.3"])
def test_fractions_of_2017(published, model):
    fractions = read_fractions_2017(published["composition2017"], model)
    assert fractions.fractions.shape == (4, 24)
    assert fractions.fractions.sum(axis=0) == pytest.approx(np.ones(24), abs=2e-3)
    assert fractions.log10_energy[[0, -1]].tolist() == [17.256, 19.626]
    assert fractions.systematic is not None
    assert fractions.statistical.shape == fractions.systematic.shape == (2, 4, 24)
    assert fractions.total is None
    assert fractions.p_value is None


def test_numbers_of_2017(published):
    # columns 1 to 11 and 22 to 26 of the first row
    epos = read_fractions_2017(published["composition2017"], "EPOS-LHC")
    assert epos.systematic is not None
    assert epos.fractions[:2, 0].tolist() == [0.266, 0.227]
    assert epos.statistical[:, 0, 0].tolist() == [0.118, 0.092]
    assert epos.systematic[:, 1, 0].tolist() == [0.054, 0.139]
    qgsjet = read_fractions_2017(published["composition2017"], "QGSJetII-04")
    assert qgsjet.fractions[0, 0] == 0.304


@pytest.mark.parametrize("model", MODELS)
def test_the_logarithmic_mass_follows_from_the_depth(published, model):
    log_mass = read_log_mass(published["lnA2014"], model)
    moments = read_moments(published["xmax2014"], "xmaxMoments.txt")
    # JCAP 02 (2013) 026, equation 2.6: <ln A> = (<X_max> - <X_max> of protons) / f_E
    x0, d, xi, delta = literal(AUGER, "DXMAX_PARAMS")[model][:4]
    energy = moments.log10_energy - 19
    expected = (moments.mean - x0 - d * energy) / (xi - d / np.log(10) + delta * energy)
    assert log_mass.mean == pytest.approx(expected, abs=0.03)
    assert log_mass.mean_systematic.min() > 0
    assert log_mass.variance_systematic.min() > 0


def test_numbers_of_the_logarithmic_mass(published):
    log_mass = read_log_mass(published["lnA2014"], "EPOS-LHC")
    assert [log_mass.mean[0], log_mass.mean_statistical[0]] == [1.29526, 0.05905]
    assert log_mass.mean_systematic[:, 0] == pytest.approx([1.29526 - 0.9607, 1.7271 - 1.29526])
    assert [log_mass.variance[0], log_mass.variance_statistical[0]] == [1.9803, 0.3613]


@pytest.mark.parametrize(
    ("reader", "publication"),
    [
        (read_fractions_2014, "composition2014"),
        (read_fractions_2017, "composition2017"),
        (read_log_mass, "lnA2014"),
    ],
)
def test_an_unpublished_model_lists_the_published_ones(published, reader, publication):
    with pytest.raises(StudyError, match=r"'EPOS1\.99'.*\n.*EPOS-LHC, QGSJetII-04, Sibyll2"):
        reader(published[publication], "EPOS1.99")


@pytest.mark.parametrize(
    ("reader", "publication", "name", "word", "to", "fault"),
    [
        (read_fractions_2014, "composition2014", "comp-eps-4-tot.dat", "0.4936", "0.5136", "do not add up to one"),
        (read_fractions_2014, "composition2014", "comp-eps-4-tot.dat", "0.4517", "0.5017", "do not hold their"),
        (read_fractions_2014, "composition2014", "comp-eps-4-tot.dat", "7.079E+17", "", "is no table"),
        (read_fractions_2017, "composition2017", "comp_all_2017.dat", "\t0.266", "\t0.366", "do not add up to one"),
        (read_fractions_2017, "composition2017", "comp_all_2017.dat", "\t0.118", "\t-0.118", "negative"),
        (read_log_mass, "lnA2014", "lnA_EPOS-LHC.txt", "0.05905", "-0.05905", "wrong sign"),
        (read_log_mass, "lnA2014", "lnA_EPOS-LHC.txt", "vlnAstat", "stat", "no column 'vlnAstat'"),
    ],
)
def test_damaged_numbers_are_refused(published, tmp_path, reader, publication, name, word, to, fault):
    content = published[publication][name].read_text()
    assert word in content
    damaged = tmp_path / name
    damaged.write_text(content.replace(word, to, 1))
    with pytest.raises(DataError, match=fault) as refused:
        reader({name: damaged}, "EPOS-LHC")
    assert str(damaged) in str(refused.value)
