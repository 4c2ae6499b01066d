"""Each service comes up and does the one thing it is there for; then the faults that its script can cause."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest

from tests.services.servers import S3, SFTP, Condor, ServiceError, Slurm, XRootD

pytestmark = pytest.mark.services


@pytest.fixture
def name() -> str:
    """A name that no earlier test has used."""
    return uuid.uuid4().hex


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of 300 kB that no compression makes smaller."""
    path = tmp_path / "file.bin"
    path.write_bytes(os.urandom(300_000))
    return path


def call(*command: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    limits = {"XRD_CONNECTIONWINDOW": "3", "XRD_CONNECTIONRETRY": "1", "XRD_STREAMERRORWINDOW": "3"}
    return subprocess.run(
        command, env=os.environ | limits, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds
    )


# --- stores


def test_a_file_goes_to_xrootd_and_comes_back(xrootd: XRootD, file: Path, tmp_path: Path, name: str) -> None:
    url = f"{xrootd.url}/new/{name}"
    # as a client asks for it that sends a file's checksum along
    done = call("xrdcp", "--cksum", "adler32", str(file), url)
    assert done.returncode == 0, done.stderr
    assert (xrootd.folder / "store" / "new" / name).read_bytes() == file.read_bytes()
    done = call("xrdcp", url, str(tmp_path / "back"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


def test_xrootd_speaks_webdav(xrootd: XRootD, name: str) -> None:
    url = f"{xrootd.http_url}/{name}"
    put = urllib.request.Request(url, data=b"content", method="PUT")
    with urllib.request.urlopen(put, timeout=20) as answer:
        assert answer.status in (200, 201)
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.read() == b"content"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{url}-absent", timeout=20)


def test_exports_that_take_nothing(xrootd: XRootD, file: Path, tmp_path: Path, name: str) -> None:
    assert call("xrdcp", f"{xrootd.readonly_url}/hello.txt", str(tmp_path / "hello")).returncode == 0
    assert (tmp_path / "hello").read_text() == "hello\n"
    done = call("xrdcp", str(file), f"{xrootd.readonly_url}/{name}")
    assert done.returncode != 0
    assert "marked read/only" in done.stderr
    done = call("xrdcp", str(file), f"{xrootd.full_url}/{name}")
    assert done.returncode != 0
    assert "no space left on device" in done.stderr


@pytest.mark.alone
def test_xrootd_can_be_stopped_and_hang(xrootd: XRootD, file: Path, name: str) -> None:
    url = f"{xrootd.url}/{name}"
    assert call("xrdcp", str(file), url).returncode == 0
    xrootd.stop()
    assert call("xrdcp", "-f", str(file), url).returncode != 0
    assert not xrootd.is_up()
    xrootd.start()
    assert call("xrdcp", "-f", str(file), url).returncode == 0
    xrootd.pause()
    with pytest.raises(subprocess.TimeoutExpired):
        call("xrdcp", "-f", str(file), url, seconds=2)
    xrootd.resume()
    assert call("xrdcp", "-f", str(file), url).returncode == 0


def s3_request(s3: S3, method: str, path: str, *options: str, secret: str = "") -> subprocess.CompletedProcess[bytes]:
    key = f'user = "{s3.key}:{secret or s3.secret}"\n'
    command = ["curl", "-sS", "-f", "-m", "20", "--aws-sigv4", "aws:amz:us-east-1:s3", "-K", "-", "-X", method]
    command += ["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
    return subprocess.run([*command, *options, f"{s3.endpoint}/{path}"], input=key.encode(), capture_output=True)


def test_an_object_goes_to_s3_and_comes_back(s3: S3, file: Path, name: str) -> None:
    place = f"{s3.bucket}/{name}/file.bin"
    done = s3_request(s3, "PUT", place, "-T", str(file))
    assert done.returncode == 0, done.stderr
    assert s3_request(s3, "GET", place).stdout == file.read_bytes()
    assert name in s3_request(s3, "GET", f"{s3.bucket}?prefix={name}").stdout.decode()
    assert b"403" in s3_request(s3, "GET", place, secret="wrong").stderr
    assert b"404" in s3_request(s3, "GET", f"{place}-absent").stderr


@pytest.mark.alone
def test_s3_keeps_its_objects(s3: S3, file: Path, name: str) -> None:
    place = f"{s3.bucket}/{name}"
    assert s3_request(s3, "PUT", place, "-T", str(file)).returncode == 0
    s3.stop()
    assert b"connect" in s3_request(s3, "GET", place).stderr
    s3.start()
    done = s3_request(s3, "GET", place)
    assert done.stdout == file.read_bytes(), done.stderr


def sftp_batch(sftp: SFTP, commands: str, tmp_path: Path, key: Path | None = None) -> subprocess.CompletedProcess[str]:
    batch = tmp_path / "batch"
    batch.write_text(commands)
    options = ["BatchMode=yes", "IdentitiesOnly=yes", f"UserKnownHostsFile={sftp.known_hosts}"]
    flags = [word for option in options for word in ("-o", option)]
    where = ["-F", "none", "-P", str(sftp.port), "-i", str(key or sftp.key_file), f"{sftp.user}@127.0.0.1"]
    return call("sftp", "-b", str(batch), *flags, *where)


def test_a_file_goes_to_sftp_and_comes_back(sftp: SFTP, file: Path, tmp_path: Path, name: str) -> None:
    there = sftp.folder / name
    done = sftp_batch(sftp, f'put "{file}" {there}\nget {there} "{tmp_path / "back"}"\n', tmp_path)
    assert done.returncode == 0, done.stderr
    assert there.read_bytes() == (tmp_path / "back").read_bytes() == file.read_bytes()


def test_sftp_takes_no_other_key(sftp: SFTP, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    done = sftp_batch(sftp, "pwd\n", tmp_path, key)
    assert done.returncode != 0
    assert "Permission denied" in done.stderr


@pytest.mark.alone
def test_sftp_can_be_stopped(sftp: SFTP, tmp_path: Path) -> None:
    sftp.stop()
    assert "refused" in sftp_batch(sftp, "pwd\n", tmp_path).stderr
    sftp.start()
    assert sftp_batch(sftp, "pwd\n", tmp_path).returncode == 0


# --- batch systems


def submit(slurm: Slurm, folder: Path, script: str, *options: str) -> str:
    """Hand in a job and return its number."""
    file = folder / "job.sh"
    file.write_text(f"#!/bin/sh\n{script}\n")
    places = [f"--chdir={folder}", f"--output={folder}/out.txt"]
    return slurm.run(["sbatch", "--parsable", *places, *options, str(file)]).strip()


def wait_for_state(slurm: Slurm, job: str, state: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    query = ["squeue", "--states=all", "--noheader", "--format=%T", f"--jobs={job}"]
    while (found := slurm.run(query).strip()) != state:
        assert time.monotonic() < until, f"job {job} is {found}, not {state}"
        time.sleep(0.2)


def test_a_job_runs_on_slurm_and_is_in_its_accounts(slurm: Slurm, tmp_path: Path) -> None:
    job = submit(slurm, tmp_path, "echo here $((6 * 7))", "--wait")
    assert (tmp_path / "out.txt").read_text() == "here 42\n"
    accounts = ["sacct", "--noheader", "--parsable2", "--allocations", "--format=State,ExitCode", f"--jobs={job}"]
    until = time.monotonic() + 30
    # accounts come later than the end of a job
    while (found := slurm.run(accounts).strip()) != "COMPLETED|0:0":
        assert time.monotonic() < until, found
        time.sleep(0.2)


def test_a_job_runs_on_slurm_without_accounts(slurm_without_accounting: Slurm, tmp_path: Path) -> None:
    job = submit(slurm_without_accounting, tmp_path, "echo here $((6 * 7))", "--wait")
    assert (tmp_path / "out.txt").read_text() == "here 42\n"
    wait_for_state(slurm_without_accounting, job, "COMPLETED")
    assert "disabled" in slurm_without_accounting.run(["sacct", f"--jobs={job}"], check=False)


def test_slurm_kills_a_job_that_takes_too_much_memory(slurm: Slurm, tmp_path: Path) -> None:
    python = "import time; held = bytearray(400_000_000); time.sleep(60)"
    job = submit(slurm, tmp_path, f"exec '{shutil.which('python3')}' -c '{python}'", "--mem=100")
    # with cgroups, which this node has none of, it would be OUT_OF_MEMORY
    wait_for_state(slurm, job, "FAILED")
    assert "exceeded memory limit" in (tmp_path / "out.txt").read_text()


@pytest.mark.alone
def test_slurm_jobs_outlive_its_daemons(slurm: Slurm, tmp_path: Path) -> None:
    job = submit(slurm, tmp_path, f"while [ ! -e '{tmp_path}/go' ]; do sleep 0.1; done; echo done")
    wait_for_state(slurm, job, "RUNNING")
    for daemon in ("slurmctld", "slurmdbd", "slurmd"):
        slurm.stop(daemon)
        assert not slurm.is_up()
        slurm.start(daemon)
    assert slurm.is_up()
    (tmp_path / "go").touch()
    wait_for_state(slurm, job, "COMPLETED")
    assert (tmp_path / "out.txt").read_text() == "done\n"


def condor_submit(condor: Condor, name: str, script: str, *settings: str) -> str:
    """Hand in a job inside, in a folder of its own, and return its number."""
    folder = f"{condor.home}/{name}"
    lines = ["executable = job.sh", "output = out.txt", "error = err.txt", "log = log.txt", *settings, "queue"]
    condor.run(["mkdir", folder])
    for file, text in (("job.sh", f"#!/bin/sh\n{script}\n"), ("job.sub", "\n".join(lines) + "\n")):
        condor.outside(f"{folder}/{file}").write_text(text)
        condor.outside(f"{folder}/{file}").chmod(0o755)
    said = condor.run(["bash", "-c", f"cd {name} && condor_submit job.sub"])
    found = re.search(r"submitted to cluster (\d+)", said)
    assert found, said
    return found[1]


def condor_state(condor: Condor, job: str) -> str:
    """``JobStatus`` of HTCondor: 1 idle, 2 running, 5 held; nothing once it has left the queue."""
    return condor.run(["condor_q", job, "-af", "JobStatus"]).strip()


def wait_for_condor(condor: Condor, job: str, state: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while (found := condor_state(condor, job)) != state:
        assert time.monotonic() < until, f"job {job} has status {found!r}, not {state!r}"
        time.sleep(0.2)


def test_a_job_runs_on_htcondor(condor: Condor, name: str) -> None:
    job = condor_submit(condor, name, "echo here $((6 * 7)) $(id -un)")
    wait_for_condor(condor, job, "")
    assert condor.outside(f"{condor.home}/{name}/out.txt").read_text() == f"here 42 {condor.user}\n"
    assert condor.run(["condor_history", job, "-af", "ExitCode"]).strip() == "0"


def test_htcondor_holds_a_job_that_takes_too_much_memory(condor: Condor, name: str) -> None:
    python = "import time; held = bytearray(400_000_000); time.sleep(120)"
    job = condor_submit(condor, name, f"exec python3 -c '{python}'", "request_memory = 100MB")
    wait_for_condor(condor, job, "5")
    assert "memory" in condor.run(["condor_q", job, "-af", "HoldReason"]).lower()
    condor.run(["condor_rm", job])


@pytest.mark.alone
def test_htcondor_jobs_outlive_the_schedd(condor: Condor, name: str) -> None:
    job = condor_submit(condor, name, f"while [ ! -e {condor.home}/{name}/go ]; do sleep 0.1; done; echo done")
    wait_for_condor(condor, job, "2")
    condor.restart_schedd()
    condor.stop("schedd")
    with pytest.raises(ServiceError):
        condor_state(condor, job)
    condor.start("schedd")
    condor.outside(f"{condor.home}/{name}/go").touch()
    wait_for_condor(condor, job, "", seconds=120)
    assert condor.outside(f"{condor.home}/{name}/out.txt").read_text() == "done\n"


def test_folders_are_shown_inside(condor: Condor, tmp_path: Path) -> None:
    # the folder of a test is for its user alone
    folder = tmp_path / "shown"
    folder.mkdir()
    (folder / "file.txt").write_text("from outside\n")
    condor.bind(folder)
    try:
        assert condor.run(["cat", str(folder / "file.txt")]) == "from outside\n"
    finally:
        condor.unbind(folder)
    assert not condor.outside(f"{folder}/file.txt").exists()


def test_setup_makes_the_environment_inside(condor: Condor, pool_project: str, repository: Path) -> None:
    setup = f"cd {pool_project} && source setup.sh"
    script = f"{setup} && python -c 'import sys; print(*sys.version_info[:2])' && uv pip freeze"
    version, *packages = condor.run(["bash", "-c", script]).splitlines()
    assert version == "3 13"
    extras = [f"-{extra}" for extra in os.environ.get("ERUMFLOW_EXTRAS", "").split(",") if extra]
    texts = [(repository / f"requirements{extra}.lock").read_text() for extra in ("", *extras)]
    locked = [line for text in texts for line in re.findall(r"^([a-z0-9-]+==\S+)", text, re.MULTILINE)]
    assert {p for p in packages if not p.startswith("pip==")} <= set(locked)
    assert {"law==0.1.21", "luigi==3.8.1"} <= set(packages)
    assert (
        condor.run(["stat", "-c", "%U", f"{pool_project}/setup.sh", f"{pool_project}/.venv"]) == f"{condor.user}\n" * 2
    )
    help_text = condor.run(["bash", "-c", f"{setup} && law run TrainModel --help"])
    assert "--study" in help_text
