"""Questions that ``law`` itself answers, each in a process of its own, so with the code as it is now."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.printable import printable
from analysis.provenance.keys import KEY_LENGTH
from tasks.finding import OTHERS
from tasks.framework.settings import base_folder

__all__ = ["Answer", "compare", "explain", "law_command", "prune"]

_SECONDS = 300.0
_KEY = re.compile(rf"[0-9a-f]{{4,{KEY_LENGTH}}}")
_NAME = re.compile(r"\w+")
# what chooses a task; all else has no say in what it makes, or would begin something
_CHOOSING = ("study", "campaign", "statistics", "set", "data", "limits")
# several would take all of the machine
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Args:
        line: the command that gives it.
        text: what it printed.
        succeeded: whether its exit status was 0.
        pictures: of it, as addresses with their content in them.
    """

    line: str
    text: str
    succeeded: bool
    pictures: tuple[str, ...] = ()


def law_command() -> list[str]:
    """The command that runs tasks with this Python."""
    return [str(Path(sys.executable).with_name("law")), "run"]


def explain(family: str, parameters: Mapping[str, str], depth: int = 1) -> Answer:
    """Ask why a record is as it is: ``--explain`` of the task that a manifest names.

    Args:
        family: of the task.
        parameters: of the task, as its manifest has them; anybody may have written it.
        depth: of the tree.
    """
    study, stage = parameters.get("study", ""), parameters.get("stage", "")
    name = family.partition(".")[0]
    if name in OTHERS:
        task = name
    elif _NAME.fullmatch(study) and _NAME.fullmatch(stage):
        task = f"{study}.{stage}"
    else:
        return Answer("", "the manifest does not say which task it is", False)
    # one argument each, so that no value is taken for an option
    options = [f"--{one}={parameters[one]}" for one in _CHOOSING if parameters.get(one) and one in parameters]
    if task != name:
        options = [one for one in options if not one.startswith("--study=")]
    elif _NAME.fullmatch(stage):
        options.append(f"--stage={stage}")
    return _ask([task, *options, "--explain", str(depth)])


def compare(a: str, b: str, study: str) -> Answer:
    """Compare two results by their keys: ``law run Compare``."""
    if not (_KEY.fullmatch(a) and _KEY.fullmatch(b)):
        return Answer("", "name two keys, or the first digits of each, at least four", False)
    with tempfile.TemporaryDirectory() as folder:
        options = [f"--study={study}"] if _NAME.fullmatch(study) else []
        answer = _ask(["Compare", f"--a={a}", f"--b={b}", *options, f"--output={folder}"])
        pictures = tuple(
            f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"
            for file in sorted(Path(folder).glob("*.png"))
        )
    text = "\n".join(line for line in answer.text.splitlines() if folder not in line)
    return Answer(
        f"law run Compare --a {a} --b {b}{' --study ' + study if options else ''}", text, answer.succeeded, pictures
    )


def prune() -> Answer:
    """Ask what could go: ``law run Prune``, which touches nothing."""
    return _ask(["Prune"])


def _ask(arguments: Sequence[str]) -> Answer:
    line = " ".join(["law run", *arguments])
    with _one_at_a_time:
        try:
            done = subprocess.run(
                [*law_command(), *arguments],
                cwd=base_folder(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_SECONDS,
                env={**os.environ, "TERM": "dumb"},
                # an interrupt of the page is not theirs
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            return Answer(line, f"it took more than {_SECONDS:g} s; ask on a terminal", False)
    return Answer(line, printable(done.stdout.decode(errors="replace")).strip(), done.returncode == 0)
