"""The rules of the house that no other test would notice being broken."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

REPOSITORY = Path(__file__).resolve().parent.parent
# loading the tasks has to be quick, and luigi forks its workers, which JAX does not survive
HEAVY = (
    *("awkward", "boost_histogram", "correctionlib", "flax", "hist", "iminuit", "jax", "matplotlib", "mplhep", "optax"),
    *("onnx", "onnxruntime", "optuna", "orbax", "pandas", "pyarrow", "scipy", "sklearn", "sqlalchemy", "tensorboard"),
    *("tensorboardX", "tensorflow", "uproot", "vector"),
)


def modules(*packages: str) -> dict[str, Path]:
    """Module name -> file, of whole packages."""
    found = {}
    for package in packages:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            parts = path.relative_to(REPOSITORY).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(module: str, path: Path, *, only_at_import: bool) -> Iterator[str]:
    """Full names of what a module's import statements name; of those that run when it is imported, or of all."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def walk(node: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.Import(names=names):
                    yield from (name.name for name in names)
                case ast.ImportFrom(module=source, names=names, level=level):
                    parts = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                    start = ".".join([*parts, *([source] if source else [])])
                    yield start
                    yield from (f"{start}.{name.name}" for name in names)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() if only_at_import:
                    pass
                case ast.If(test=test, orelse=orelse) if only_at_import and "TYPE_CHECKING" in ast.unparse(test):
                    for statement in orelse:
                        yield from walk(statement)
                case _:
                    yield from walk(child)

    yield from walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))


def tracked() -> list[Path]:
    """Files of the project, as git knows them or will know them."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True).stdout
    return [REPOSITORY / name for name in listing.split("\0") if name and (REPOSITORY / name).is_file()]


LOCKS = tuple(sorted(path.name for path in REPOSITORY.glob("requirements*.lock")))


def locked(name: str = "requirements.lock") -> dict[str, list[str]]:
    """``name==version`` of a lock -> its further lines."""
    entries: dict[str, list[str]] = {}
    for line in (REPOSITORY / name).read_text(encoding="utf-8").splitlines():
        if re.match(r"[a-z0-9]", line):
            name = line.partition(";")[0].strip(" \\")
            assert name not in entries, f"{name} is twice in the lock"
            entries[name] = []
        elif line.strip() and not line.startswith("#"):
            entries[name].append(line.strip(" \\"))
    return entries


def test_analysis_knows_nothing_of_the_graph() -> None:
    # but for a study's own tasks
    own = re.compile(r"analysis\.studies\.\w+\.tasks")
    wrong = [
        f"{module} imports {name}"
        for module, path in modules("analysis").items()
        for name in imported(module, path, only_at_import=False)
        if name.partition(".")[0] in {"law", "luigi", "tasks"} and not own.fullmatch(module)
    ]
    assert not wrong


def test_loading_the_tasks_loads_nothing_heavy() -> None:
    names = list(modules("tasks"))
    assert names
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_no_module_needs_itself() -> None:
    known = modules("analysis", "tasks")
    graph = {
        module: {name for name in imported(module, path, only_at_import=True) if name in known and name != module}
        for module, path in known.items()
    }
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(known)


def test_a_capsule_runs_on_the_standard_library_alone() -> None:
    known = modules("analysis")
    needed, waiting = set[str](), ["analysis.preservation.command"]
    while waiting:
        module = waiting.pop()
        needed.add(module)
        names = {name for name in imported(module, known[module], only_at_import=False) if name}
        # of a "from" statement, also what it names
        names = {name if name in known else name.rpartition(".")[0] or name for name in names}
        waiting += [name for name in names if name in known and name not in needed]
        foreign = {name.partition(".")[0] for name in names} - {"analysis", *sys.stdlib_module_names}
        assert not foreign, f"{module} imports {', '.join(sorted(foreign))}"
    assert {f"analysis.preservation.{name}" for name in ("archive", "rerunning", "verdict")} < needed
    for module in sorted(needed - {"analysis", "analysis.preservation"}):
        if "preservation" in module:
            assert "standard library" in (ast.get_docstring(ast.parse(known[module].read_text())) or ""), module


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """The nodes of all modules' syntax trees, each with the module's name."""
    trees = ((name, ast.parse(path.read_bytes(), str(path))) for name, path in modules("analysis", "tasks").items())
    return tuple((name, node) for name, tree in trees for node in ast.walk(tree))


def last_name(node: ast.AST) -> str:
    """The name that a node is, or the last of those with dots between them; empty if it is none."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_nothing_that_is_read_becomes_code() -> None:
    """Pickles run what they say; so do texts that are evaluated, and YAML with tags of Python."""
    # what two processes of one command tell each other, over pipes that nobody else has
    among_themselves = ("analysis.checking.other_process", "tasks.batch")
    kinds = {"dill", "joblib", "marshal", "multiprocessing", "shelve", "torch"}
    wrong = []
    for module, path in modules("analysis", "tasks").items():
        if not module.startswith(among_themselves):
            found = imported(module, path, only_at_import=False)
            wrong += [f"{module}: {n}" for n in found if n.partition(".")[0] in kinds or "pickle" in n]
    for module, node in nodes():
        match node:
            case ast.keyword(arg="allow_pickle", value=value):
                bad = not (isinstance(value, ast.Constant) and value.value is False)
            case ast.Call(func=ast.Name(id="eval" | "exec")):
                bad = True
            case ast.Call(func=ast.Attribute(value=ast.Name(id="yaml"), attr=name), keywords=keywords):
                safe = any(one.arg == "Loader" and "SafeLoader" in ast.unparse(one.value) for one in keywords)
                bad = "load" in name and not name.startswith("safe_") and not safe
            case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="load"), keywords=keywords):
                bad = not any(one.arg == "allow_pickle" for one in keywords)
            case ast.Attribute(attr=name) | ast.Name(id=name):
                bad = "pickle" in name and not module.startswith(among_themselves)
            case _:
                continue
        if bad:
            wrong.append(f"{module}:{getattr(node, 'lineno', '')} {ast.unparse(node)}")
    assert not wrong


def test_no_module_listens_for_others_but_the_page_s() -> None:
    servers = {
        "starlette",
        "uvicorn",
        "aiohttp.web",
        "asyncio.start_server",
        "http.server",
        "socketserver",
        "wsgiref",
        "xmlrpc.server",
    }
    listening = {"create_server", "listen", "start_server", "start_unix_server", "Listener", "serve_forever"}
    wrong = [
        f"{module} imports {name}"
        for module, path in modules("analysis", "tasks").items()
        for name in imported(module, path, only_at_import=False)
        if any(name == one or name.startswith(f"{one}.") for one in servers)
    ]
    wrong += [f"{module}: {last_name(node)}" for module, node in nodes() if last_name(node) in listening]
    allowed = ("tasks.serving.application imports starlette", "tasks.serving.server imports ")
    assert [one for one in wrong if not one.startswith(allowed)] == []


def test_whom_one_talks_to_is_checked() -> None:
    """Certificates of servers, keys of hosts; but for the time that a server tells, good for a message alone."""
    unchecked = {"CERT_NONE", "_create_unverified_context", "AutoAddPolicy", "WarningPolicy", "disable_warnings"}
    found = {f"{module}: {last_name(node)}" for module, node in nodes() if last_name(node) in unchecked}
    for module, node in nodes():
        match node:
            case ast.keyword(arg="verify" | "check_hostname" | "ssl", value=ast.Constant(value=False | None)):
                found.add(f"{module}: {ast.unparse(node)}")
            case ast.Assign(targets=[ast.Attribute(attr="check_hostname" | "verify_mode")]):
                found.add(f"{module}: {ast.unparse(node)}")
            case _:
                pass
    assert found == {"analysis.provenance.remote.clocks: verify=False"}


@pytest.mark.parametrize("package", ["analysis", "tasks"])
def test_modules_are_small_and_say_what_they_offer(package: str) -> None:
    found = modules(package)
    assert found
    for module, path in found.items():
        text = path.read_text(encoding="utf-8")
        body = ast.parse(text).body
        assert ast.get_docstring(ast.parse(text)), f"{module} has no docstring"
        assert text.count("\n") <= 300, f"{module} has more than 300 lines"
        assert path.stem not in {"util", "utils", "helpers", "misc", "common"}, (
            f"{module} does not say what it is about"
        )
        if path.name == "__init__.py":
            # the fingerprint of a function follows imports: what is imported here would count for all of the package
            assert package == "tasks" or len(body) == 1, f"{module} holds more than a docstring"
        elif package == "analysis":
            targets = [ast.unparse(t) for node in body if isinstance(node, ast.Assign) for t in node.targets]
            assert "__all__" in targets, f"{module} has no __all__"


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_has_a_hash_for_everything_and_an_address_for_nothing(lock: str) -> None:
    entries = locked(lock)
    assert len(entries) > 50
    for name, lines in entries.items():
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*", name), f"not an exact version: {name}"
        assert lines, f"no hash for {name}"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in lines), name
    assert not re.search(r"://|file:|--index|--find-links", (REPOSITORY / lock).read_text("utf-8"))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_serves_the_project(lock: str) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = dict(entry.split("==") for entry in locked(lock))
    own = lock.removeprefix("requirements").strip("-").removesuffix(".lock").strip(".")
    extras = {
        extra: wanted for extra, wanted in project["optional-dependencies"].items() if extra in ("dev", "test", own)
    }
    assert len(extras) == (3 if own else 2)
    wanted = [Requirement(text) for some in (project["dependencies"], *extras.values()) for text in some]
    for requirement in wanted:
        assert requirement.name in versions, f"make the lock again: {requirement.name} is not in it"
        version = Version(versions[requirement.name])
        assert version in requirement.specifier, f"make the lock again: it has {requirement.name} {version}"


@pytest.mark.parametrize("cuda", ["cuda12", "cuda13"])
def test_locks_of_gpus_hold_the_plain_one_and_the_plugin(cuda: str) -> None:
    plain, more = locked(), locked(f"requirements-{cuda}.lock")
    assert plain.items() <= more.items(), f"make requirements-{cuda}.lock again"
    versions = dict(entry.split("==") for entry in more)
    assert versions[f"jax-{cuda}-plugin"] == versions[f"jax-{cuda}-pjrt"] == versions["jax"]
    added = {entry.partition("==")[0] for entry in more.keys() - plain.keys()}
    assert any(name.startswith("nvidia-cudnn") for name in added)
    assert all(name.startswith((f"jax-{cuda}-", "nvidia-")) for name in added)
    assert not [entry for entry in plain if "nvidia" in entry or "cuda" in entry]


def test_no_test_draws_what_another_would_have_drawn() -> None:
    """Tests share no generator of random numbers: which of them run in a process, and in which order, is anyone's."""
    shared = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for path in tracked()
        if path.suffix == ".py" and path.is_relative_to(REPOSITORY / "tests")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Call)
        and last_name(node.value.func) in {"default_rng", "Random", "RandomState"}
    ]
    assert not shared


def test_no_file_names_a_place_of_one_machine() -> None:
    pattern = re.compile(rb"(?<![\w:/.])/(?:home|root|Users)/[A-Za-z]")
    wrong = [str(path.relative_to(REPOSITORY)) for path in tracked() if pattern.search(path.read_bytes())]
    assert not wrong
