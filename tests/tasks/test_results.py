"""Every number of both studies, with all that they train, as it was when it was last looked at by a person.

``docs/results`` holds those of the default settings, which README and docs show; ``tests/data/results`` those of few
showers, and of few and small networks. A number may change if it is meant to: then write it anew (python docs/fill.py
--make) and say why in the commit and in docs/changes.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from analysis.preservation.expectations import DEFAULT, expectations
from analysis.studies.airshower.study import study as airshower
from tests.tasks.project import Project, newest

pytestmark = pytest.mark.long

# relative; and in statistical uncertainties, a hundred times what other processors do (docs/reproducibility.md)
SAME, SAME_STATISTICAL = 1e-9, 1e-6
# names of numbers of airshower that are fitted to published data
FITTED = ("proton_fraction_", "log_mass_", "mean_p_value_")
# those of htautau that networks decide, with how far they may be away
TRAINED = dict.fromkeys(("auc_*", "overtraining_*", "*_scores", "*_scores_training"), DEFAULT.size)


def differing(
    found: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]], trained: Mapping[str, float]
) -> list[tuple[Any, ...]]:
    """Numbers that are not the expected ones.

    Args:
        found: numbers of a run.
        expected: as they were.
        trained: patterns of the names of numbers that a training decides, with how far they may be away on other
            processors, in statistical uncertainties.
    """
    named = {one["name"]: one for one in found}
    assert len(named) == len(found)
    assert named.keys() == {one["name"] for one in expected}
    wrong = []
    for before in expected:
        now = named[before["name"]]
        size = max(before["stat"] or (0.0,))
        sizes = [allowed for pattern, allowed in trained.items() if fnmatchcase(before["name"], pattern)]
        parts = [(now["value"], before["value"])]
        for kind in ("stat", "syst"):
            assert (now[kind] is None) == (before[kind] is None), before["name"]
            parts += zip(now[kind] or (), before[kind] or (), strict=True)
        for one, other in parts:
            allowed = max(SAME * abs(other), (sizes[0] if sizes else SAME_STATISTICAL) * size)
            if abs(one - other) > allowed:
                wrong.append((before["name"], one, other, allowed))
    return wrong


def numbers(project: Project, study: str) -> list[dict[str, Any]]:
    """Those of the newest run."""
    return json.loads(newest(project, f"{study}/CollectResults/*/results.json").read_text())["numbers"]


def stored(repository: Path, name: str) -> list[dict[str, Any]]:
    return json.loads((repository / "tests" / "data" / "results" / f"{name}.json").read_text())


def published(repository: Path, study: str) -> list[dict[str, Any]]:
    """Those of the default settings, which the pages show."""
    return json.loads((repository / "docs" / "results" / f"{study}.json").read_text())["numbers"]


def test_airshower_with_few_events(showers: Project, repository: Path):
    expected = stored(repository, "airshower_small")
    assert len(expected) == 50
    trained = {one.numbers: one.size for one in airshower.tolerances}
    assert sum(one.tolerance in airshower.tolerances for one in expectations(expected, airshower.tolerances)) == 18
    found = numbers(showers, "airshower")
    assert differing(found, expected, trained) == []
    # what is fitted to published data does not depend on how many showers are simulated
    fitted = [one for one in published(repository, "airshower") if one["name"].startswith(FITTED)]
    assert len(fitted) == 21
    assert differing([one for one in found if one["name"].startswith(FITTED)], fitted, {}) == []


def test_htautau_with_few_networks(collisions: Project, repository: Path):
    found, expected = numbers(collisions, "htautau"), stored(repository, "htautau_quick")
    assert differing(found, expected, TRAINED) == []
    # those that no network decides are the published ones
    untrained = [one for one in found if not any(fnmatchcase(one["name"], pattern) for pattern in TRAINED)]
    assert len(untrained) == 14
    shown = [one for one in published(repository, "htautau") if one["name"] in {one["name"] for one in untrained}]
    assert differing(untrained, shown, {}) == []


@pytest.mark.release
def test_htautau(finished: Project, repository: Path):
    finished.law("run", "CollectResults")
    expected = published(repository, "htautau")
    assert len(expected) == 28
    assert differing(numbers(finished, "htautau"), expected, TRAINED) == []


def test_the_fits_of_parts_of_the_data_stand_beside(finished: Project):
    (place,) = finished.store.glob("htautau/CollectResults/2012BC-*")
    found = json.loads((place / "results.json").read_text())
    table = found["tables"][0]
    assert table["name"] == "campaigns_fit"
    assert [axis["values"] for axis in table["axes"]] == [["2012BC", "2012B", "2012C"], [1.1467, 0.4412, 0.7055]]
    fits = {
        path.parent.name.rpartition("-")[0]: path for path in finished.store.glob("htautau/FitMeasurement/*/fit.json")
    }
    for row, name in enumerate(("2012BC", "2012B", "2012C")):
        measured = [one["value"] for one in json.loads(fits[name].read_text())["numbers"]]
        assert [column["values"][row] for column in table["columns"]] == measured
        # two strengths of two workspaces, and what the training of networks adds to those by scores
        assert len(measured) == 6
    # networks and simulated events are those of the whole
    assert len(list(finished.store.glob("htautau/TrainModel/*"))) == 1


def test_a_changed_digit_is_found(repository: Path):
    expected = published(repository, "htautau")
    for row, one in enumerate(expected):
        other = [*expected[:row], {**one, "value": one["value"] * (1.0 + 1e-4) + 0.02 * max(one["stat"])}]
        assert [name for name, *_ in differing([*other, *expected[row + 1 :]], expected, {"auc_*": 0.01})] == [
            one["name"]
        ]
