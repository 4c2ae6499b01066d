from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from analysis.studies.trigger.network.networks import NETWORK
from analysis.studies.trigger.network.settings import WindowSettings
from analysis.studies.trigger.study import study
from analysis.wiring import check_graph


def test_the_graph_holds() -> None:
    check_graph(study)


def test_triggers_are_judged_by_events_that_no_network_saw() -> None:
    learned = set(study.dataset_names(study.stage("training").datasets, ""))
    judged = set(study.dataset_names(study.stage("judged").datasets, ""))
    assert learned
    assert not learned & judged
    assert set(study.dataset_names(study.stage("variants").datasets, "")) == learned


def test_the_network_is_small() -> None:
    widths = (WindowSettings().bins, *NETWORK.build.settings.hidden, 1)
    assert sum(a * b + b for a, b in pairwise(widths)) <= 4389


def test_it_is_read_without_anything_heavy() -> None:
    code = (
        "import sys, analysis.studies.trigger.study\n"
        "print(*sorted({'jax', 'matplotlib', 'scipy', 'awkward', 'da4ml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_rates_of_an_independent_background_are_as_wanted() -> None:
    results = json.loads((Path(__file__).parents[4] / "docs" / "results" / "trigger.json").read_text())
    rates = {one["name"]: one["value"] for one in results["numbers"] if one["name"].startswith("rate_")}
    assert len(rates) == 4
    assert list(rates.values()) == pytest.approx([20.0] * 4, rel=0.1)
