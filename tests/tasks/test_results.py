"""Every number of both studies, with all that they train, as it was when it was last looked at by a person.

``tests/data/results`` holds them. A number may change if it is meant to: then write it anew and say why in the commit.
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
from tests.tasks.conftest import copied
from tests.tasks.project import Project

pytestmark = pytest.mark.long

# relative; and in statistical uncertainties, a hundred times what other processors do (docs/reproducibility.md)
SAME, SAME_STATISTICAL = 1e-9, 1e-6


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
    files = project.store.glob(f"{study}/CollectResults/*/results.json")
    return json.loads(max(files, key=lambda path: path.stat().st_mtime).read_text())["numbers"]


def stored(repository: Path, name: str) -> list[dict[str, Any]]:
    return json.loads((repository / "tests" / "data" / "results" / f"{name}.json").read_text())


def test_airshower_with_few_events(author: Project, repository: Path, tmp_path: Path):
    # what no network decides is there already, and is not made again
    project = copied(author, tmp_path)
    project.law("run", "CollectResults", "--statistics", "small")
    expected = stored(repository, "airshower_small")
    assert len(expected) == 39
    trained = {one.numbers: one.size for one in airshower.tolerances}
    assert sum(one.tolerance in airshower.tolerances for one in expectations(expected, airshower.tolerances)) == 7
    assert differing(numbers(project, "airshower"), expected, trained) == []


def test_htautau(finished: Project, repository: Path):
    finished.law("run", "CollectResults")
    expected = stored(repository, "htautau")
    assert len(expected) == 16
    trained = dict.fromkeys(("auc_*", "*_scores"), DEFAULT.size)
    assert differing(numbers(finished, "htautau"), expected, trained) == []


def test_a_changed_digit_is_found(repository: Path):
    expected = stored(repository, "htautau")
    for row, one in enumerate(expected):
        other = [*expected[:row], {**one, "value": one["value"] * (1.0 + 1e-4) + 0.02 * max(one["stat"])}]
        assert [name for name, *_ in differing([*other, *expected[row + 1 :]], expected, {"auc_*": 0.01})] == [
            one["name"]
        ]
