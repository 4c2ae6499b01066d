"""Jobs in containers: what apptainer is told, and real ones."""

from __future__ import annotations

import dataclasses
import os
import shlex
import shutil
import uuid
from pathlib import Path

import pytest

from tasks.batch.description import condor_description, start_lines
from tasks.batch.resources import Resources
from tasks.batch.sites import Site
from tasks.batch.systems.system import Job
from tests.services.servers import Condor, UnsuitedMachineError
from tests.tasks.batch.clusters import BEGIN, FAMILY, RECORDS, TASK, Inside, condor_copy

FOLDERS = (Path("/work/me/store"), Path("/work/me/store/inner"), Path("/work/me/project"))


def job(folder: Path | None) -> Job:
    return Job(
        "x",
        ("/bin/bash", "job.sh", "it's"),
        Path("/work/me/project/jobs/x.log"),
        environment={"ERUMFLOW_STORE": "/work/me/store", "WORD": "two words"},
        resources=Resources(gpus=1),
        folder=folder,
        folders=FOLDERS,
    )


def words(folder: Path | None, **options) -> list[str]:
    """What apptainer is told, as a shell reads it."""
    site = Site("box", container="/images/my image.sif", scratch="$TMP/me", **options)
    (line,) = (line for line in start_lines(job(folder), site) if "apptainer" in line)
    return shlex.split(line)


def test_a_container_has_the_jobs_variables_and_folders() -> None:
    told = words(Path("/work/me/project/jobs"), container_options=("--bind=/cvmfs",))
    image = told.index("/images/my image.sif")
    options, inside = told[:image], told[image + 1 :]
    assert options[:4] == ["exec", "apptainer", "exec", "--cleanenv"]
    # once each: a folder in another one is there with it
    bound = [word.removeprefix("--bind=") for word in options if word.startswith("--bind=")]
    assert bound == ["$TMP/me", "/work/me/store", "/work/me/project", "/cvmfs"]
    assert {"--nv", "--pwd=$PWD"} <= set(options)
    assert inside[0] == "env"
    assert {"ERUMFLOW_STORE=/work/me/store", "WORD=two words"} <= set(inside)
    # what the batch system says of GPUs, and what the scratch folder is made of
    assert [word for word in inside if "+" in word] == [
        "${CUDA_VISIBLE_DEVICES+CUDA_VISIBLE_DEVICES=$CUDA_VISIBLE_DEVICES}",
        "${TMP+TMP=$TMP}",
    ]
    assert inside[-3:] == ["/bin/bash", "job.sh", "it's"]


def test_without_a_folder_the_logs_are_none_of_the_jobs_business() -> None:
    bound = [word for word in words(None) if word.startswith("--bind=")]
    assert bound == ["--bind=$TMP/me", "--bind=/work/me/store", "--bind=/work/me/project"]


def test_htcondor_has_a_universe_for_it() -> None:
    site = Site("box", "htcondor", container="docker://almalinux:9")
    lines = condor_description([job(None)], site).splitlines()
    assert {"universe = container", "container_image = docker://almalinux:9"} <= set(lines)
    assert not any("apptainer" in line for line in lines)


@pytest.mark.services
def test_jobs_make_records_in_a_real_container(condor: Condor, pool_project: str, repository: Path) -> None:
    box = dataclasses.replace(condor, script=("apptainer.sh",))
    try:
        box.tell("install")
    except UnsuitedMachineError as error:
        pytest.skip(str(error))
    # not in what apptainer shows by itself: the home folder, /tmp and /var/tmp
    store = f"/srv/store-{uuid.uuid4().hex[:8]}"
    user = condor.outside(condor.home).stat()
    condor.outside(store).mkdir()
    os.chown(condor.outside(store), user.st_uid, user.st_gid)
    with condor_copy(condor, pool_project, repository, "airshower") as cluster:
        assert isinstance(cluster.project, Inside)
        say = "        import os; print('in', os.environ.get('APPTAINER_CONTAINER'), os.environ.get('WORD'))\n"
        cluster.project.replace("tasks/data.py", BEGIN, say + BEGIN)
        cluster.configure("[site_box]\nsystem: local\ncontainer: /srv/image\nvariables: WORD")
        variables = {"ERUMFLOW_STORE": store, "WORD": "two words"}
        project = dataclasses.replace(cluster.project, condor=box, variables=variables)
        project.law(*TASK, "--site", "box", "--tasks-per-job", "4")
        logs = [file.read_text() for file in project.folder.glob(f"jobs/*/{FAMILY}/*/*.log")]
    assert sum(log.count("in /srv/image two words") for log in logs) == RECORDS, logs
    assert len(list(condor.outside(store).glob(f"airshower/{FAMILY}/*/*manifest.json"))) == RECORDS
    shutil.rmtree(condor.outside(store))
