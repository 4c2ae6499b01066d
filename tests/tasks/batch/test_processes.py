"""Pieces of work side by side in warm processes."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from typing import Any

import pytest

# pytest's own process has JAX and threads, and so forks none
PRELUDE = """
import json, os, signal, sys, threading, time
import psutil
from tasks.batch import processes as module
from tasks.batch.pieces import Work
from tasks.batch.processes import Processes

def message(piece, coming):
    return [piece, coming]

def outcomes(run, pieces, number=2, **options):
    with Processes(run, number, **options) as processes:
        found = dict(processes.results("work", pieces, message))
    return {str(piece): [one.reply, one.death] for piece, one in found.items()}
"""


def python(code: str) -> Any:
    """Run Python code in a process of its own and return what it printed as JSON."""
    done = subprocess.run([sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_kills_a_process_touches_no_other_piece():
    found = python("""
def run(message):
    piece, _ = message
    if piece == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if piece == 4:
        os._exit(5)
    if piece == 5:
        os.kill(os.getpid(), signal.SIGSEGV)
    return piece * 10

print(json.dumps(outcomes(run, range(9))))
""")
    deaths = {piece: re.sub(r"0\.\d\d GB", "SOME GB", death) for piece, (_, death) in found.items() if death}
    assert deaths == {
        "3": "was killed by signal 9 (SIGKILL), perhaps for its memory: it used up to SOME GB",
        "4": "ended with exit status 5",
        "5": "was killed by signal 11 (SIGSEGV), perhaps for its memory: it used up to SOME GB",
    }
    assert [found[str(piece)][0] for piece in (0, 1, 2, 6, 7, 8)] == [0, 10, 20, 60, 70, 80]


def test_a_process_is_warm_and_knows_what_comes():
    found = python("""
made = []

def run(message):
    made.append(message)
    time.sleep(0.05)
    return [os.getpid(), made]

print(json.dumps(outcomes(run, range(8))))
""")
    by_process: dict[int, list[list[Any]]] = {}
    for (pid, made), _ in found.values():
        by_process[pid] = max(by_process.get(pid, []), made, key=len)
    assert len(by_process) == 2
    assert sorted(piece for made in by_process.values() for piece, _ in made) == list(range(8))
    # what it was told to come came, unless another process had nothing left to do
    # and who is told of nothing more may yet take what another one, slower to begin, was told of
    told = [(now[1], after[0]) for made in by_process.values() for now, after in itertools.pairwise(made)]
    assert all(promised in (came, None) for promised, came in told)


def test_one_that_has_grown_too_large_is_replaced_between_two_pieces():
    found = python("""
kept = []

def run(message):
    kept.append(b"1" * 200_000_000 if message[0] == 1 else b"")
    return [os.getpid(), len(kept)]

module.KEPT_MEMORY = 150e6 / module.total_memory()
print(json.dumps(outcomes(run, range(4), 1)))
""")
    replies = [found[str(piece)][0] for piece in range(4)]
    first, second, third, fourth = (pid for pid, _ in replies)
    assert first == second != third == fourth
    assert [number for _, number in replies] == [1, 2, 1, 2]


def test_pieces_share_the_cores_and_one_that_is_alone_has_all():
    found = python("""
at_work, most = threading.Lock(), []

def run(message):
    time.sleep(0.1)
    return [os.environ["NPROC"], time.monotonic()]

with Processes(run, 2, cores=8) as processes:
    found = [one.reply[0] for _, one in processes.results("light", range(4), message)]
    ended = threading.Event()
    wide = []
    work = Work("wide", [9], message, lambda piece, one: (wide.append(one.reply[0]), ended.set()), cores=8)
    processes.submit(work)
    ended.wait()
print(json.dumps([found, wide]))
""")
    assert found == [["4"] * 4, ["8"]]


def test_what_needs_all_cores_runs_alone_and_before_others():
    found = python("""
def run(message):
    begin = time.monotonic()
    time.sleep(0.1)
    return [message[0], begin, time.monotonic()]

ended, spans = threading.Event(), []

def finished(piece, one):
    spans.append(one.reply)
    if len(spans) == 7:
        ended.set()

with Processes(run, 2, cores=2) as processes:
    processes.submit(Work("light", range(6), message, finished))
    processes.submit(Work("heavy", [99], message, finished, cores=2))
    ended.wait()
print(json.dumps(spans))
""")
    ((_, begin, end),) = (span for span in found if span[0] == 99)
    others = [span for span in found if span[0] != 99]
    assert all(stop <= begin or start >= end for _, start, stop in others)
    assert sum(start >= end for _, start, _ in others) >= 3


def test_what_most_waits_for_comes_first_and_of_two_alike_what_came_last():
    found = python("""
def run(message):
    time.sleep(0.02 if message[0] else 0.5)
    return message[0]

ended, order = threading.Event(), []

def finished(piece, one):
    order.append(one.reply)
    if len(order) == 9:
        ended.set()

with Processes(run, 1) as processes:
    processes.submit(Work("first", [0], message, finished, urgency=(9, 9)))
    for name, urgency in (("a", (1, 5)), ("b", (2, 2)), ("c", (1, 6)), ("d", (1, 5))):
        processes.submit(Work(name, [name, name + name], message, finished, urgency=urgency))
    ended.wait()
print(json.dumps(order))
""")
    assert found == [0, "b", "bb", "c", "cc", "d", "dd", "a", "aa"]


def test_one_process_compiles_while_the_others_do_something_else():
    found = python("""
def run(message):
    begin = time.monotonic()
    time.sleep(0.5 if message[0] == "compile 0" else 0.02)
    return [message[0], begin, time.monotonic()]

ended, spans = threading.Event(), {}

def finished(piece, one):
    spans[piece] = one.reply
    if piece == "other 0":
        # what follows from it comes a moment later
        time.sleep(0.05)
        processes.submit(Work("following", ["following 0"], message, finished))
    if len(spans) == 6:
        ended.set()

with Processes(run, 2) as processes:
    processes.submit(Work("compile", [f"compile {n}" for n in range(3)], message, finished, urgency=(3, 3)))
    processes.submit(Work("other", ["other 0", "other 1"], message, finished))
    ended.wait()
print(json.dumps(spans))
""")
    assert all(found[piece][2] <= found["compile 0"][2] for piece in ("other 0", "other 1", "following 0"))


def test_nothing_is_begun_that_memory_does_not_suffice_for():
    found = python("""
at_once = []

def run(message):
    begin = time.monotonic()
    time.sleep(0.1)
    return [begin, time.monotonic()]

module.HEAVY_BYTES = 1
module.MEMORY_SECONDS = 0.01
module.available_memory = lambda: 1
spans = []
with Processes(run, 2) as processes:
    for _, one in processes.results("first", [0], message):
        processes._peaks["heavy"] = 2
    for _, one in processes.results("heavy", range(3), message):
        spans.append(one.reply)
print(json.dumps(spans))
""")
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(found))


def test_what_is_given_up_tidies_up_first(tmp_path):
    python(f"""
from pathlib import Path

def run(message):
    try:
        Path({str(tmp_path)!r}, "begun").touch()
        time.sleep(60)
    finally:
        Path({str(tmp_path)!r}, "tidy").touch()

processes = Processes(run, 1)
processes.submit(Work("long", [0], message, lambda piece, one: None))
while not Path({str(tmp_path)!r}, "begun").exists():
    time.sleep(0.01)
children = psutil.Process().children(recursive=True)
processes.close()
print(json.dumps(len(children)))
assert not any(child.is_running() for child in children)
""")
    assert (tmp_path / "tidy").exists()


@pytest.mark.parametrize("way", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(3)", "sys.exit(0)", "1 / 0"])
def test_processes_end_with_their_command_however_it_dies(way: str):
    code = f"""
def run(message):
    time.sleep(60)

processes = Processes(run, 2)
processes.submit(Work("long", range(2), message, lambda piece, one: None))
while len(found := psutil.Process().children(recursive=True)) < 3:
    time.sleep(0.01)
print(json.dumps([one.pid for one in found]), flush=True)
{way}
"""
    done = subprocess.run([sys.executable, "-c", PRELUDE + code], stdout=subprocess.PIPE, timeout=60)
    # its output is at its end only when all that had it open are gone
    assert len(json.loads(done.stdout)) == 3


def test_without_the_server_nothing_hangs():
    found = python("""
def run(message):
    time.sleep(0.01 if message[0] < 2 else 60)

deaths = []
with Processes(run, 2) as processes:
    threading.Timer(1.0, lambda: os.kill(processes._server.pid, signal.SIGKILL)).start()
    deaths += [one.death for _, one in processes.results("work", range(9), message)]
    deaths += [one.death for _, one in processes.results("later", range(2), message)]
print(json.dumps(deaths))
""")
    assert found[:2] == ["", ""]
    assert set(found[2:]) == {"was lost, as the one that forks processes is gone"}
    assert len(found) == 11


def test_nothing_is_forked_where_there_are_threads():
    said = python("""
event = threading.Event()
thread = threading.Thread(target=event.wait)
thread.start()
try:
    Processes(lambda message: None, 1)
except RuntimeError as error:
    print(json.dumps(str(error)))
event.set()
""")
    assert said == "processes can be forked only before a command has threads or has imported JAX"
