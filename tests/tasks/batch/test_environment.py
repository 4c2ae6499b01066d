"""What jobs take over: variables, folders for containers, and credentials that last as long as they do."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from analysis.provenance.remote.faults import CredentialsError
from tasks.batch.environment import check_credentials_for, job_folders, job_variables
from tasks.batch.record_jobs import RecordJobs
from tasks.batch.sites import Site
from tasks.data import GenerateEvents
from tests.analysis.provenance.remote.test_credentials import proxy
from tests.tasks.project import new_project

NOBODY = "root://127.0.0.1:1//store"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BEARER_TOKEN", "BEARER_TOKEN_FILE", "XDG_RUNTIME_DIR", "PYTHONPATH", "ERUMFLOW_MIRROR"):
        monkeypatch.delenv(name, raising=False)


def test_a_job_is_told_where_the_store_is_whatever_it_is_relative_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ERUMFLOW_BASE", str(tmp_path))
    for name in ("PYTHONPATH", "ERUMFLOW_COMPILED"):
        monkeypatch.setenv(name, "/some/where")
    for named, told in (("data", f"{tmp_path}/data"), ("/data", "/data"), (NOBODY, NOBODY)):
        monkeypatch.setenv("ERUMFLOW_STORE", named)
        assert job_variables(Site("a"))["ERUMFLOW_STORE"] == told
    for name in ("PYTHONPATH", "ERUMFLOW_COMPILED"):
        assert job_variables(Site("a"))[name] == "/some/where"
        assert name not in job_variables(Site("a", environment="bundle"))


def test_a_container_is_shown_what_jobs_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ERUMFLOW_BASE", str(tmp_path / "project"))
    monkeypatch.setenv("ERUMFLOW_STORE", str(tmp_path / "store"))
    assert job_folders(Site("a")) == ()
    assert job_folders(Site("a", container="image")) == (tmp_path / "store", tmp_path / "project", Path(sys.prefix))
    # what is not there cannot be shown
    assert (tmp_path / "store").is_dir()
    # files that steps declare, where they lie in none of these
    lent = [tmp_path / "project" / "inside.json", tmp_path / "tables" / "pileup.json"]
    assert job_folders(Site("a", container="image"), lent)[3:] == (tmp_path / "tables",)
    monkeypatch.setenv("ERUMFLOW_MIRROR", f"{tmp_path / 'store'}:{tmp_path}:{tmp_path / 'gone'}")
    assert job_folders(Site("a", container="image"))[3:] == (tmp_path,)
    # nothing of the project's is on the worker
    assert job_folders(Site("a", container="image", environment="bundle"), lent) == (tmp_path / "store",)


def test_a_proxy_has_to_last_as_long_as_a_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ERUMFLOW_BASE", str(tmp_path))
    monkeypatch.setenv("ERUMFLOW_STORE", NOBODY)
    monkeypatch.setenv("X509_USER_PROXY", proxy(tmp_path / "proxy", 0.5))
    task = GenerateEvents(study="airshower", workflow="batch-local")
    task.refuse_expired_credentials()
    with pytest.raises(CredentialsError, match=r"proxy: valid for 0\.5 h more, while jobs may need 1\.0 h"):
        RecordJobs(task).check_credentials()
    # folders need none
    check_credentials_for(["/data"], 1e9)


@pytest.mark.long
def test_an_expired_proxy_is_named_before_a_server_is_asked_or_a_job_sent(repository: Path, tmp_path: Path) -> None:
    project = new_project(repository, tmp_path, "airshower", None)
    project.variables |= {"ERUMFLOW_STORE": NOBODY, "X509_USER_PROXY": proxy(tmp_path / "proxy", -1)}
    begin = time.monotonic()
    output = project.law("run", "GenerateEvents", "--workflow", "batch-local", fails=True)
    assert f"the proxy {tmp_path / 'proxy'} expired on" in output
    assert "voms-proxy-init" in output
    assert "Traceback" not in output
    assert not list(project.folder.glob("jobs/local/*"))
    # with nothing there, a server would be waited for
    assert time.monotonic() - begin < 20
    output = project.law("run", "CheckSite", fails=True)
    assert "1 of 2 checks failed: credentials" in output
