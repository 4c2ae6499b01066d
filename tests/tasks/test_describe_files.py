"""``law run DescribeFiles``: catalogues of files here and on servers, also after a kill, also of bad ones."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import uproot

from analysis.catalogues import read_catalogue
from tests.services.servers import S3, XRootD
from tests.tasks.project import Project, new_project


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    project = new_project(repository, tmp_path, "airshower", None)
    with (project.folder / "law_user.cfg").open("a") as stream:
        stream.write("path: ../studies\n")
    return project


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three good files in two folders."""
    for number, name in enumerate(("one/run2.root", "one/run10.root", "two/run2.root"), 1):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with uproot.recreate(path) as content:
            content["Events"] = {"pt": np.arange(float(number)), "run": np.full(number, 7, np.int32)}
    return tmp_path / "data"


def test_good_and_bad_files(project: Project, data: Path):
    (data / "two" / "cut.root").write_bytes((data / "one" / "run2.root").read_bytes()[:300])
    (data / "two" / "notes.txt").touch()
    words = ("run", "DescribeFiles", "--files", f"{data}/one/*.root,{data}/two/*", "--output", "../data/files.json")
    output = project.law(*words, fails=True)
    assert "error: 2 of 5 files cannot be described:" in output
    assert f"{data}/two/cut.root is not a ROOT file or is damaged" in output
    assert f"{data}/two/notes.txt: nothing is known to read it: its name ends with none of root, " in output
    assert "the catalogue of the other 3 is written" in output
    assert "Traceback" not in output
    found = read_catalogue(data / "files.json")
    assert [(one.name, one.events) for one in found.files] == [
        ("one_run2.root", 1),
        ("run10.root", 2),
        ("two_run2.root", 3),
    ]
    assert [one.url for one in found.files] == [f"{data}/{n}.root" for n in ("one/run2", "one/run10", "two/run2")]
    assert found.columns == {"pt": "float64", "run": "int32"}
    # mended and left out
    (data / "two" / "cut.root").unlink()
    (data / "two" / "notes.txt").unlink()
    output = project.law(*words)
    assert "3 of them known from before" in output
    assert "columns    pt (float64), run (int32)" in output
    assert sorted(path.name for path in data.iterdir()) == ["files.json", "one", "two"]


@pytest.mark.long
def test_mistakes_are_told_at_once(project: Project, data: Path):
    def error(*words: str) -> str:
        output = project.law("run", "DescribeFiles", *words, fails=True)
        assert "Traceback" not in output
        return output

    assert "there is no file" in (output := error("--files", f"{data}/one/run3.root"))
    assert "did you mean 'run2.root'?" in output
    output = error("--files", "https://me:geheim@example.org/a.root")
    assert "with a password" in output
    assert "geheim" not in output
    assert "end it with .yaml or .json" in error("--files", f"{data}/one/run2.root", "--output", "files.txt")
    assert list(project.folder.glob("*files*")) == []


SLOW = """
import time
from analysis.readers.description import Description


def read(file, start, stop):
    raise AssertionError


def describe(file, tree):
    time.sleep(0.2)
    with open(LOG, "a") as log:
        log.write(file.name + "\\n")
    return Description(3, {"x": "float64"})
"""


@pytest.mark.long
def test_a_killed_command_is_gone_on_with(project: Project, tmp_path: Path):
    (tmp_path / "studies").mkdir()
    log = tmp_path / "log"
    (tmp_path / "studies" / "slow_reader.py").write_text(SLOW.replace("LOG", repr(str(log))))
    (tmp_path / "raw").mkdir()
    for number in range(24):
        (tmp_path / "raw" / f"{number}.raw").write_text(f"raw {number}")
    words = ("run", "DescribeFiles", "--files", f"{tmp_path}/raw/*.raw", "--read", "slow_reader:read")
    process = project.start(*words)
    part = project.folder / ".files.yaml.part"
    end = time.monotonic() + 60
    while not (part.exists() and part.read_text().count("\n") > 5):
        assert time.monotonic() < end
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (project.folder / "files.yaml").exists()
    kept = part.read_text().count("\n") - 1
    assert 5 <= kept < 24
    # one of those that are done is another one now
    changed = Path(log.read_text().splitlines()[0])
    changed.write_text("raw xx")
    log.write_text("")
    output = project.law(*words)
    again = log.read_text().splitlines()
    assert str(changed) in again
    assert len(again) == len(set(again)) == 24 - kept + 1
    assert f"24, 0.0 MB, {kept - 1} of them known from before" in output
    found = read_catalogue(project.folder / "files.yaml")
    assert [one.name for one in found.files] == [f"{number}.raw" for number in range(24)]
    assert found.read == "slow_reader:read"
    assert not part.exists()


@pytest.mark.services
def test_servers(project: Project, data: Path, xrootd: XRootD, s3: S3, monkeypatch: pytest.MonkeyPatch):
    from analysis.provenance.remote.connecting import connect
    from analysis.provenance.remote.options import Options

    project.variables["AWS_SHARED_CREDENTIALS_FILE"] = str(s3.credentials)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(s3.credentials))
    with (project.folder / "law_user.cfg").open("a") as stream:
        stream.write(f"\n[data]\nendpoint: {s3.endpoint}\n")
    name = f"described-{os.getpid()}"
    places = (f"{xrootd.url}/{name}", f"s3://{s3.bucket}/{name}")
    for place in places:
        files = connect(place, Options(endpoint=s3.endpoint))
        for path in data.glob("*/*.root"):
            files.upload(path, f"{path.parent.name}/{path.name}")
    pattern = ",".join([*(f"{place}/**/*.root" for place in places), f"{xrootd.url}/{name}/none.root"])
    output = project.law("run", "DescribeFiles", "--files", pattern, fails=True)
    assert f"{xrootd.url}/{name}/none.root: it is not there" in output
    found = read_catalogue(project.folder / "files.yaml").files
    assert [one.events for one in found] == [1, 2, 3] * 2
    assert [one.checksum.partition(":")[0] for one in found] == ["adler32"] * 3 + ["md5"] * 3
    assert len({one.name for one in found}) == 6
    # a file that is another one now is described anew, the others are known
    (data / "one" / "run2.root").write_bytes((data / "two" / "run2.root").read_bytes())
    connect(places[0]).upload(data / "one" / "run2.root", "one/run2.root")
    output = project.law("run", "DescribeFiles", "--files", f"{places[0]}/**/*.root")
    assert "2 of them known from before" in output
    assert [one.events for one in read_catalogue(project.folder / "files.yaml").files] == [3, 2, 3]
    assert s3.secret not in output + (project.folder / "files.yaml").read_text()
