"""Workspaces from files, with patches and patch sets."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pyhf
import pytest

from analysis.errors import StudyError
from analysis.inference.workspace_files import read_workspace_file
from tests.analysis.inference.conftest import read

# of a workspace whose first channel is the control region
SIGNAL = [{"op": "add", "path": "/channels/0/samples/-", "value": {"name": "new", "data": [3.0], "modifiers": []}}]


@pytest.fixture
def background(tmp_path: Path) -> Path:
    return written(tmp_path / "background.json", two_bins())


def two_bins() -> dict[str, Any]:
    """A workspace of one bin and two measurements."""
    samples = [{"name": "b", "data": [10.0], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]}]
    return {
        "channels": [{"name": "region", "samples": samples}],
        "observations": [{"name": "region", "data": [12]}],
        "measurements": [{"name": name, "config": {"poi": "mu", "parameters": []}} for name in ("first", "second")],
        "version": "1.0.0",
    }


def patch_set(workspace: dict[str, Any], *names: str) -> dict[str, Any]:
    patches = [{"metadata": {"name": name, "values": [n]}, "patch": SIGNAL} for n, name in enumerate(names)]
    digests = {"sha256": pyhf.utils.digest(workspace)}
    metadata = {"references": {"hepdata": "ins1234567"}, "description": "d", "labels": ["m"], "digests": digests}
    return {"metadata": metadata, "patches": patches, "version": "1.0.0"}


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def samples(workspace: dict[str, Any]) -> list[str]:
    return [sample["name"] for sample in workspace["channels"][0]["samples"]]


def test_a_patch_is_applied(background: Path, tmp_path: Path):
    assert samples(read_workspace_file(background)) == ["b"]
    patch = written(tmp_path / "patch.json", SIGNAL)
    assert samples(read_workspace_file(background, patch)) == ["b", "new"]


def test_one_patch_of_a_set_is_applied_as_pyhf_does(background: Path, tmp_path: Path):
    content = patch_set(two_bins(), "m_100", "m_200")
    found = read_workspace_file(background, written(tmp_path / "set.json", content), "m_200")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        theirs = pyhf.PatchSet(content).apply(pyhf.Workspace(two_bins()), "m_200")
    assert found["channels"] == theirs["channels"]
    # of a set of one, it need not be named
    alone = written(tmp_path / "one.json", patch_set(two_bins(), "m_100"))
    assert samples(read_workspace_file(background, alone)) == ["b", "new"]


def test_a_measurement_is_chosen(background: Path):
    assert [one["name"] for one in read_workspace_file(background)["measurements"]] == ["first"]
    second = read_workspace_file(background, measurement="second")
    assert [one["name"] for one in second["measurements"]] == ["second"]
    with pytest.raises(StudyError, match=r"no measurement 'secnd'; did you mean 'second'\?"):
        read_workspace_file(background, measurement="secnd")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no JSON: Expecting property name"),
        ("", "is no JSON: Expecting value"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is no HistFactory workspace: it has no list 'measurements'"),
        ('{"measurements": 3}', "is no HistFactory workspace"),
        ('{"measurements": []}', "has no measurement"),
    ],
)
def test_files_that_are_no_workspaces(tmp_path: Path, content: str, said: str):
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(StudyError, match=said) as error:
        read_workspace_file(file)
    assert str(file) in str(error.value)
    assert error.value.cure


def test_files_that_cannot_be_read(tmp_path: Path, background: Path):
    with pytest.raises(StudyError, match=r"there is no workspace .*nothing\.json"):
        read_workspace_file(tmp_path / "nothing.json")
    with pytest.raises(StudyError, match=r"there is no patch .*nothing\.json"):
        read_workspace_file(background, tmp_path / "nothing.json")
    with pytest.raises(StudyError, match="cannot be read: Is a directory"):
        read_workspace_file(tmp_path)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(StudyError, match="it is no text in UTF-8"):
        read_workspace_file(tmp_path / "bytes.json")


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ({}, "", "is no patch: it is neither a list of operations nor a patch set"),
        (3, "", "is no patch"),
        (SIGNAL, "m_100", "is one patch and no set, so 'm_100' is not in it"),
        ([3], "", "does not fit the workspace"),
        ([{"op": "add"}], "", "does not fit the workspace"),
        ([{"op": "replace", "path": "/channels/7/name", "value": "x"}], "", "does not fit the workspace"),
        ([{"op": "replace", "path": "no pointer", "value": "x"}], "", "does not fit the workspace"),
        ([{"op": "remove", "path": "/measurements"}], "", "leaves no measurements in the workspace"),
        (patch_set(two_bins(), "m_100", "m_200"), "", "has 2 patches, and none is named"),
        (patch_set(two_bins(), "m_100", "m_200"), "m_30", "has no patch 'm_30'"),
        (patch_set(read("empty_bins"), "m_100"), "", "is of another workspace: its digest is not that of"),
        ({"patches": [], "version": "1.0.0"}, "", "is no valid patch set"),
        (patch_set(two_bins(), "m_100", "m_100"), "", "is no valid patch set"),
    ],
)
def test_patches_that_do_not_fit(background: Path, tmp_path: Path, content: Any, name: str, said: str):
    patch = written(tmp_path / "patch.json", content)
    with pytest.raises(StudyError, match=said) as error:
        read_workspace_file(background, patch, name)
    assert str(patch) in str(error.value)
    assert error.value.cure


def test_a_name_without_a_set(background: Path):
    with pytest.raises(StudyError, match="the patch 'm_100' is named, and no file"):
        read_workspace_file(background, patch_name="m_100")
