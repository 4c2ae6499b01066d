"""A capsule in a sandbox: what its code tries, it tries in vain, and the numbers are the same."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.preservation.command import AGREES, DIFFERS, REFUSED, main
from analysis.preservation.sandbox import HOME, sandbox

from .interrupting import WAITING, check_it_ends_well
from .rerunnable import edited, made
from .test_rerunning import rewritten

STUDY = "source/study.txt"
# what a study may try, and what it is told
TRIES = """
import pathlib, socket
def tried(what):
    try:
        return str(what())
    except OSError as error:
        return type(error).__name__
private = pathlib.Path("PRIVATE")
tries = {
    "loopback": lambda: socket.create_connection(("127.0.0.1", PORT), timeout=5).close(),
    "own loopback": lambda: socket.create_server(("127.0.0.1", 0)).close(),
    "far": lambda: socket.create_connection(("192.0.2.1", 80), timeout=0.2),
    "read": private.read_text,
    "write": lambda: (private.parent / "written").write_text("x"),
    "write to the system": lambda: pathlib.Path("/usr/SYSTEM").write_text("x"),
    "write beside": lambda: (store.parent.parent.parent / "beside").write_text("x"),
    "expectations": lambda: (store.parent.parent / "expectations.json").open("ab").close(),
    "verdict": lambda: (store.parent.parent / "verdict.json").symlink_to(private),
    "settings": lambda: (pathlib.Path("law_rerun.cfg").unlink(), pathlib.Path("law_rerun.cfg").symlink_to(private)),
    "keys of the parent": lambda: b"API_TOKEN" in pathlib.Path("/proc/%d/environ" % os.getppid()).read_bytes(),
    "processes": lambda: len([name for name in os.listdir("/proc") if name.isdecimal()]) < 20,
    "home": lambda: os.environ["HOME"],
    "own home": lambda: pathlib.Path(os.environ["HOME"], "x").write_text("x"),
    "temporary": lambda: pathlib.Path("/tmp/SYSTEM").write_text("x"),
}
if "SYSTEM" == "":
    # for root, the system is as open as ever
    del tries["write to the system"], tries["temporary"]
(store.parent / "tried.json").write_text(json.dumps({name: tried(what) for name, what in tries.items()}))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a secret, and an empty folder to be in."""
    for name in ("home", "here"):
        (tmp_path / name).mkdir()
    (tmp_path / "home" / "private").write_text("secret")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("API_TOKEN", "secret")
    monkeypatch.delenv("ERUMFLOW_MIRROR", raising=False)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture
def capsule(tmp_path: Path) -> Path:
    """A capsule that brings all it needs."""
    file = made(tmp_path)
    rewritten(file, {"wheels/x.whl": b"x"}, said=True)
    # the environment may not be written to, once it is there
    setup = b'[ ! -e "$_base/.venv/law" ] || { export PATH="$_base/.venv:$PATH"; return 0; }\nmkdir -p'
    edited(file, "source/setup.sh", lambda text: text.replace(b"mkdir -p", setup))
    return file


@pytest.fixture
def listener() -> Iterator[int]:
    """Port of a server outside."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def trying(capsule: Path, home: Path, port: int, code: str = TRIES, system: str = "") -> None:
    """Let a capsule's study do more than it says.

    Args:
        capsule: changed in place.
        home: with a secret.
        port: of a server outside.
        code: for its study.
        system: name of a file for folders of the system; empty to try none.
    """
    more = code.replace("PRIVATE", str(home / "private")).replace("PORT", str(port)).replace("SYSTEM", system).encode()
    edited(capsule, STUDY, lambda text: text.replace(b"\ndata = ", more + b"\ndata = "))


def told(folder: str = "tiny-rerun") -> dict[str, str]:
    found: dict[str, str] = json.loads(Path(folder, "store/tried.json").read_text())
    return found


@pytest.mark.services
@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.parametrize("options", [["--no-network"], ["--container"], ["--no-network", "--container"]])
def test_what_it_tries_it_tries_in_vain(
    capsule: Path, home: Path, listener: int, options: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    system = f"written-by-{uuid.uuid4().hex}" if "--container" in options else ""
    trying(capsule, home, listener, system=system)
    assert main(["--keep", *options], capsule) == AGREES, capfd.readouterr().err
    found = told()
    # loopback of its own is there in any case, and nobody else's processes are
    assert (found["own loopback"], found["processes"], found["keys of the parent"]) == ("None", "True", "False")
    if "--no-network" in options:
        assert found["loopback"] == "ConnectionRefusedError"
        assert found["far"] == "OSError"
    else:
        assert found["loopback"] == "None"
    if "--container" in options:
        assert found["read"] == "FileNotFoundError"
        assert found["home"] == HOME
        assert found["own home"] == found["temporary"] == "1"
        kept_out = ("write", "write to the system", "expectations", "verdict")
        assert {found[name] for name in kept_out} <= {"OSError", "FileNotFoundError"}
        assert {path.name for path in Path().iterdir()} == {"tiny-rerun"}
        assert {path.name for path in Path("tiny-rerun").iterdir()} >= {"source", "store", "verdict.json"}
        assert not Path("tiny-rerun/.container").exists()
        assert not Path("/tmp", system).exists()
        # going on writes settings where the rerun has put a link to something else
        assert Path("tiny-rerun/source/law_rerun.cfg").is_symlink()
        assert main(options, capsule) == AGREES
    else:
        assert found["read"] == "secret"
    assert (home / "private").read_text() == "secret"


@pytest.mark.services
@pytest.mark.usefixtures("bubblewrap")
def test_inputs_come_from_copies(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        capsule = made(tmp_path, address=f"http://127.0.0.1:{server.getsockname()[1]}/events.txt", data=False)
        rewritten(capsule, {"wheels/x.whl": b"x"}, said=True)
        assert main(["--no-network"], capsule) == REFUSED
        said = capfd.readouterr().err
        # nobody asked
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "1 of 1 inputs cannot be had" in said
    assert "the rerun has no network (--no-network)" in said
    assert "--mirror FOLDER (or ERUMFLOW_MIRROR)" in said
    (tmp_path / "copies" / "tiny").mkdir(parents=True)
    (tmp_path / "copies" / "tiny" / "events.txt").write_bytes(b"1.5 2.5 3.5\n")
    for options in (["--no-network"], ["--no-network", "--container", "--folder", "again"]):
        assert main([*options, "--mirror", str(tmp_path / "copies")], capsule) == AGREES


@pytest.mark.services
@pytest.mark.usefixtures("bubblewrap")
def test_what_it_prints_does_not_command_the_terminal(
    capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = r"""
print("\x1b]0;owned\x07\x1b[2Jlower\nnext", flush=True)
os.write(2, b"\xff\x9b")
import os
out = {name: os.readlink("/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd") if name in "012"}
(store.parent / "tried.json").write_text(json.dumps([*out.values(), os.path.exists("/dev/tty") and os.isatty(2)]))
"""
    trying(capsule, home, 0, code)
    assert main(["--container"], capsule) == AGREES
    said = capfd.readouterr().err
    assert "\\x1b]0;owned\\x07\\x1b[2Jlower\nnext\n" in said
    assert "\x1b" not in said


@pytest.mark.services
@pytest.mark.usefixtures("bubblewrap")
def test_an_interrupt_reaches_what_is_inside(capsule: Path, home: Path) -> None:
    trying(capsule, home, 0, WAITING)
    check_it_ends_well([sys.executable, capsule, "--container"])


@pytest.mark.services
@pytest.mark.usefixtures("bubblewrap")
def test_links_show_nothing(home: Path, tmp_path: Path) -> None:
    """What an earlier step has put where a later one is shown something."""
    folder = tmp_path / "to"
    for name in ("source", "store"):
        (folder / name).mkdir(parents=True)
    (folder / "source/.venv").symlink_to(home)
    (folder / "store/tiny").symlink_to(home)
    (folder / ".container").symlink_to(home)

    def within(*words: str) -> subprocess.CompletedProcess[str]:
        command = sandbox(network=True, container=True).command(
            words,
            folder,
            interpreter=sys.executable,
            variables={},
            written=("source", "store"),
            fixed=("source/.venv",),
        )
        return subprocess.run(command, capture_output=True, text=True)

    done = within(
        "bash",
        "-c",
        'cat /tmp/private "$0"/source/.venv/private "$0"/store/tiny/private; echo x >/tmp/x',
        str(folder),
    )
    assert done.stdout == ""
    assert done.stderr.count("No such file or directory") == 3
    assert [path.name for path in home.iterdir()] == ["private"]
    # a folder is shown, and cannot be written to
    (folder / "source/.venv").unlink()
    (folder / "source/.venv").mkdir()
    done = within("touch", str(folder / "source/.venv/x"))
    assert "Read-only file system" in done.stderr


@pytest.mark.services
@pytest.mark.usefixtures("bubblewrap")
def test_files_that_it_leaves_are_no_traps(capsule: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A pipe in the store would keep the verdict waiting; neither it nor a link is a record."""
    code = """
for name in ("a", "b"):
    trap = store / "Trap" / (name + "-000000000000")
    trap.mkdir(parents=True)
    os.mkfifo(trap / "manifest.json") if name == "a" else (trap / "manifest.json").symlink_to("/etc/shadow")
"""
    trying(capsule, home, 0, code)
    assert main(["--container"], capsule) == AGREES, capfd.readouterr().err


@pytest.mark.parametrize("options", [["--no-network"], ["--container"]])
def test_without_bubblewrap_nothing_runs(
    capsule: Path, home: Path, tmp_path: Path, options: list[str], monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "mkdir", "chmod", "dirname"):
        (programs / name).symlink_to(shutil.which(name) or "/bin/false")
    monkeypatch.setenv("PATH", str(programs))
    assert main(options, capsule) == REFUSED
    said = capfd.readouterr().err
    assert "there is no bwrap" in said
    assert "install bubblewrap" in said
    # one that is not allowed to
    (programs / "bwrap").write_text("#!/bin/bash\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    (programs / "bwrap").chmod(0o755)
    assert main(options, capsule) == REFUSED
    said = capfd.readouterr().err
    assert f"cannot do what {options[0]} asks for: bwrap: No permissions to create new namespace" in said
    assert "the machine's administrator" in said
    assert not Path("tiny-rerun/store").exists()
    assert main([], capsule) == AGREES


@pytest.mark.services
@pytest.mark.usefixtures("bubblewrap")
def test_what_cannot_be_held_back_is_refused(
    tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    capsule = made(tmp_path)
    assert main(["--no-network"], capsule) == REFUSED
    assert "the packages of the lock come from a registry" in capfd.readouterr().err
    for options in (["--container"], ["--no-network"]):
        assert main([*options, "--workflow", "slurm"], capsule) == REFUSED
        assert "jobs of slurm run on other machines" in capfd.readouterr().err
    assert not Path("tiny-rerun/store").exists()
    # an environment that is there already
    assert main(["--keep"], capsule) == AGREES
    assert main(["--no-network"], capsule) == AGREES


@pytest.mark.services
@pytest.mark.usefixtures("bubblewrap")
def test_a_difference_is_one_in_a_sandbox_too(capsule: Path, home: Path) -> None:
    edited(capsule, STUDY, lambda text: text.replace(b"CONSTANT = 2.0", b"CONSTANT = 2.002"))
    assert main(["--container", "--no-network"], capsule) == DIFFERS
