"""A capsule's own command, from the file to the verdict."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.preservation import command
from analysis.preservation.command import AGREES, DIFFERS, REFUSED, main

from .interrupting import WAITING, check_it_ends_well
from .rerunnable import DATA, edited, made
from .test_rerunning import rewritten

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
        "ERUMFLOW_COMPILED": "/elsewhere",
        "LAW_CONFIG_FILE": "/elsewhere/law.cfg",
        "LUIGI_CONFIG_PATH": "/elsewhere/luigi.cfg",
        "LAW__store__root": "/elsewhere",
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
    # native code of nobody else
    assert seen["environment"]["ERUMFLOW_COMPILED"] == str(here / "compiled")
    assert (here / "compiled").stat().st_mode & 0o777 == 0o700
    # where packages come from is the caller's business, all else is not; where is told without a password
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
    edited(capsule, "source/study.txt", lambda text: text.replace(b"\ndata = ", WAITING.encode() + b"\ndata = "))
    check_it_ends_well([sys.executable, capsule])


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


def test_looking_runs_nothing_of_it(capsule: Path, home: Path) -> None:
    for member in ("source/setup.sh", "source/study.txt"):
        ran = (
            b'touch "$HOME/ran"\n'
            if member.endswith(".sh")
            else b'__import__("pathlib").Path.home().joinpath("ran").touch()\n'
        )
        edited(capsule, member, lambda text, ran=ran: ran + text)  # type: ignore[misc]
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-m", "tasks.rerun", "verify", str(capsule)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, text=True)
    assert done.returncode == AGREES, done.stderr
    assert not (home / "ran").exists()
    main([], capsule)
    assert (home / "ran").exists()


def test_no_file_and_no_capsule(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.zip")]) == REFUSED
    assert "there is no file" in capfd.readouterr().err


SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "API_TOKEN": "secret",
    "GITHUB_TOKEN": "secret",
    "BEARER_TOKEN": "secret",
    "SSH_AUTH_SOCK": "/run/agent",
    "X509_USER_PROXY": "/tmp/x509up_u0",
    "KRB5CCNAME": "FILE:/tmp/krb5cc_0",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/bus",
    "LD_PRELOAD": "",
    "BASH_FUNC_sed%%": "() { echo evil; }",
    "OPENAI_API_KEY": "secret",
    "PIP_EXTRA_INDEX_URL": "https://me:secret@packages.example.org/simple",
    "https_proxy": "http://me:secret@proxy.example.org:3128",
}


@pytest.mark.parametrize("by_itself", [True, False])
def test_it_is_given_no_keys(capsule: Path, home: Path, by_itself: bool) -> None:
    edited(capsule, "source/setup.sh", lambda text: b'env -0 >"$ERUMFLOW_STORE/given"\n' + text)
    root = Path(__file__).resolve().parents[3]
    program = [str(capsule)] if by_itself else ["-m", "tasks.rerun", str(capsule)]
    kept = {"LC_ALL": "C", "http_proxy": "http://proxy.example.org:3128", "PIP_INDEX_URL": "https://pypi.example.org"}
    environment = os.environ | SECRETS | kept | {"PYTHONPATH": "" if by_itself else str(root)}
    done = subprocess.run([sys.executable, *program], env=environment, capture_output=True, text=True)
    assert done.returncode == AGREES, done.stderr
    text = Path("tiny-rerun/store/given").read_text()
    given = dict(line.partition("=")[::2] for line in text.split("\0") if line)
    assert not SECRETS.keys() & given.keys()
    assert "secret" not in text
    assert kept.items() <= given.items()
    # who needs it is told, and what it says is not
    assert (
        "for it has a password: PIP_EXTRA_INDEX_URL, https_proxy; if the capsule may see it: --variables" in done.stderr
    )
    assert "secret" not in done.stderr
    # to the last step
    assert not SECRETS.keys() & json.loads(Path("tiny-rerun/store/seen.json").read_text())["environment"].keys()


def test_what_it_may_see_is_named(
    capsule: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    options = ["--variables", "X509_USER_PROXY,BEARER_TOKEN", "--variables", "https_proxy"]
    assert main(options, capsule) == AGREES
    given = json.loads(Path("tiny-rerun/store/seen.json").read_text())["environment"]
    assert SECRETS.keys() & given.keys() == {"X509_USER_PROXY", "BEARER_TOKEN", "https_proxy"}
    capfd.readouterr()
    assert main(["--variables", "NO_SUCH_TOKEN"], capsule) == REFUSED
    assert "there is no environment variable NO_SUCH_TOKEN" in capfd.readouterr().err
    for name in ("LD_PRELOAD", "PYTHONPATH", "XLA_FLAGS"):
        assert main(["--variables", name], capsule) == REFUSED
        assert f"{name} is not handed over" in capfd.readouterr().err


def test_a_rerun_that_changes_what_it_is_compared_with_has_no_verdict(
    capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    change = b'\n(store.parent.parent / "expectations.json").write_text("{}")\ndata = '
    edited(capsule, "source/study.txt", lambda text: text.replace(b"\ndata = ", change))
    assert main([], capsule) == REFUSED
    assert "expectations.json has been changed" in capfd.readouterr().err
    assert not Path("tiny-rerun/verdict.json").exists()


def test_a_verdict_is_written_to_no_other_place(capsule: Path, home: Path) -> None:
    (home / "profile").write_text("mine")
    link = b'\n(store.parent.parent / "verdict.json").symlink_to(os.environ["HOME"] + "/profile")\ndata = '
    edited(capsule, "source/study.txt", lambda text: text.replace(b"\ndata = ", link))
    assert main([], capsule) == AGREES
    assert verdict()["agrees"]
    assert (home / "profile").read_text() == "mine"


@pytest.mark.parametrize(
    ("member", "content"),
    [("expectations.json", b"[" * 200_000), ("inputs.json", b'{"format": ' * 200_000), (FIT, b"[" * 200_000)],
)
def test_depths_are_told(
    capsule: Path, home: Path, member: str, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    rewritten(capsule, {member: content}, said=True)
    assert main([], capsule) == REFUSED
    said = capfd.readouterr().err
    assert "nested too deeply" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("error", [RuntimeError("evil \x1b[2J"), MemoryError(), AttributeError("x")])
def test_a_mistake_of_its_own_is_no_difference(
    capsule: Path, home: Path, error: Exception, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(command.verdict, "judge", broken)
    assert main([], capsule) == REFUSED
    said = capfd.readouterr().err
    assert "Traceback" in said
    assert "a mistake in erumflow itself, and no verdict" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("module", ["command", "verdict"])
def test_a_program_that_cannot_begin_is_no_difference(capsule: Path, home: Path, module: str) -> None:
    edited(capsule, f"source/analysis/preservation/{module}.py", lambda text: b"import nowhere\n")
    done = subprocess.run([sys.executable, capsule, "verify"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (REFUSED, "")
    assert "No module named 'nowhere'" in done.stderr


def test_names_do_not_command_the_terminal(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    odd = "mean\x1b[2J\u202e\x9b\r\nDIFFERS\a"

    def named(text: bytes) -> bytes:
        stored = json.loads(text)
        stored["expectations"][0]["name"] = odd
        return json.dumps(stored).encode()

    edited(capsule, "expectations.json", named)
    edited(
        capsule,
        "source/study.txt",
        lambda text: text.replace(b'"name": "mean"', b'"name": ' + json.dumps(odd).encode()),
    )
    edited(capsule, FIT, lambda manifest: {**manifest, "host": {**manifest["host"], "processor": "A\x1b]0;x\a"}})
    assert main([], capsule) == AGREES
    said = capfd.readouterr()
    assert "mean\\x1b[2J\\u202e\\x9b\\r\\nDIFFERS\\x07  5 " in said.out
    assert "processor: A\\x1b]0;x\\x07 and" in said.out
    assert not set("\x1b\x07\r\x9b\u202e") & set(said.out + said.err)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "socket"])
def test_what_is_no_ordinary_file_is_refused(
    tmp_path: Path, home: Path, kind: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "x.zip"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    elif kind == "folder":
        place.mkdir()
    else:
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("x.zip")
    for words in (["verify", str(place)], [str(place)]):
        assert main(words) == REFUSED
        assert f"{place} is no ordinary file" in capfd.readouterr().err


def test_a_link_to_a_capsule_is_one(capsule: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "link.zip").symlink_to(capsule)
    assert main(["verify", str(tmp_path / "link.zip")]) == AGREES
