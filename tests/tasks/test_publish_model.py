"""Networks of a study, published by the command as somebody gets them, deposited, and listed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from analysis.exchange.folder import CARD, SUMS, read
from tests.analysis.exchange.zenodo_server import SECRET, Server
from tests.tasks.conftest import copied
from tests.tasks.project import SMALL, Project, made


@pytest.mark.long
def test_networks_are_published_deposited_and_listed(author: Project, tmp_path: Path) -> None:
    project = copied(author, tmp_path)
    (capsule,) = project.store.glob("airshower/PreserveStudy/*/airshower.capsule.zip")
    (tmp_path / "deposits").mkdir()
    with Server(tmp_path / "deposits") as server:
        with (project.folder / "law_user.cfg").open("a") as settings:
            settings.write(f"\n[models]\nfolders: ../networks\nzenodo: {server.address}\n")
        publish = ("run", "PublishModel", *SMALL, "--to", "zenodo", "--capsule", str(capsule))
        assert "ZENODO_TOKEN is not set" in project.law(*publish, fails=True)
        project.variables["ZENODO_TOKEN"] = SECRET
        first = project.law(*publish)
        # all of it was there
        assert made(first) == []
        folder = tmp_path / "networks" / "airshower-1"
        found = read(folder)
        assert found.digest in first
        assert "a draft" in first
        again = project.law(*publish, "--publish-deposit")
        assert "nothing is new" in again
        assert [one["state"] for one in server.store.depositions.values()] == ["done"]
        (deposited,) = (tmp_path / "deposits").iterdir()
        assert read(deposited).digest == found.digest

    about = found.description
    assert (about.name, about.version, about.study) == ("airshower", 1, "airshower")
    assert (project.store / about.record / "manifest.json").is_file()
    assert about.capsule is not None
    assert about.capsule.name == capsule.name
    done = subprocess.run(["sha256sum", "--strict", "-c", SUMS], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # numbers of the evaluation, and neither secrets nor places of this machine
    assert "resolution_network" in found.content(CARD).decode()
    written = [path.read_bytes() for path in (*folder.iterdir(), *folder.parent.glob("*.json"))]
    for private in (SECRET, str(tmp_path), str(Path.home())):
        assert all(private.encode() not in content for content in written), private
    assert SECRET not in first + again

    listed = project.law("run", "ListModels", "--search", "depth Regression", "--to", str(tmp_path / "index.json"))
    assert "airshower-1" in listed
    assert "BSD-3-Clause" in listed
    assert "1 of 1 published networks" in listed
    (row,) = json.loads(project.law("run", "ListModels", "--folder", str(tmp_path / "index.json"), "--json"))
    assert (row["name"], row["digest"], row["address"]) == ("airshower-1", found.digest, str(folder))
    assert {one["name"] for one in row["metrics"]} >= {"resolution_network", "pull_width_network"}


def test_options_that_do_not_fit_are_refused_before_anything_runs(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    from analysis.errors import StoreError, StudyError
    from tasks.publish_model import PublishModel

    monkeypatch.delenv("ZENODO_TOKEN", raising=False)
    with pytest.raises(StudyError, match=r"--model-name is '\.\./up'"):
        PublishModel(study="airshower", model_name="../up")
    with pytest.raises(StudyError, match="a deposit is asked for, but not where"):
        PublishModel(study="airshower", publish_deposit=True)
    with pytest.raises(StoreError, match="ZENODO_TOKEN is not set"):
        PublishModel(study="airshower", to="zenodo")
