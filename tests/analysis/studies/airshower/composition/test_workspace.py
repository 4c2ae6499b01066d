import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyhf
import pytest

from analysis.errors import StudyError
from analysis.studies.airshower.composition.workspace import NUISANCES, build, channel_bins
from analysis.studies.airshower.published.depth import read_acceptance, read_distributions, read_resolution, read_scale


def centres(channel):
    first, last = channel_bins(channel["name"]).depth
    return np.arange(first + 10, last, 20)


def modified(sample, name):
    data = next(m["data"] for m in sample["modifiers"] if m["name"] == name)
    return np.array(data["lo_data"]), np.array(data["hi_data"])


# pyhf 0.7 validates with it
@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated:DeprecationWarning")
def test_pyhf_reads_it(workspaces, tmp_path):
    pyhf.schema.validate(workspaces["EPOS-LHC"], "workspace.json")
    path = tmp_path / "EPOS-LHC.json"
    path.write_text(json.dumps(workspaces["EPOS-LHC"]))
    shown = subprocess.run(
        [sys.executable, "-c", "from pyhf.cli import cli; cli()", "inspect", str(path)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "channels  18" in shown
    assert "samples  4" in shown
    assert "parameters  75" in shown


def test_observations_are_the_measured_counts(workspaces, published):
    measured = read_distributions(published["xmax2014"])
    edges = measured.depth_edges.tolist()
    for entry, counts in zip(workspaces["EPOS-LHC"]["observations"], measured.counts, strict=True):
        first, last = (edges.index(edge) for edge in channel_bins(entry["name"]).depth)
        assert entry["data"] == counts[first:last].tolist()
        # nothing is left out
        assert sum(entry["data"]) == counts.sum()


def test_a_template_holds_all_events_but_for_its_last_ends(workspaces):
    workspace = workspaces["EPOS-LHC"]
    for channel, observation in zip(workspace["channels"], workspace["observations"], strict=True):
        for sample in channel["samples"]:
            assert sum(sample["data"]) == pytest.approx(sum(observation["data"]), abs=0.05)
            for nuisance in NUISANCES:
                for side in modified(sample, nuisance):
                    assert side.min() >= 0
                    assert side.sum() == pytest.approx(sum(sample["data"]), abs=0.2)


def test_the_scale_moves_templates_by_its_uncertainty_against_its_sign(workspaces, published):
    down, up = read_scale(published["xmax2014"]).systematic
    for index, channel in enumerate(workspaces["EPOS-LHC"]["channels"]):
        iron = channel["samples"][3]
        mean = np.average(centres(channel), weights=iron["data"])
        lower, upper = (np.average(centres(channel), weights=side) for side in modified(iron, "xmax_scale"))
        # depths that are really deeper are measured too shallow
        assert mean - upper == pytest.approx(up[index], abs=0.15)
        assert lower - mean == pytest.approx(down[index], abs=0.15)


def test_a_worse_resolution_widens_templates_by_its_uncertainty(workspaces, published):
    resolution = read_resolution(published["xmax2014"])
    for index, channel in enumerate(workspaces["EPOS-LHC"]["channels"]):
        at = centres(channel)
        low, high = (
            np.average(at**2, weights=side) - np.average(at, weights=side) ** 2
            for side in modified(channel["samples"][3], "xmax_resolution")
        )
        expected = resolution.width(1.0)[index] ** 2 - resolution.width(-1.0)[index] ** 2
        assert high - low == pytest.approx(expected, rel=0.05)


def test_a_wider_acceptance_leaves_more_deep_showers(workspaces, published):
    assert (read_acceptance(published["xmax2014"]).limits_uncertainty > 0).all()
    for channel in workspaces["EPOS-LHC"]["channels"]:
        proton = channel["samples"][0]
        lower, upper = modified(proton, "xmax_acceptance")
        deep = centres(channel) > 900
        assert upper[deep].sum() > sum(np.array(proton["data"])[deep]) > lower[deep].sum()


def test_bins_without_events_or_expectation_are_left_out(published, epos, workspaces):
    few = build(published, replace(epos, least_expected=1e9))["EPOS-LHC"]
    for tight, wide in zip(few["observations"], workspaces["EPOS-LHC"]["observations"], strict=True):
        assert tight["data"][0] > 0
        assert tight["data"][-1] > 0
        assert len(tight["data"]) < len(wide["data"])


def test_errors_say_what_to_do(published, epos):
    with pytest.raises(StudyError, match=r"'xmax2030'(.|\n)*use one of: xmax2014"):
        build(published, replace(epos, publication="xmax2030"))
    with pytest.raises(StudyError, match=r"'DPMJet'(.|\n)*EPOS-LHC"):
        build(published, replace(epos, models=("DPMJet",)))
    with pytest.raises(StudyError, match="signal_region"):
        channel_bins("signal_region")
