from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyhf
import pytest

from analysis.errors import StudyError
from analysis.inference.schema import check_schema

WORKSPACE = json.loads((Path(__file__).parent / "workspaces" / "all_modifiers.json").read_text())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything in a document."""
    if path:
        yield path
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(one, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def is_valid(workspace: dict[str, Any]) -> bool:
    try:
        check_schema(workspace)
    except StudyError:
        return False
    return True


def is_valid_for_pyhf(workspace: dict[str, Any]) -> bool:
    try:
        pyhf.schema.validate(workspace, "workspace.json")
    except pyhf.exceptions.InvalidSpecification:
        return False
    return True


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")
def test_whatever_is_changed_pyhf_says_the_same():
    everywhere = list(places(WORKSPACE))[::-3]
    assert len(everywhere) > 60
    others: Iterator[Any] = itertools.cycle((1, "lumi", None, [], True, "x", {}))
    said = []
    for path, other in zip(everywhere, others, strict=False):
        changed = copy.deepcopy(WORKSPACE)
        at(changed, path[:-1])[path[-1]] = other
        said.append(is_valid(changed))
        assert said[-1] == is_valid_for_pyhf(changed), (path, other)
    assert {*said} == {True, False}


def test_one_wrong_entry_among_many_is_found():
    workspace = copy.deepcopy(WORKSPACE)
    sample = workspace["channels"][-1]["samples"][-1]
    sample["data"] = [1.0] * 300
    check_schema(workspace)
    for wrong in ("1", None, [1.0]):
        sample["data"][271] = wrong
        with pytest.raises(StudyError, match=r"/data/271: .* is not of type 'number'"):
            check_schema(workspace)


def test_arrays_are_lists_of_numbers():
    workspace = copy.deepcopy(WORKSPACE)
    workspace["observations"][0]["data"] = np.array([1.0, 2.0])
    check_schema(workspace)
