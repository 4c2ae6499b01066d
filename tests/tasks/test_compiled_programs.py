"""Compiled programs of whole commands and of jobs: private, and checked before they run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.tasks.project import new_project

# numbers that come out of two programs of one shape
TASKS = """
from tasks.framework.compilation import cache_compilations
from tasks.framework.record_task import RecordTask, recorded


class Compiles(RecordTask):
    payload = ("txt",)

    @recorded
    def run(self, draft):
        cache_compilations()
        import jax

        def program_one(x):
            return 2 * x

        def program_two(x):
            return 3 * x

        draft.path("txt").write_text(f"{jax.jit(program_one)(21)} {jax.jit(program_two)(21)}")
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "way",
    [("--workers", "2"), pytest.param(("--workflow", "batch-local"), marks=pytest.mark.long)],
    ids=["command", "job"],
)
def test_what_is_damaged_or_anothers_is_compiled_anew(way: tuple[str, str], repository: Path, tmp_path: Path):
    project = new_project(repository, tmp_path, "airshower", None)
    (project.folder / "compiles.py").write_text(TASKS)
    (tmp_path / "home").mkdir()
    project.variables.update({"ERUMFLOW_COMPILED": "", "XDG_CACHE_HOME": "", "HOME": str(tmp_path / "home")})

    def run() -> tuple[str, str]:
        """Make the record; what it holds, and what was said."""
        said = project.law("run", "compiles.Compiles", *way)
        said += "".join(log.read_text() for log in project.folder.glob("jobs/airshower/Compiles/*/*.log"))
        (numbers,) = project.store.glob("airshower/Compiles/*/txt")
        return numbers.read_text(), said

    assert run()[0] == "42 63"
    assert not list(project.store.glob(".compiled"))
    (folder,) = (tmp_path / "home/.cache/erumflow/compiled").iterdir()
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700
    one, two = sorted(folder.glob("jit_program_*-program"))
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content[:-1])
    wrong = one.read_bytes(), two.read_bytes()
    shutil.rmtree(project.store)

    numbers, said = run()
    assert numbers == "42 63"
    told = re.findall(r"^warning: the compiled program (\S+) is damaged, or another one: it is .*$", said, re.MULTILINE)
    assert told == [str(one), str(two)]
    assert one.read_bytes() != wrong[0]
    assert two.read_bytes() != wrong[1]
