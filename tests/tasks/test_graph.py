"""The graph as a user meets it: its tree, its help, its summary, its speed of decision."""

from __future__ import annotations

import json

import pytest

from tests.tasks.project import QUICK, Project, made


@pytest.mark.long
def test_summary_names_metrics_and_places(trained: Project):
    output = trained.law("run", "TrainModel", *QUICK)
    assert made(output) == []
    assert "validation auc" in output
    assert "validation cross_entropy" in output
    assert f"{trained.store}/htautau/TrainModel/dense-" in output


def test_tree_from_raw_data_down(trained: Project):
    output = trained.law("run", "TrainModel", *QUICK, "--print-status", "-1")
    families = ["TrainModel", "PrepareTraining", "ReconstructEvents", "CalibrateEvents", "FetchData"]
    positions = [output.index(f"> {family}(") for family in families]
    assert positions == sorted(positions)
    assert "> DeriveCalibration(" in output
    assert "absent" not in output
    assert output.count("> PrepareTraining(") == output.count("> CalibrateEvents(") == 1
    assert "existent (7/7)" in output


def test_manifest_identifies_the_result(trained: Project):
    (path,) = (trained.store / "htautau/TrainModel").glob("*/manifest.json")
    manifest = json.loads(path.read_text())
    assert path.parent.name.endswith(manifest["record"]["key"])
    assert {item["role"] for item in manifest["inputs"]} >= {"DYJetsToLL", "TTbar"}
    assert manifest["seeds"]["training"] == manifest["parts"]["configuration"]["training"]["seed"]
    assert manifest["parts"]["configuration"]["training"]["epochs"] == 2
    assert manifest["software"]["packages"]["jax"]
    assert manifest["made"]["peak_memory_bytes"] > 1e8
    assert manifest["made"]["seconds"] > 0
    assert str(trained.folder) not in path.read_text()


def test_workflow_of_10000_branches_costs_one_computation_and_one_listing(trained: Project):
    code = """
import tasks.framework.record_task as record_task
from analysis.provenance.local_store import LocalStore
from tasks.calibration import CalibrateEvents

counts = {"key": 0, "listing": 0}
fingerprint, listing = record_task.method_fingerprint, LocalStore.listing
def counting_fingerprint(cls, *arguments):
    # what loads records counts, too
    counts["key"] += cls is CalibrateEvents and arguments[0] == "run"
    return fingerprint(cls, *arguments)
def counting_listing(store, place):
    counts["listing"] += 1
    return listing(store, place)
record_task.method_fingerprint, LocalStore.listing = counting_fingerprint, counting_listing
workflow = CalibrateEvents(datasets=("Run2012B",), chunk_events=1)
assert len(workflow.branch_map) == 13572
assert not workflow.complete()
places = {workflow.req_branch(branch).place("Run2012B") for branch in range(0, 13572, 500)}
assert len(places) == 1
print(counts["key"], counts["listing"])
"""
    assert trained.python(code).split() == ["1", "1"]


def test_help_and_index_load_nothing_heavy(trained: Project):
    code = """
import sys
import tasks.calibration, tasks.data, tasks.evaluation, tasks.plots, tasks.reconstruction, tasks.training
from tasks.training import TrainModel
TrainModel().complete()
heavy = {"jax", "flax", "optax", "awkward", "uproot", "matplotlib", "numpy", "pyarrow", "scipy", "rich", "pandas"}
print(sorted(heavy & sys.modules.keys()))
"""
    assert trained.python(code).strip() == "[]"


@pytest.mark.long
def test_removing_an_output_makes_it_again(rerun: Project):
    rerun.law("run", "TrainModel", *QUICK, "--remove-output", "0,a")
    assert made(rerun.law("run", "TrainModel", *QUICK)) == ["TrainModel"]


def test_help_names_each_parameter_once(trained: Project):
    output = trained.law("run", "CalibrateEvents", "--help")
    lines = output.splitlines()
    assert "Read raw events and apply the corrections." in output
    flags = ("--study", "--campaign", "--datasets", "--chunk-events", "--print-status", "--branch", "--workers")
    for flag in (*flags, "--stage", "--set"):
        assert sum(line.split()[:1] == [flag] for line in lines) == 1, output
    assert len(lines) < 70
    assert "--CalibrateEvents-study" in trained.law("run", "CalibrateEvents", "--help-all")
