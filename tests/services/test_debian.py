"""The bare Debian 13 has what it says, keeps what is outside from what is inside, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from tests.services.servers import SCRIPTS, Debian

pytestmark = pytest.mark.services

USER = "physicist"
HOME = f"/home/{USER}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty folder whose name is nowhere else on this machine."""
    folder = tmp_path / uuid.uuid4().hex
    folder.mkdir()
    return folder


def printed(debian: Debian, home: Path, *command: str, network: bool = True) -> str:
    done = debian.run(home, command, network=network)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python(debian: Debian, home: Path, script: str, *arguments: str, network: bool = True) -> str:
    return printed(debian, home, "python3", "-c", script, *arguments, network=network)


def test_there_is_python_and_nothing_else(debian: Debian, home: Path) -> None:
    script = """
import importlib.metadata, importlib.util, shutil, sys
print(*sys.version_info[:2])
print([found.name for found in importlib.metadata.distributions()])
print([name for name in ("ensurepip", "pip", "setuptools", "numpy") if importlib.util.find_spec(name)])
print([name for name in ("pip", "pip3", "uv", "git", "make", "gcc", "cc", "curl", "wget") if shutil.which(name)])
"""
    assert python(debian, home, script).splitlines() == ["3 13", "[]", "[]", "[]"]
    assert printed(debian, home, "cat", "/etc/debian_version").startswith("13")


def test_a_user_without_rights_and_with_an_empty_home(
    debian: Debian, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERUMFLOW_STORE", "/elsewhere")
    assert printed(debian, home, "id", "-un") == "physicist\n"
    script = "import os; print(os.getuid() > 0, os.getcwd(), os.listdir(), *sorted(os.environ))"
    # of the shell that goes to the home folder first
    shell = ["OLDPWD", "PWD", "SHLVL"]
    own = ["HOME", "LANG", "PATH", "PIP_CERT", "SSL_CERT_FILE", "USER"]
    assert python(debian, home, script).split() == ["True", HOME, "[]", *sorted(own + shell)]


def test_only_the_home_folder_keeps_anything(debian: Debian, home: Path) -> None:
    script = """
import os
for folder, inner, _ in os.walk("/"):
    inner[:] = [name for name in inner if (folder, name) != ("/", "proc")]
    if os.access(folder, os.W_OK):
        print(folder)
        open(os.path.join(folder, "made"), "w").close()
"""
    assert sorted(python(debian, home, script).split()) == ["/dev/shm", HOME, "/tmp"]
    assert (home / "made").is_file()
    assert printed(debian, home, "ls", "/dev/shm", HOME, "/tmp") == f"/dev/shm:\n\n{HOME}:\nmade\n\n/tmp:\n"


def test_files_are_its_users_and_results_come_out(debian: Debian, home: Path) -> None:
    (home / "word.txt").write_text("from outside\n")
    (home / "word.txt").chmod(0o600)
    done = debian.run(home, ["bash", "-c", "cp word.txt back.txt && echo said && echo told >&2 && exit 7"])
    assert (done.returncode, done.stdout, done.stderr) == (7, "said\n", "told\n")
    assert (home / "back.txt").read_text() == "from outside\n"


def test_the_network_can_be_refused(debian: Debian, home: Path) -> None:
    script = """
import socket, sys
own = socket.create_server(("127.0.0.1", 0))
socket.create_connection(own.getsockname())
try:
    socket.create_connection(("192.0.2.1", 9), timeout=0.5)
except TimeoutError:
    pass
except OSError as error:
    print(error.strerror)
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    print("reached")
except ConnectionRefusedError:
    print("refused")
"""
    with socket.create_server(("127.0.0.1", 0)) as outside:
        port = str(outside.getsockname()[1])
        assert "reached" in python(debian, home, script, port)
        assert python(debian, home, script, port, network=False).splitlines() == ["Network is unreachable", "refused"]


def seen(home: Path) -> int:
    """How many processes have this folder mounted."""
    count = 0
    for file in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            count += home.name in file.read_text()
        except OSError:
            continue
    return count


def wait_until_seen(home: Path, expected: bool) -> None:
    until = time.monotonic() + 20
    while bool(seen(home)) is not expected:
        assert time.monotonic() < until, f"{seen(home)} processes have {home} mounted"
        time.sleep(0.05)


def test_nothing_stays_when_a_command_ends(debian: Debian, home: Path) -> None:
    printed(debian, home, "bash", "-c", "setsid sleep 1000 >/dev/null 2>&1 & touch begun")
    assert (home / "begun").exists()
    wait_until_seen(home, False)
    assert "/debian/root" not in Path("/proc/mounts").read_text()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_stays_when_it_is_killed(debian: Debian, home: Path, how: signal.Signals) -> None:
    script = "setsid sleep 1000 & touch begun; sleep 1000"
    command = ["bash", str(SCRIPTS / "debian.sh"), "run", str(home), "bash", "-c", script]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            wait_until_seen(home, True)
            assert str(home) not in Path("/proc/mounts").read_text()
        finally:
            process.send_signal(how)
    assert process.returncode
    wait_until_seen(home, False)


def test_an_interrupt_is_the_commands_own(debian: Debian, home: Path) -> None:
    script = """
import time
try:
    open("begun", "w").close()
    time.sleep(1000)
except KeyboardInterrupt:
    raise SystemExit(5)
"""
    command = ["bash", str(SCRIPTS / "debian.sh"), "run", str(home), "python3", "-c", script]
    # as a terminal does it: to all of them
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        until = time.monotonic() + 20
        while not (home / "begun").exists() and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
    assert process.returncode == 5
