import numpy as np
import pytest
from scipy import integrate

from analysis.errors import DataError
from analysis.studies.airshower.published.depth import (
    read_acceptance,
    read_distributions,
    read_moments,
    read_resolution,
    read_scale,
)

MOMENTS = [("xmax2014", "xmaxMoments.txt"), ("xmax2017", "xmaxMoments17.txt"), ("xmax2019", "xmaxMoments19.txt")]


@pytest.fixture
def files(published):
    return published["xmax2014"]


def test_there_are_19759_events_in_18_bins_of_energy(files):
    measured = read_distributions(files)
    assert measured.counts.shape == (18, 100)
    assert measured.counts.sum() == 19_759
    # as xmaxMoments.txt prints them
    assert measured.counts.sum(axis=1)[[0, 1, 16, 17]].tolist() == [3768, 3383, 40, 37]
    assert measured.energy_edges == pytest.approx([*np.arange(17.8, 19.55, 0.1), 20.0])
    assert measured.depth_edges == pytest.approx(np.arange(0, 2001, 20))
    # "deepest shower is at 1140 g/cm2" (example.C)
    deepest = np.flatnonzero(measured.counts.sum(axis=0)).max()
    assert measured.depth_edges[deepest] <= 1140 <= measured.depth_edges[deepest + 1]


def test_the_moments_are_those_of_the_paper(files):
    moments = read_moments(files, "xmaxMoments.txt")
    # the first bin of the published table: 709.9 +- 1.2 +7.6 -10.2 and 59.6 +- 1.7 +1.9 -1.7 g/cm2
    first = [moments.mean[0], moments.mean_statistical[0], *moments.mean_systematic[:, 0]]
    assert first == [709.9, 1.2, 10.2, 7.6]
    assert [moments.width[0], moments.width_statistical[0], *moments.width_systematic[:, 0]] == [59.6, 1.7, 1.7, 1.9]
    assert moments.events.sum() == 19_759


@pytest.mark.parametrize(
    ("publication", "name", "events", "last"),
    [(*MOMENTS[0], 19_759, 26.5), (*MOMENTS[1], 42_662, 24.15), (*MOMENTS[2], 38_100, 25.3)],
)
def test_all_three_measurements_are_read(published, publication, name, events, last):
    moments = read_moments(published[publication], name)
    assert moments.events.sum() == events
    assert moments.width[-1] == last
    assert np.all(np.diff(moments.log10_energy) > 0)
    assert np.all((moments.mean > 650) & (moments.mean < 800))


def test_the_moments_are_those_of_the_distributions_but_for_the_detector(files):
    measured, moments = read_distributions(files), read_moments(files, "xmaxMoments.txt")
    centres = (measured.depth_edges[1:] + measured.depth_edges[:-1]) / 2
    share = measured.counts / measured.counts.sum(axis=1, keepdims=True)
    mean = share @ centres
    width = np.sqrt(share @ centres**2 - mean**2)
    # acceptance shifts the mean by little; the resolution widens the distribution
    assert np.abs(mean - moments.mean).max() < 4
    folded = np.hypot(moments.width, read_resolution(files).width())
    assert np.abs(width - folded).max() < 10
    assert np.abs(width - folded)[:6].max() < 6


def test_the_resolution_is_normalised_and_as_wide_as_it_says(files):
    resolution = read_resolution(files)
    for shift in (-1.0, 0.0, 1.0):
        x = np.linspace(-300, 300, 6001)[:, np.newaxis]
        density = resolution.density(x, shift)
        assert density.shape == (6001, 18)
        assert integrate.simpson(density, x=x[:, 0], axis=0) == pytest.approx(np.ones(18), abs=1e-9)
        below = integrate.cumulative_simpson(density, x=x[:, 0], axis=0, initial=0.0)
        assert np.abs(below - resolution.cdf(x, shift)).max() < 1e-6
        variance = integrate.simpson(x**2 * density, x=x[:, 0], axis=0)
        assert np.sqrt(variance) == pytest.approx(resolution.width(shift), abs=1e-6)
    # PRD 90 (2014) 122005, on the resolution: 25 g/cm2 at 10^17.8 eV, 15 g/cm2 above 10^19.3 eV
    assert resolution.width()[0] == pytest.approx(25, abs=0.5)
    assert resolution.width()[-1] == pytest.approx(15, abs=0.5)


def test_the_acceptance_is_one_between_its_limits_and_falls_beyond(files):
    acceptance = read_acceptance(files)
    low, high = acceptance.limits
    assert acceptance.efficiency((low + high) / 2).tolist() == [1.0] * 18
    assert acceptance.efficiency(low - acceptance.tails[0]) == pytest.approx(np.exp(-1) * np.ones(18))
    assert acceptance.efficiency(high + 2 * acceptance.tails[1]) == pytest.approx(np.exp(-2) * np.ones(18))
    depths = np.linspace(300, 1400, 45)[:, np.newaxis]
    narrow, nominal, wide = (acceptance.efficiency(depths, shift) for shift in (-1.0, 0.0, 1.0))
    assert nominal.shape == (45, 18)
    assert np.all((narrow <= nominal) & (nominal <= wide))
    assert np.any(narrow < wide)


def test_the_scale_has_uncertainties_both_ways_and_correlations(files):
    scale = read_scale(files)
    assert scale.systematic[:, 0].tolist() == [10.14, 7.52]
    assert scale.correlation.shape == (2, 18, 18)
    assert scale.correlation[:, 0, 17].tolist() == [0.698, 0.620]
    assert np.linalg.eigvalsh(scale.correlation).min() > -0.01


@pytest.mark.parametrize(
    ("reader", "name", "line", "word", "to", "fault"),
    [
        (read_distributions, "xmaxHistograms.txt", 0, "576", "577", "do not add up"),
        (read_distributions, "xmaxHistograms.txt", 1, " 17.9", " 17.8", "do not follow one another"),
        (read_distributions, "xmaxHistograms.txt", 0, "2000.0", "2100.0", "same bins of depth"),
        (read_distributions, "xmaxHistograms.txt", 0, "576", "", "is no table"),
        (read_resolution, "resolution.txt", 1, " 0 ", " 7 ", "do not follow one another"),
        (read_scale, "xmaxSystematics.txt", 1, "-1.014", "+1.014", "wrong sign"),
        (read_scale, "correlationSysPlus.txt", 0, "0.998", "0.898", "no matrix of correlations"),
        (read_acceptance, "acceptance.txt", 1, "5.861e+02", "inf", "not finite"),
        (lambda f: read_moments(f, "xmaxMoments.txt"), "xmaxMoments.txt", 0, "meanXmax ", "mean ", "no column 'meanX"),
        (lambda f: read_moments(f, "xmaxMoments.txt"), "xmaxMoments.txt", 1, "-10.2", "10.2", "wrong sign"),
    ],
)
def test_damaged_numbers_are_refused(files, tmp_path, reader, name, line, word, to, fault):
    lines = files[name].read_text().splitlines()
    assert word in lines[line]
    lines[line] = lines[line].replace(word, to, 1)
    damaged = tmp_path / name
    damaged.write_text("\n".join(lines))
    with pytest.raises(DataError, match=fault) as refused:
        reader({**files, name: damaged})
    assert str(damaged) in str(refused.value)


def test_a_file_that_is_not_among_them_is_named(files):
    with pytest.raises(DataError, match=r"resolution\.txt .* cannot be read"):
        read_resolution({name: path for name, path in files.items() if name != "resolution.txt"})
