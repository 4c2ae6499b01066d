"""Records made by processes of a command: what dies, what is told, what is left."""

from __future__ import annotations

import contextlib
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.tasks.chain import PARTS, write_chain
from tests.tasks.project import Project, complete_records_are_whole, made
from tests.tasks.test_killing import digests

KILLS = 12
LAST = ("run", "chain.Last", "--workers", "2")


@pytest.fixture
def chained(project: Project) -> Project:
    """A project with the tasks of :mod:`tests.tasks.chain`."""
    write_chain(project.folder)
    return project


def run_disturbed(project: Project, victim: str, moment: float, chance: random.Random) -> tuple[int, str, bool]:
    """Run the chain and kill one of its processes, the command or all; returns exit status, output, whether it came to
    that.
    """
    process = project.start(*LAST)
    command = psutil.Process(process.pid)
    try:
        output, _ = process.communicate(timeout=moment)
        return process.returncode, output, False
    except subprocess.TimeoutExpired:
        pass
    everybody = [command, *command.children(recursive=True)]
    workers = []
    for child in command.children():
        # one that ends at this moment has none
        with contextlib.suppress(psutil.NoSuchProcess):
            workers += child.children()
    if victim == "command":
        command.kill()
    elif victim == "all":
        os.killpg(process.pid, signal.SIGKILL)
    elif workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(workers).kill()
    # the output has an end when nobody is left that could write to it
    output, _ = process.communicate(timeout=60)
    assert not psutil.wait_procs(everybody, timeout=10)[1]
    # one that ended by itself just before was not disturbed
    done = bool(workers) if victim == "worker" else process.returncode != 0
    return process.returncode, output, done


@pytest.mark.long
def test_killed_at_random_moments_it_goes_on_to_the_right_result(chained: Project):
    # the first time it also compiles
    for _ in range(2):
        shutil.rmtree(chained.store, ignore_errors=True)
        begin = time.monotonic()
        chained.law(*LAST)
        usual = time.monotonic() - begin
    expected = digests(chained)
    assert len(expected) == 2 * PARTS + 1
    shutil.rmtree(chained.store)

    chance, number, killed, told = random.Random(17), 0, 0, 0
    # on a busy machine, some end before their moment comes
    while killed < KILLS or not told:
        victim = ("worker", "command", "all")[number % 3]
        number += 1
        assert number < 5 * KILLS
        status, output, done = run_disturbed(chained, victim, chance.uniform(0.3, 1.0) * usual, chance)
        killed += done
        assert "Traceback" not in output
        if done and victim != "worker":
            assert status == -signal.SIGKILL
        if done and victim == "worker" and status:
            # one that had nothing to do is not missed
            assert len(re.findall(r"the process that made .* was killed by signal 9 \(SIGKILL\), ", output)) in (1, 2)
            told += 1
        if chained.store.exists():
            complete_records_are_whole(chained)
            found = digests(chained)
            assert {name: expected[name] for name in found} == found
            if len(found) == len(expected):
                shutil.rmtree(chained.store)
    chained.law(*LAST)
    assert digests(chained) == expected
    # nothing else lies there: no half record, no lock of nobody
    assert not list(chained.store.rglob("*.part"))
    assert not list(chained.store.rglob(".*.lock"))


@pytest.mark.long
def test_a_process_that_dies_fails_its_record_alone(chained: Project):
    dies = 'if self.own_label == "part_3":\n            import os\n            os.kill(os.getpid(), 9)'
    undo = chained.replace("chain.py", "# in Second", dies)
    output = chained.law(*LAST, fails=True)
    assert "error: the process that made Second TTbar part_3 was killed by signal 9 (SIGKILL), " in output
    assert output.count("was killed") == 1
    assert output.count("error: ") == 1
    assert made(output).count("Second") == PARTS - 1
    assert "Last" not in made(output)
    undo()
    # the code is another one then, and with it the key
    assert made(chained.law(*LAST)).count("Second") == PARTS


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_one_record_fails_with_is_told_and_others_are_made(chained: Project, workers: str):
    chained.replace("chain.py", "# in Second", '{"part_3": 3}[self.own_label]')
    output = chained.law("run", "chain.Second", "--datasets", "TTbar", "--workers", workers, fails=True)
    assert made(output) == ["First"] * PARTS + ["Second"]
    assert "KeyError: 'part_4'" in output


@pytest.mark.long
def test_an_interrupt_of_the_command_alone_lets_its_processes_tidy_up(chained: Project):
    # a shell lets what it starts in the background ignore interrupts, these tests perhaps, and whatever they start
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chained.replace("chain.py", "# in First", "time.sleep(60)")
    process = chained.start(*LAST)
    while not list(chained.store.rglob("*.part")):
        time.sleep(0.05)
    # the second one begins a moment later: the first one may compile what both need
    while len(everybody := psutil.Process(process.pid).children(recursive=True)) < 3:
        time.sleep(0.05)
    assert len(everybody) == 3
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in output
    assert "the same command goes on from there" in output
    assert not psutil.wait_procs(everybody, timeout=10)[1]
    assert not list(chained.store.rglob("*.part"))


@pytest.mark.long
def test_with_one_worker_a_debugger_has_the_terminal(chained: Project):
    chained.replace("chain.py", "# in First", "breakpoint()")
    command = ["run", "chain.First", "--datasets", "TTbar", "--branch", "4", "--workers"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "law"), *command, "1"],
        cwd=chained.folder,
        env=chained.environment() | {"TERM": "dumb", "PYTHON_COLORS": "0"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = ""

    def read_until(text: str) -> None:
        nonlocal seen
        while text not in seen:
            seen += os.read(ours, 4096).decode()

    read_until("(Pdb) ")
    os.write(ours, b"p 'label ' + self.own_label\n")
    read_until("'label part_4'")
    os.write(ours, b"c\n")
    read_until("record")
    assert process.wait(60) == 0
    os.close(ours)

    output = chained.law(*command[:-3], "--branch", "5", "--workers", "2", fails=True)
    assert "breakpoint()" in output
    assert "--workers 1" in output
