"""Running the product's own command, on the project's own code or on a copy of it that a test may change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# few and small networks: these tests are about the graph, not about them
_NETWORKS = ("--network-settings", "hidden=8")
QUICK = ("--training", "epochs=2,patience=2,folds=5,seeds=2", *_NETWORKS)
# of the study airshower, with a tenth of the events
SMALL = ("--training", "epochs=2,patience=2", *_NETWORKS, "--statistics", "small")
# of htautau, for tests that disturb a training: one checkpoint an epoch
EPOCHS = 80
LASTING = ("--training", f"epochs={EPOCHS},patience={EPOCHS},folds=5,seeds=1", *_NETWORKS, "--checkpoint-seconds", "0")


@dataclass
class Project:
    """A copy of the project's code with a store of its own.

    Args:
        folder: where the code is.
        store: folder of the records.
        mirror: folder of the public data, ``None`` for none.
    """

    folder: Path
    store: Path
    mirror: Path | None
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ERUMFLOW_", "LAW_", "LUIGI_"))}
        own = {
            "ERUMFLOW_BASE": str(self.folder),
            "ERUMFLOW_STORE": str(self.store),
            "PYTHONPATH": str(self.folder),
            # files that are edited twice within a second
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "",
            "LAW_HOME": str(self.folder / ".law"),
            "LAW_CONFIG_FILE": str(self.folder / "law.cfg"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "ERUMFLOW_COMPILED": os.environ["ERUMFLOW_COMPILED"],
        }
        if self.mirror is not None:
            own["ERUMFLOW_MIRROR"] = str(self.mirror)
        return kept | own | self.variables

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin ``law ARGUMENTS`` without waiting for its end; output and errors come together."""
        return subprocess.Popen(
            [str(Path(sys.executable).parent / "law"), *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def law(self, *arguments: str, fails: bool | None = False) -> str:
        """Run ``law ARGUMENTS`` and return what it printed; its exit status is checked if ``fails`` says which."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=900)
        assert fails is None or (process.returncode != 0) == fails, output
        return output

    def python(self, code: str) -> str:
        """Run Python code on the copy and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=self.folder, env=self.environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def replace(self, file: str, old: str, new: str) -> Callable[[], None]:
        """Change the code; the old text has to be there. Returns what undoes it."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new))

        def undo() -> None:
            path.write_text(text)

        return undo


def made(output: str) -> list[str]:
    """Families of the records that a run made, one for each record."""
    return [line.split()[1] for line in output.splitlines() if line.startswith("made ")]


def newest(project: Project, pattern: str) -> Path:
    """The file of a store that was written last, of those that match."""
    return max(project.store.glob(pattern), key=lambda path: path.stat().st_mtime_ns)


def only_results(project: Project, study: str) -> dict[str, Any]:
    """What ``results.json`` of a study holds, of which the store has one."""
    (path,) = project.store.glob(f"{study}/CollectResults/*/results.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def lasting_training(project: Project) -> tuple[Path, bytes]:
    """Train with ``LASTING`` and take the record away: its folder, and the parameters that a training has to end in."""
    # nothing but the training is missing
    assert made(project.law("run", "TrainModel", *LASTING)) == ["TrainModel"]
    (place,) = (
        file.parent
        for file in (project.store / "htautau/TrainModel").glob("*/history.jsonl")
        if file.read_text().count("\n") == EPOCHS
    )
    parameters = (place / "parameters.safetensors").read_bytes()
    shutil.rmtree(place)
    return place, parameters


def new_project(repository: Path, base: Path, study: str, mirror: Path | None) -> Project:
    """A copy of the project in a folder, with an empty store, ready to run; its default study is the named one."""
    copy = Project(base / "project", base / "store", mirror)
    copy_project(repository, copy.folder, study)
    copy.law("index", "-q")
    return copy


def copy_project(repository: Path, folder: Path, study: str) -> None:
    """Copy the project's code; commands without ``--study`` are about the named study.

    They have one process unless they say otherwise, as pytest runs several of them side by side.
    """
    folder.mkdir()
    for name in ("analysis", "tasks"):
        # with what Python has compiled: of files that are not edited
        shutil.copytree(repository / name, folder / name)
    # what one command has found out of a module serves all copies
    definitions = repository / ".cache" / "definitions"
    definitions.mkdir(parents=True, exist_ok=True)
    (folder / ".cache").mkdir()
    (folder / ".cache" / "definitions").symlink_to(definitions)
    settings, section = (repository / "law.cfg").read_text(), "[luigi_core]\n"
    assert section in settings
    # unless it is a copy itself
    settings = settings.replace(f"{section}workers: 1\n", section)
    (folder / "law.cfg").write_text(settings.replace(section, f"{section}workers: 1\n"))
    # extras are named like the studies that need them
    for lock in ("requirements.lock", f"requirements-{study}.lock"):
        if (repository / lock).is_file():
            shutil.copy(repository / lock, folder)
    (folder / "law_user.cfg").write_text(f"[studies]\ndefault: {study}\n")


def complete_records_are_whole(project: Project) -> None:
    """Every payload file that a manifest names is there with its size."""
    for manifest in project.store.glob("*/*/*/*manifest.json"):
        label = manifest.name.removesuffix("manifest.json")
        for name, entry in json.loads(manifest.read_text())["payload"].items():
            assert (manifest.parent / f"{label}{name}").stat().st_size == entry["size"]
