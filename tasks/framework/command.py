"""The command that setup.sh installs as ``law``: law's own, which tells in words what it cannot find.

It is law's in all else. A stage is found by its name though law's index does not have it: in a study that is new, or
written as the study writes it (``training_figures`` for ``trainingFigures``).
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from analysis.errors import ErumflowError, StudyError

__all__ = ["MISTAKE", "run"]

#: exit status of a command that was written wrongly, as argparse has it
MISTAKE = 2


def run() -> Any:
    """Do what the command line says and return the exit status, as law's own function does."""
    _keep_docstrings()
    from tasks.framework.broken_pipe import outlive_readers
    from tasks.framework.own_configuration import keep_to_own_configuration

    outlive_readers()
    # it imports luigi
    with _once_used("jsonschema", "requests"):
        keep_to_own_configuration()
    from law.cli.cli import run as run_law

    _look_further(importlib.import_module("law.cli.run"))
    try:
        return run_law()
    except ErumflowError as error:
        from tasks.framework.reporting import tell_error

        tell_error(str(error))
        return MISTAKE


def _keep_docstrings() -> None:
    """Begin anew where Python takes docstrings away, which law fills in as it is imported."""
    if sys.flags.optimize < 2:
        return
    print("warning: not heeded is PYTHONOPTIMIZE: law needs its docstrings", file=sys.stderr, flush=True)
    arguments = [one for one in sys.orig_argv[1:] if one not in ("-O", "-OO")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONOPTIMIZE"}
    os.execve(sys.executable, [sys.executable, *arguments], environment)


@contextlib.contextmanager
def _once_used(*names: str) -> Iterator[None]:
    """Let imports of packages within the block do their work when something of them is used.

    They are two fifths of luigi's import, for a central scheduler and for parameters with a schema.
    """
    finder = _Later(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Later(MetaPathFinder):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname in self._names else None
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def _look_further(law_run: Any) -> None:
    """Let ``law run`` find what its index does not have, or say why not."""
    execute, read = law_run.execute, law_run.read_task_from_index

    def execute_if_indexed(args: Any, argv: list[str]) -> None:
        index = law_run.Config.instance().get_expanded("core", "index_file")
        # a task may be named by its module too, which needs no index
        if not os.path.exists(index) and importlib.util.find_spec(args.task_family.partition(".")[0] or "?") is None:
            raise StudyError(f"law has no list of the tasks yet: {index} is missing", cure="make it: law index -q")
        execute(args, argv)

    def read_or_find(family: str, *index_file: str) -> tuple[str, str, str]:
        from tasks.framework.unknown import stage_task

        return read(family, *index_file) or ("tasks.named", stage_task(family), "")

    law_run.execute, law_run.read_task_from_index = execute_if_indexed, read_or_find
