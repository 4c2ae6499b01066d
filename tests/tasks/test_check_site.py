"""``law run CheckSite``: one tiny job, one table."""

from __future__ import annotations

import re
import shlex
import shutil
import uuid
from pathlib import Path

import pytest

from tests.services.servers import Condor, Slurm, XRootD
from tests.tasks.batch.clusters import FAMILY, RECORDS, TASK
from tests.tasks.project import Project, new_project


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    copy = new_project(repository, tmp_path, "airshower", None)
    shutil.copy(repository / "setup.sh", copy.folder)
    return copy


def configure(project: Project, text: str) -> None:
    with (project.folder / "law_user.cfg").open("a") as file:
        file.write(f"\n{text}\n")


def results(output: str) -> dict[str, str]:
    """What was looked at -> ok, note or failed."""
    cells = [
        [cell.strip() for cell in line.strip("│").split("│")] for line in output.splitlines() if line.startswith("│")
    ]
    return {row[0]: row[1] for row in cells if row[0]}


@pytest.mark.long
def test_this_machine(project: Project) -> None:
    output = project.law("run", "CheckSite")
    found = results(output)
    assert found.pop("packages") in ("ok", "note")
    assert list(found) == [
        "batch system",
        "submission",
        "start",
        "environment",
        "Python",
        f"store {project.store}",
        "GPU",
        "scratch",
        f"same store {project.store}",
    ]
    assert set(found.values()) == {"ok"}
    # nothing stays behind
    assert list((project.folder / "jobs/CheckSite").iterdir()) == []
    assert [path for path in project.store.rglob("*") if path.is_file() and not path.name.startswith(".")] == []


@pytest.mark.long
def test_what_fails_is_in_the_table_and_in_the_exit_status(project: Project) -> None:
    configure(project, "[site_bad]\nsystem: local\nscratch: /no/such/folder\n")
    output = project.law("run", "CheckSite", "--site", "bad", fails=True)
    assert results(output)["scratch"] == "failed"
    assert "site 'bad': 1 of 10 checks failed: scratch" in output
    # a job whose first line fails
    configure(project, "[site_broken]\nsystem: local\nprepare: echo no such module >&2; exit 3\n")
    output = project.law("run", "CheckSite", "--site", "broken", fails=True)
    assert "no such module" in output
    assert "exit code 3" in output
    output = project.law("run", "CheckSite", "--site", "nowhere", fails=True)
    assert "known sites: bad, broken, htcondor, local, slurm" in output
    assert "Traceback" not in output


@pytest.mark.services
def test_slurm(project: Project, slurm: Slurm) -> None:
    project.variables["SLURM_CONF"] = slurm.exported["SLURM_CONF"]
    output = project.law("run", "CheckSite", "--site", "slurm")
    assert set(results(output).values()) <= {"ok", "note"}
    assert re.search(r"slurm\S* [\d.]+, with accounting", output)


@pytest.mark.services
@pytest.mark.alone
def test_slurm_that_does_not_answer(project: Project, slurm: Slurm) -> None:
    project.variables["SLURM_CONF"] = slurm.exported["SLURM_CONF"]
    configure(project, "[site_slurm]\nsystem: slurm\ntimeout: 20\n")
    slurm.stop("slurmctld")
    output = project.law("run", "CheckSite", "--site", "slurm", fails=True)
    assert results(output) == {"batch system": "failed"}
    assert "slurmctld" in output


@pytest.mark.services
def test_htcondor(condor: Condor, pool_project: str) -> None:
    script = f"cd {pool_project} && source setup.sh && law run CheckSite --site htcondor"
    output = condor.run(["bash", "-c", script], check=False)
    assert set(results(output).values()) == {"ok"}, output
    assert "as in requirements.lock" in output


@pytest.mark.services
def test_htcondor_where_nothing_is_shared(condor: Condor, pool_project: str, xrootd: XRootD) -> None:
    # code travels, the worker makes the environment, and records go to a server
    site = "[site_far]\nsystem: htcondor\nenvironment: bundle\nscratch: /tmp\nmemory: 1000\n"
    name = f"far-{uuid.uuid4().hex[:8]}"
    begin = f"cd {pool_project} && source setup.sh && export ERUMFLOW_STORE={xrootd.url}/{name} && law run "
    condor.outside(f"{pool_project}/law_user.cfg").write_text(site)
    try:
        table = condor.run(["bash", "-c", f"{begin} CheckSite --site far"], check=False)
        assert set(results(table).values()) == {"ok"}, table
        work = shlex.join([*TASK[1:], "--study", "airshower", "--site", "far", "--tasks-per-job", "4"])
        output = condor.run(["bash", "-c", begin + work], check=False)
    finally:
        condor.outside(f"{pool_project}/law_user.cfg").unlink()
    records = list((xrootd.folder / "store" / name).glob(f"airshower/{FAMILY}/*/*manifest.json"))
    assert len(records) == RECORDS, output


@pytest.mark.long
def test_a_proxy_for_data_that_is_none(project: Project, tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "far.py").write_text(
        "import analysis.study as s\n"
        'FILE = s.SourceFile("a.root", "root://127.0.0.1:9//a.root", size=1, events=1, checksum="adler32:0")\n'
        'RUN = s.Dataset("run", "Run", "measured", (FILE,), s.Schema("Events", ("x",)), in_place=True)\n'
        'study = s.Study("far", datasets=(RUN,))\n'
    )
    settings = project.folder / "law_user.cfg"
    settings.write_text(f"[studies]\ndefault: far\npath: {tmp_path}/studies\n")
    project.variables["X509_USER_PROXY"] = str(tmp_path / "none")
    project.law("index", "-q")
    output = project.law("run", "CheckSite", "--study", "far", fails=True)

    assert results(output) == {"batch system": "ok", "credentials": "failed"}
    assert "X509_USER_PROXY names" in output
    assert "voms-proxy-init" in output
