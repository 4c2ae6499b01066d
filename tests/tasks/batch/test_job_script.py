"""What a job's shell runs: the code that was submitted, in a folder that nobody else may write to."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.batch.code_bundle import archive, digest

SCRIPT = Path(__file__).parents[3] / "tasks" / "batch" / "job.sh"
# makes an environment, as far as this is looked at here
SETUP = f"""
there="$(dirname "${{BASH_SOURCE[0]}}")/.venv/bin"
mkdir -p "$there" && ln -sf {sys.executable} "$there/python"
"""
FILES = {
    "setup.sh": SETUP.encode(),
    "requirements.lock": b"",
    "probe.py": b"import part\nprint(part.NAME)\n",
    "part.py": b"NAME = 'as submitted'\n",
    "a folder/with a blank.txt": b"1",
    "more/\xc3\xa4\\b\nc.txt".encode("latin-1").decode("utf-8"): b"2",
    "-n": b"3",
}


@dataclass
class Worker:
    """A worker's folders.

    Args:
        sent: that has what came with a job.
        scratch: of the worker.
    """

    sent: Path
    scratch: Path

    @property
    def own(self) -> Path:
        return self.scratch / f"erumflow-{os.geteuid()}"

    def run(self, name: str, content: bytes) -> subprocess.CompletedProcess[str]:
        (self.sent / name).write_bytes(content)
        command = ["/bin/bash", str(SCRIPT), "bundle", name, str(self.scratch), "request.json"]
        variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.sent), "ERUMFLOW_JOB_MODULE": "probe"}
        return subprocess.run(command, cwd=self.sent, env=variables, capture_output=True, text=True, check=False)


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    for name in ("sent", "scratch"):
        (tmp_path / name).mkdir()
    return Worker(tmp_path / "sent", tmp_path / "scratch")


NAME = f"code-{digest(FILES)}.tar.gz"


def test_what_was_submitted_is_run(worker: Worker) -> None:
    # the second time, it is there
    for content in (archive(FILES), b""):
        done = worker.run(NAME, content)
        assert (done.returncode, done.stdout) == (0, "as submitted\n"), done.stderr


def _with_a_link(name: str, target: str) -> Callable[[], bytes]:
    def make() -> bytes:
        tar = io.BytesIO(gzip.decompress(archive({one: text for one, text in FILES.items() if one != name})))
        with tarfile.open(fileobj=tar, mode="a") as writer:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            writer.addfile(entry)
        return gzip.compress(tar.getvalue())

    return make


@pytest.mark.long
@pytest.mark.parametrize(
    "make",
    [
        lambda: archive({**FILES, "part.py": b"NAME = 'as someone likes'\n"}),
        lambda: archive({**FILES, "json.py": b"print('as someone likes')\n"}),
        lambda: archive({name: content for name, content in FILES.items() if name != "-n"}),
        lambda: archive({**{name: content for name, content in FILES.items() if name != "-n"}, "m": b"3"}),
        _with_a_link("part.py", "probe.py"),
        _with_a_link("json.py", "probe.py"),
        _with_a_link("package", "/usr"),
        lambda: archive(FILES)[:-40],
        lambda: b"",
    ],
    ids=["changed", "more", "less", "renamed", "a link for a file", "a link", "a folder", "cut", "empty"],
)
def test_what_somebody_put_in_its_place_is_not(worker: Worker, make: Callable[[], bytes]) -> None:
    done = worker.run(NAME, make())
    assert done.returncode
    assert done.stdout == ""
    assert "cure: submit again" in done.stderr
    # nor by the next job
    assert worker.run(NAME, archive(FILES)).stdout == "as submitted\n"


def _a_link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to("elsewhere")


def _somebody_else_s(folder: Path) -> None:
    if os.geteuid():
        pytest.skip("only the machine's administrator can give a folder away")
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, -1)


def _for_everybody(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o1777)


def _for_a_group(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o770)


@pytest.mark.parametrize("make", [_a_link, _somebody_else_s, _for_everybody, _for_a_group])
def test_a_folder_that_others_may_have_filled_is_not_used(worker: Worker, make: Callable[[Path], None]) -> None:
    make(worker.own)
    done = worker.run(NAME, archive(FILES))
    assert (done.returncode, done.stdout) == (1, "")
    assert "belongs to another user, or may be written to by others" in done.stderr
    assert "cure: " in done.stderr
    assert not list(worker.own.iterdir())
