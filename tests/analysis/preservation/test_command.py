"""A capsule's own command, from the file to the verdict."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.preservation.command import AGREES, DIFFERS, REFUSED, main

from .rerunnable import DATA, edited, made

FIT = "records/tiny/FitMeasurement/default-000000000000/manifest.json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and an empty folder to be in."""
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ERUMFLOW_MIRROR", raising=False)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture
def capsule(tmp_path: Path) -> Path:
    """A capsule that holds its data."""
    return made(tmp_path)


def verdict(folder: str = "tiny-rerun") -> dict:
    return json.loads(Path(folder, "verdict.json").read_text())


def test_with_nothing_but_python_and_the_file(capsule: Path, home: Path) -> None:
    foreign = {
        "ERUMFLOW_STORE": "/elsewhere",
        "ERUMFLOW_BASE": "/elsewhere",
        "LAW_CONFIG_FILE": "/elsewhere/law.cfg",
        "LUIGI_CONFIG_PATH": "/elsewhere/luigi.cfg",
        "PYTHONPATH": "/elsewhere",
        "PYTHONHASHSEED": "3",
        "VIRTUAL_ENV": "/elsewhere",
        "JAX_ENABLE_X64": "1",
        "XLA_FLAGS": "--elsewhere",
        "PIP_INDEX_URL": "https://packages.example.org",
    }
    command = [sys.executable, str(capsule)]
    done = subprocess.run(command, env=os.environ | foreign, capture_output=True, text=True)
    assert done.returncode == AGREES, done.stderr
    table = done.stdout.splitlines()
    assert table[1].split() == ["mean", "5", "5", "0", "0", "same", "bits"]
    assert "no bit may differ" in done.stdout
    assert table[-1] == "1 number: all agree"
    assert verdict()["agrees"] is verdict()["bit_for_bit"] is True
    assert verdict()["first_difference"] is None
    seen = json.loads(Path("tiny-rerun/store/seen.json").read_text())
    assert seen["arguments"] == ["run", "CollectResults", "--study", "tiny", "--workers", "1"]
    here = Path("tiny-rerun").resolve()
    assert seen["environment"]["ERUMFLOW_STORE"] == str(here / "store")
    assert seen["environment"]["ERUMFLOW_MIRROR"] == str(here / "data")
    assert seen["environment"]["ERUMFLOW_JAX"] == "cpu"
    # where packages come from is the caller's business, all else is not
    left = {name for name, value in foreign.items() if seen["environment"].get(name) == value}
    assert left == {"PIP_INDEX_URL"}
    assert list(home.iterdir()) == []
    assert not Path("tiny-rerun/source/.venv").exists()


def test_as_a_module_of_the_project(capsule: Path, home: Path) -> None:
    command = [sys.executable, "-m", "tasks.rerun", str(capsule), "--only-verify"]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()[0]) == (AGREES, "all"), done.stderr
    assert list(Path().iterdir()) == []


def test_options_reach_the_graph(capsule: Path, home: Path) -> None:
    options = ["--workflow", "slurm", "--site", "naf", "--workers", "3", "--jax", "cuda12", "--keep", "--folder", "x/y"]
    assert main(["rerun", *options], capsule) == AGREES
    seen = json.loads(Path("x/y/store/seen.json").read_text())
    assert seen["arguments"][4:] == ["--workers", "3", "--workflow", "slurm", "--site", "naf"]
    assert seen["environment"]["ERUMFLOW_JAX"] == "cuda12"
    assert Path("x/y/source/.venv").exists()


def test_a_changed_constant_differs(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    edited(capsule, "source/study.txt", lambda text: text.replace(b"CONSTANT = 2.0", b"CONSTANT = 2.002"))
    assert main([], capsule) == DIFFERS
    said = capfd.readouterr().out
    assert said.splitlines()[1].split() == ["mean", "5", "5.005", "0.005", "0", "DIFFERS"]
    assert "FitMeasurement/default (fit.json)\n  code study:CONSTANT changed\n" in said
    assert said.endswith("1 of 1 number DIFFER\n")
    assert verdict()["first_difference"]["causes"] == ["code study:CONSTANT changed"]


def test_a_changed_package_is_named(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    change = lambda text: text.replace(b'"numpy": "2.2.0"', b'"numpy": "2.3.0"').replace(b"= 2.0", b"= 2.000002")  # noqa: E731
    edited(capsule, "source/study.txt", change)
    # one processor fewer: tolerances hold
    edited(capsule, FIT, lambda manifest: {**manifest, "host": {**manifest["host"], "processor": "Another"}})
    assert main([], capsule) == AGREES
    said = capfd.readouterr().out
    assert "package numpy: 2.2.0 -> 2.3.0" in said
    assert "processor: Another and" in said
    assert "host processor" not in said
    assert verdict()["rows"][0]["verdict"] == "agrees"
    assert verdict()["rows"][0]["allowed"] == pytest.approx(0.005)


def test_a_rerun_goes_on_where_it_was_interrupted(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (home / "no-registry").touch()
    assert main([], capsule) == REFUSED
    assert "the environment could not be made" in capfd.readouterr().err
    (home / "no-registry").rename(home / "interrupt")
    assert main([], capsule) == REFUSED
    said = capfd.readouterr().err
    assert "the power is off" in said
    assert "law ends with 1" in said
    (home / "interrupt").unlink()
    kept = Path("tiny-rerun/store/left")
    kept.touch()
    assert main([], capsule) == AGREES
    assert "going on in" in capfd.readouterr().err
    assert kept.exists()


def test_an_interrupt_waits_for_the_graph_to_end_well(capsule: Path, home: Path) -> None:
    waiting = """
import signal, time
def end_well(*_):
    (store.parent / "ended-well").touch()
    sys.exit(1)
signal.signal(signal.SIGINT, end_well)
(store.parent / "waiting").touch()
time.sleep(60)
"""
    edited(capsule, "source/study.txt", lambda text: text.replace(b"\ndata = ", waiting.encode() + b"\ndata = "))
    process = subprocess.Popen([sys.executable, capsule], stderr=subprocess.PIPE, text=True, start_new_session=True)
    store = Path("tiny-rerun/store")
    deadline = time.monotonic() + 30
    while not (store / "waiting").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    # as a terminal does: to all that belong to the command
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == REFUSED
    assert "interrupted; start again" in said
    assert (store / "ended-well").exists()


def test_what_was_unpacked_must_stay_as_it_is(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (home / "interrupt").touch()
    assert main([], capsule) == REFUSED
    Path("tiny-rerun/source/study.txt").write_text("print(5)\n")
    assert main([], capsule) == REFUSED
    assert "source/study.txt has been changed" in capfd.readouterr().err


def test_a_folder_of_something_else_is_left_alone(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("tiny-rerun").mkdir()
    Path("tiny-rerun/mine").write_text("1")
    assert main([], capsule) == REFUSED
    assert "is not empty" in capfd.readouterr().err
    assert [path.name for path in Path("tiny-rerun").iterdir()] == ["mine"]


def test_a_tampered_member_is_named(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    edited(capsule, "source/study.txt", lambda text: text + b"# evil\n", honest=False)
    assert main([], capsule) == REFUSED
    assert "source/study.txt has been changed" in capfd.readouterr().err
    assert list(Path().iterdir()) == []


def test_flipped_and_missing_bytes_are_refused(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    content = capsule.read_bytes()
    place = content.index(b"CONSTANT = 2.0")
    capsule.write_bytes(content[:place] + b"k" + content[place + 1 :])
    assert main([], capsule) == REFUSED
    assert "source/study.txt" in capfd.readouterr().err
    capsule.write_bytes(content[: len(content) // 2])
    assert main([], capsule) == REFUSED
    assert "damaged or incomplete" in capfd.readouterr().err
    assert main(["--only-verify", str(capsule)]) == REFUSED
    assert list(Path().iterdir()) == []


def test_a_missing_input_is_named_and_can_be_given(
    tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    capsule = made(tmp_path, data=False)
    assert main([], capsule) == REFUSED
    said = capfd.readouterr().err
    for needed in ("tiny/events.txt", "http://127.0.0.1:9/events.txt", "10.1/tiny", "--mirror", "--with-data"):
        assert needed in said
    assert "making the environment" not in said
    copy = tmp_path / "copies" / "tiny" / "events.txt"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(DATA[:-1])
    assert main(["--mirror", str(tmp_path / "copies")], capsule) == REFUSED
    copy.write_bytes(DATA)
    assert main(["--mirror", str(tmp_path / "copies")], capsule) == AGREES
    # what has been fetched needs no source any more; this study itself asks for its mirror again
    capfd.readouterr()
    assert main([], capsule) == REFUSED
    assert "law ends with" in capfd.readouterr().err


def test_records_are_verified_without_a_rerun(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([], capsule) == AGREES
    store = Path("tiny-rerun/store")
    capfd.readouterr()
    assert main(["verify", "--store", str(store)], capsule) == AGREES
    lines = capfd.readouterr().out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["FetchData/data", "same"],
        ["FitMeasurement/default", "same"],
        ["CollectResults/default", "same"],
    ]
    (store / "tiny/FetchData/data-000000000000/events.txt").write_bytes(b"1.5 2.5 3.6\n")
    (store / "tiny/CollectResults/default-000000000000/manifest.json").unlink()
    assert main(["--only-verify", "--store", str(store)], capsule) == DIFFERS
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].split() == ["FetchData/data", "DIFFERS", "events.txt"]
    assert lines[2].split() == ["CollectResults/default", "missing"]
    assert main(["verify", "--store", "nowhere"], capsule) == REFUSED


def test_no_file_and_no_capsule(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.zip")]) == REFUSED
    assert "there is no file" in capfd.readouterr().err
