"""setup.sh, sourced for real in bash and zsh."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
LOCKS = tuple(sorted(path.name for path in REPOSITORY.glob("requirements*.lock")))
SHELLS = {"bash": ["bash", "--noprofile", "--norc"], "zsh": ["zsh", "-f"]}


@pytest.fixture(params=list(SHELLS))
def shell(request: pytest.FixtureRequest) -> str:
    """The name of a shell that setup.sh serves."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user's environment before setup.sh: an empty home folder, and nothing that an earlier setup left."""
    ours = ("ERUMFLOW_", "LAW_", "PYTHON", "VIRTUAL_ENV", "MPLCONFIGDIR", "PYTEST_", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    folders = [f for f in kept["PATH"].split(os.pathsep) if Path(f) != REPOSITORY / ".venv" / "bin"]
    home = tmp_path / "home"
    home.mkdir()
    # where packages come from stays the user's choice
    pip_configuration = Path("~/.config/pip/pip.conf").expanduser()
    if pip_configuration.is_file():
        kept.setdefault("PIP_CONFIG_FILE", str(pip_configuration))
    return kept | {"PATH": os.pathsep.join(folders), "HOME": str(home)}


@pytest.fixture
def source(environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in a shell, in a folder that is not the project's, beside an environment that is there already."""
    if not (REPOSITORY / ".venv" / ".erumflow-stamp").is_file():
        pytest.skip("no .venv: source setup.sh first")

    def run(shell: str, script: str, *options: str, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [*SHELLS[shell], *options, "-c", script.replace("SETUP", shlex.quote(str(REPOSITORY / "setup.sh")))]
        return subprocess.run(
            command, cwd=tmp_path, env=environment | extra, capture_output=True, text=True, timeout=120
        )

    return run


def variables(printed: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in printed.split("\0") if "=" in line)


def test_exports_what_law_needs_and_prints_nothing(shell: str, source: Callable) -> None:
    done = source(shell, "set -eu; source SETUP; env -0", PYTHONPATH="/elsewhere:/other")
    assert (done.returncode, done.stderr) == (0, "")
    found = variables(done.stdout)
    expected = {
        "ERUMFLOW_BASE": f"{REPOSITORY}",
        "LAW_HOME": f"{REPOSITORY}/.law",
        "LAW_CONFIG_FILE": f"{REPOSITORY}/law.cfg",
        "LAW_INDEX_FILE": f"{REPOSITORY}/.law/index",
        "MPLCONFIGDIR": f"{REPOSITORY}/.cache/matplotlib",
        "VIRTUAL_ENV": f"{REPOSITORY}/.venv",
        "PYTHONPATH": f"{REPOSITORY}:/elsewhere:/other",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["PATH"].split(":")[0] == f"{REPOSITORY}/.venv/bin"


@pytest.mark.services
def test_a_folder_that_cannot_be_written_to_serves(shell: str, environment: dict[str, str], tmp_path: Path) -> None:
    """As in a container's image: the list of fonts goes to a folder of one's own."""
    project = shlex.quote(str(REPOSITORY))
    fonts = "python -W error -c 'import matplotlib.font_manager'"
    inner = shlex.join([*SHELLS[shell], "-c", f"source {project}/setup.sh && {fonts} && env -0"])
    read_only = f"mount --rbind {project} {project} && mount -o remount,bind,ro {project} && exec {inner}"
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "bash", "-c", read_only],
        cwd=tmp_path,
        env=environment | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = variables(done.stdout)["MPLCONFIGDIR"]
    assert Path(found).parent.parent == tmp_path
    assert list(Path(found).glob("fontlist*.json"))
    assert Path(found).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "names",
    [
        ("cd", "mktemp", "sed", "dirname", "cat", "mkdir", "grep", "source", "printf", "python3"),
        ("module", "ml", "env", "readlink", "bash", "id", "find", "awk", "cksum", "pwd"),
        ("cd",),
    ],
)
def test_functions_of_the_calling_shell_are_not_called(names: tuple[str, ...], source: Callable) -> None:
    """Module systems and ROS export some."""
    functions = "".join(f"{name}() {{ echo wrong >&2; return 1; }}; export -f {name}; " for name in names)
    done = source("bash", f"{functions} builtin source SETUP && builtin printf '%s' $ERUMFLOW_BASE")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", str(REPOSITORY))


def test_what_other_shells_begin_with_is_not_run(shell: str, source: Callable, tmp_path: Path) -> None:
    (tmp_path / "begin").write_text("sed() { echo wrong >&2; return 1; }\ncd /\n")
    done = source(shell, "source SETUP && printf '%s' $ERUMFLOW_BASE", BASH_ENV=f"{tmp_path}/begin", CDPATH="/:/usr")
    assert (done.stdout, "requirements.lock" in done.stderr) == (str(REPOSITORY), False)


def test_it_may_be_a_link(shell: str, source: Callable, tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(REPOSITORY / "setup.sh")
    (tmp_path / "two.sh").symlink_to("one")
    done = source(shell, "source ./two.sh && echo $ERUMFLOW_BASE && law --version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[0] == str(REPOSITORY)


def test_commands_are_those_of_the_environment(shell: str, source: Callable) -> None:
    done = source(shell, "source SETUP && command -v law python pytest && law run TrainModel --help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:3] == [f"{REPOSITORY}/.venv/bin/{name}" for name in ("law", "python", "pytest")]
    assert "--study" in done.stdout


def test_sourcing_again_changes_nothing(shell: str, source: Callable) -> None:
    script = "source SETUP; env -0; printf '\\0#\\0'; source SETUP; export PATH=/usr/bin:$PATH; source SETUP; env -0"
    shells_own = {"_", "SHLVL"}
    done = source(shell, script)
    assert done.returncode == 0, done.stderr
    once, again = (variables(part) for part in done.stdout.split("\0#\0"))
    own = f"{REPOSITORY}/.venv/bin"
    assert again.pop("PATH") == f"{own}:/usr/bin:" + once.pop("PATH").removeprefix(f"{own}:")
    assert once["PYTHONPATH"] == str(REPOSITORY)
    assert {k: v for k, v in again.items() if k not in shells_own} == {
        k: v for k, v in once.items() if k not in shells_own
    }


def test_leaves_options_variables_and_functions_alone(shell: str, source: Callable) -> None:
    state = {
        "bash": 'set +o; shopt -p; declare -F; compgen -v | grep -vE "^(BASH_|FUNCNAME|PIPESTATUS|_$)"',
        "zsh": "setopt; print -l ${(ok)parameters} ${(ok)functions}",
    }[shell]
    options = {"bash": "set -eu; set -C; set -o pipefail; ", "zsh": "setopt err_exit no_unset no_clobber ksh_arrays; "}
    modules = "zmodload zsh/parameter; : ${(k)parameters}; " if shell == "zsh" else ""
    done = source(shell, f"{options[shell]}{modules}state() {{ {state}; }}; state; echo '####'; source SETUP; state")
    assert done.returncode == 0, done.stderr
    before, after = (set(part.split("\n")) - {""} for part in done.stdout.split("####\n"))
    assert before - after == set()
    assert after - before <= {
        *("ERUMFLOW_BASE", "LAW_HOME", "LAW_CONFIG_FILE", "LAW_INDEX_FILE"),
        *("MPLCONFIGDIR", "PYTHONPATH", "VIRTUAL_ENV"),
    }


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("law run Train", "TrainModel"), ("law run TrainModel --stu", "--study"), ("law ind", "index")],
)
def test_completion_where_somebody_types(shell: str, source: Callable, typed: str, expected: str) -> None:
    words = typed.split()
    script = (
        f"set +e; source SETUP || exit 1; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; "
        # as zsh's bashcompinit calls it
        '[ -z "${ZSH_VERSION:-}" ] || emulate ksh; _law_complete; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = source(shell, script, "-i", TERM="dumb")
    assert done.returncode == 0, done.stderr
    assert expected in [line.strip() for line in done.stdout.split("\n")]


def test_touches_nothing_of_the_home_folder(shell: str, source: Callable, environment: dict[str, str]) -> None:
    done = source(shell, "source SETUP && law run TrainModel --help >/dev/null", "-i", TERM="dumb")
    assert done.returncode == 0, done.stderr
    assert list(Path(environment["HOME"]).rglob("*")) == []


@pytest.mark.parametrize("version", [(3, 10, 4), (3, 14, 0)])
def test_a_python_that_does_not_serve_is_named(
    shell: str, source: Callable, tmp_path: Path, version: tuple[int, int, int]
) -> None:
    # this interpreter, made to answer with another version
    python = tmp_path / "python3"
    code = f"import sys; sys.version_info = {version}; exec(sys.argv.pop(1))"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -c {shlex.quote(code)} "$3"\n')
    python.chmod(0o755)
    done = source(shell, "source SETUP || echo returned $?", ERUMFLOW_PYTHON=str(python))
    assert (done.returncode, done.stdout) == (0, "returned 1\n")
    assert done.stderr.count("\n") == 1
    assert str(python) in done.stderr
    assert ".".join(map(str, version)) in done.stderr


def test_a_python_that_is_not_there_is_named(shell: str, source: Callable) -> None:
    done = source(shell, "source SETUP || echo returned $?", ERUMFLOW_PYTHON="/nowhere/python3")
    assert (done.returncode, done.stdout) == (0, "returned 1\n")
    assert "ERUMFLOW_PYTHON=/nowhere/python3" in done.stderr


def test_an_unknown_choice_for_jax_is_named(shell: str, source: Callable) -> None:
    done = source(shell, "ERUMFLOW_JAX=cuda11 source SETUP || echo returned $?")
    assert (done.returncode, done.stdout) == (0, "returned 1\n")
    assert done.stderr == "erumflow: ERUMFLOW_JAX=cuda11 is unknown; use cpu, cuda12 or cuda13\n"


def test_an_unknown_extra_is_named(shell: str, source: Callable) -> None:
    done = source(shell, "ERUMFLOW_EXTRAS=faraday,stars source SETUP || echo returned $?")
    assert (done.returncode, done.stdout) == (0, "returned 1\n")
    known = "arrivals, faraday, serve, site, tracking, trigger"
    assert done.stderr == f"erumflow: ERUMFLOW_EXTRAS=faraday,stars: there is no extra stars; use {known}\n"


def test_says_that_it_is_to_be_sourced(shell: str, environment: dict[str, str], tmp_path: Path) -> None:
    command = [*SHELLS[shell], str(REPOSITORY / "setup.sh")]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "erumflow: setup.sh is to be sourced: source setup.sh\n")


def test_says_which_shells_it_serves(environment: dict[str, str], tmp_path: Path) -> None:
    dash = shutil.which("dash")
    if dash is None:
        pytest.skip("dash is not installed")
    script = f". {shlex.quote(str(REPOSITORY / 'setup.sh'))} || echo returned $?"
    done = subprocess.run([dash, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "returned 1\n")
    assert "bash and zsh" in done.stderr


@pytest.fixture
def clone(environment: dict[str, str], tmp_path: Path) -> Path:
    """A fresh clone, with the working tree's own setup.sh."""
    folder = tmp_path / "a clone"
    subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(folder)], check=True)
    for name in ("setup.sh", *LOCKS, "law.cfg"):
        shutil.copy(REPOSITORY / name, folder / name)
    python = os.environ.get("ERUMFLOW_PYTHON313") or getattr(sys, "_base_executable", "") or sys.executable
    environment["ERUMFLOW_PYTHON"] = python
    # a user's tasks from elsewhere
    (tmp_path / "outside.py").write_text("import law\n\n\nclass MyTask(law.Task):\n    def run(self): ...\n")
    (folder / "law_user.cfg").write_text("[modules]\noutside\n")
    environment["PYTHONPATH"] = str(tmp_path)
    return folder


@pytest.fixture
def start(clone: Path, environment: dict[str, str]) -> Callable[[], subprocess.Popen[str]]:
    """Set up the clone in a shell of its own."""
    script = 'set -eu; source "$0/setup.sh"; python -c "import jax, law, sys; print(sys.prefix)"'

    def popen() -> subprocess.Popen[str]:
        command = ["bash", "-c", script, str(clone)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=environment, cwd=clone.parent, text=True, stdout=pipe, stderr=pipe, start_new_session=True
        )

    return popen


@pytest.fixture
def attempt(clone: Path, environment: dict[str, str], tmp_path: Path) -> Callable[..., str]:
    """Set up the clone where no registry is reachable, and return what it said; ``driver`` is what nvidia-smi says."""

    def run(driver: str = "", **extra: str) -> str:
        programs = tmp_path / "programs"
        programs.mkdir(exist_ok=True)
        (programs / "nvidia-smi").write_text(f"#!/bin/sh\n[ -n '{driver}' ] && echo '{driver}'\n")
        (programs / "nvidia-smi").chmod(0o755)
        nowhere = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "0"}
        path = {"PATH": f"{programs}{os.pathsep}{environment['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", 'source "$0/setup.sh"', str(clone)],
            env=environment | nowhere | path | extra,
            cwd=clone.parent,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode != 0
        return done.stderr

    return run


@pytest.mark.long
@pytest.mark.skipif(Path("/proc/driver/nvidia/version").exists(), reason="this machine has a driver of its own")
def test_a_gpu_is_offered_once_by_its_driver(attempt: Callable[..., str]) -> None:
    offers = {
        "580.65.06": "cuda13",
        "575.57.08\n575.57.08": "cuda12",
        "470.256.02": "",
    }
    for driver, offered in offers.items():
        said = attempt(driver)
        assert "packages from requirements.lock" in said
        version = driver.partition("\n")[0]
        line = f"there is an NVIDIA driver ({version}); for JAX on the GPU: ERUMFLOW_JAX={offered} source setup.sh\n"
        assert said.count("NVIDIA") == said.count(line) == bool(offered), said
    # whoever has chosen is asked nothing
    assert "NVIDIA" not in attempt("580.65.06", ERUMFLOW_JAX="cpu")


@pytest.mark.long
def test_the_choice_for_jax_is_remembered(clone: Path, attempt: Callable[..., str]) -> None:
    said = attempt(ERUMFLOW_JAX="cuda12")
    assert re.search(r"installing \d+ packages from requirements-cuda12\.lock", said)
    # what a finished installation leaves
    venv = clone / ".venv"
    python = [str(venv / "bin" / "python"), "-I", "-c", "import sys; print('.'.join(map(str, sys.version_info[:3])))"]
    version = subprocess.run(python, check=True, capture_output=True, text=True).stdout.strip()
    lock = clone / "requirements-cuda12.lock"
    digest = subprocess.run(["cksum"], input=lock.read_bytes(), check=True, capture_output=True).stdout.decode().strip()
    stamp = f"python {version}\njax cuda12\nlock {digest}\nplace {clone}\n"
    (venv / ".erumflow-stamp").write_text(stamp)
    shutil.copy(lock, venv / ".erumflow-lock")
    assert "packages from" not in attempt("580.65.06")
    assert (venv / ".erumflow-stamp").read_text() == stamp
    said = attempt(ERUMFLOW_JAX="cpu")
    assert "JAX is to run on: cpu: bringing .venv up to date" in said
    assert "packages from requirements.lock" in said


def stamped(clone: Path, lock: Path, *extras: str) -> str:
    """What a finished installation leaves, and the text of its stamp."""
    venv = clone / ".venv"
    python = [str(venv / "bin" / "python"), "-I", "-c", "import sys; print('.'.join(map(str, sys.version_info[:3])))"]
    version = subprocess.run(python, check=True, capture_output=True, text=True).stdout.strip()
    digest = subprocess.run(["cksum"], input=lock.read_bytes(), check=True, capture_output=True).stdout.decode().strip()
    line = f"extras {','.join(extras)}\n" if extras else ""
    stamp = f"python {version}\njax cpu\n{line}lock {digest}\nplace {clone}\n"
    (venv / ".erumflow-stamp").write_text(stamp)
    if lock != venv / ".erumflow-lock":
        shutil.copy(lock, venv / ".erumflow-lock")
    return stamp


@pytest.mark.long
def test_extras_are_remembered_and_go_again(clone: Path, attempt: Callable[..., str]) -> None:
    entry = "a-package-of-nobody==1.0 \\\n    --hash=sha256:" + 64 * "0" + "\n"
    base = clone / "requirements.lock"
    # like the project's own, an extra's lock has everything
    (clone / "requirements-tiny.lock").write_text(entry + base.read_text())
    (clone / "requirements-other.lock").write_text(base.read_text())
    said = attempt(ERUMFLOW_EXTRAS="tiny other,tiny")
    count = len(re.findall(r"(?m)^[a-zA-Z0-9]", base.read_text())) + 1
    assert f"installing {count} packages from requirements.lock and extras other,tiny" in said
    whole = clone / "whole.lock"
    whole.write_text(base.read_text() + entry)
    stamp = stamped(clone, whole, "other", "tiny")
    assert "packages from" not in attempt()
    assert (clone / ".venv" / ".erumflow-stamp").read_text() == stamp
    said = attempt(ERUMFLOW_EXTRAS="")
    assert "extras are to be: none: bringing .venv up to date" in said
    assert f"installing {count - 1} packages from requirements.lock\n" in said
    stamped(clone, base)
    assert "packages from" not in attempt()
    # code that was sent somewhere says what it needs
    (clone / "extras.txt").write_text("tiny\n")
    assert "packages from" not in attempt()
    (clone / ".venv" / ".erumflow-stamp").unlink()
    assert "and extras tiny" in attempt()


@pytest.mark.long
def test_laws_command_is_told_of_the_projects_once(clone: Path, attempt: Callable[..., str]) -> None:
    attempt()
    stamped(clone, clone / "requirements.lock")
    command = clone / ".venv" / "bin" / "law"
    command.write_text('#!/bin/sh\nif __name__ == "__main__":\n    from law.cli import run\n    exit_code = run()\n')
    command.chmod(0o755)
    attempt()
    text = command.read_text()
    assert text == (
        '#!/bin/sh\nif __name__ == "__main__":\n'
        "    try:\n        from tasks.framework.command import run\n"
        "    except ModuleNotFoundError:\n        from law.cli import run\n    exit_code = run()\n"
    )
    assert os.access(command, os.X_OK)
    attempt()
    assert command.read_text() == text
    assert list(command.parent.glob("law.*")) == []


@pytest.mark.long
def test_a_wheel_of_pip_that_is_none_is_named(attempt: Callable[..., str]) -> None:
    said = attempt(ERUMFLOW_PIP="/nowhere/pip-1.0-py3-none-any.whl")
    assert "ERUMFLOW_PIP=/nowhere/pip-1.0-py3-none-any.whl could not be installed" in said
    assert "installing" not in said.replace("could not be installed", "")


@pytest.mark.network
@pytest.mark.parametrize("lock", LOCKS)
def test_every_lock_can_be_installed(lock: str, tmp_path: Path) -> None:
    """Nothing is fetched but what says which files there are: wheels for GPUs have gigabytes."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    assert uv is not None
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    command = [uv, "pip", "install", "--dry-run", "--require-hashes", "--no-build-isolation-package", "law"]
    place = ["--python", str(tmp_path / "venv" / "bin" / "python"), "-r", str(REPOSITORY / lock)]
    done = subprocess.run([*command, *place], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert ("nvidia-cudnn" in done.stderr) == ("cuda" in lock)


@pytest.mark.network
def test_from_a_fresh_clone(
    clone: Path, start: Callable[[], subprocess.Popen[str]], environment: dict[str, str]
) -> None:
    """Killed half-way, then two shells at once, then a change of the tasks and one of the lock, in an empty home."""

    def run() -> tuple[int, str]:
        process = start()
        _, said = process.communicate(timeout=600)
        return process.returncode, said

    python, stamp = clone / ".venv" / "bin" / "python", clone / ".venv" / ".erumflow-stamp"
    first = start()
    deadline = time.monotonic() + 60
    while not python.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert python.exists()
    assert not stamp.exists()

    both = [start() for _ in range(2)]
    answers = [process.communicate(timeout=600) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert [out for out, _ in answers] == [f"{clone}/.venv\n"] * 2
    assert sum("ready after" in said for _, said in answers) == 1
    assert list(Path(environment["HOME"]).rglob("*")) == []
    assert [path.name for path in (clone / ".cache").iterdir()] == ["setup.lock"]
    check = [clone / ".venv" / "bin" / "uv", "pip", "check", "--no-cache", "--python", python]
    subprocess.run([str(word) for word in check], env=environment, check=True)
    # what commands import is compiled
    for module in ("jax/_src/core", "scipy/optimize/_minimize", "uproot/reading", "law/task/base"):
        (file,) = clone.glob(f".venv/lib/python*/site-packages/{module}.py")
        assert list((file.parent / "__pycache__").glob(f"{file.stem}.*.pyc")), module

    index = clone / ".law" / "index"
    made = index.stat().st_mtime_ns
    assert run() == (0, "")
    assert index.stat().st_mtime_ns == made

    assert "outside:MyTask:" in index.read_text()

    own = clone / "tasks" / "mine.py"
    own.write_text("import outside\n\n\nclass MyOtherTask(outside.MyTask):\n    pass\n")
    (clone / "law_user.cfg").write_text("[modules]\noutside\ntasks.mine\n")
    assert run() == (0, "")
    assert "tasks.mine:MyOtherTask:" in index.read_text()
    own.write_text("import law\nthis is no Python\n")
    code, said = run()
    assert code != 0
    assert "mine.py" in said
    assert "could not be indexed" in said
    (clone / "law_user.cfg").unlink()

    # a lock without one of its packages; another package is the user's own
    packages = Path(next((clone / ".venv" / "lib").glob("python3*")), "site-packages")
    (packages / "my_own_package.py").touch()
    lock = clone / "requirements.lock"
    lock.write_text(re.sub(r"(?m)^pre-commit==.*\n(    .*\n)+", "", lock.read_text()))
    assert (packages / "pre_commit").is_dir()
    code, said = run()
    assert code == 0, said
    assert "requirements.lock has changed" in said
    assert not (packages / "pre_commit").exists()
    assert (packages / "my_own_package.py").exists()
    assert run() == (0, "")
