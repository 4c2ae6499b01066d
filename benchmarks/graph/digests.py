"""Cost of believing nothing: digests of what is read, checked manifests, and the look at the graph, in a whole command.

    python benchmarks/graph/digests.py [--rounds 3] [--commands "Report --study airshower,Report --study htautau"]

The command has one worker, so all is done in its own process, in which the functions that check are timed. Every run
has an empty store. The last column is the processor time of the checks over that of the whole command. Then all
records are verified, by the command that users have for that.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.measuring import measure

LAW = str(Path(sys.executable).parent / "law")
COMMANDS = ("Report --study airshower", "Report --study htautau")
# what is timed: where it is called from, and its name
CHECKS = {
    "SHA-256 of what is read": "analysis.provenance.records:known_sha256",
    "manifests": "analysis.provenance.records:known_manifest",
    "what the inputs hold": "tasks.framework.recording:describe_inputs",
    "the graph, before luigi": "tasks.framework.due:decide_due",
}
MARK = "checks: "
PROGRAM = f"""
import atexit, importlib, json, sys, time

spent, inside = dict.fromkeys({list(CHECKS)!r}, 0.0), []

def timed(name, function):
    def call(*arguments, **keywords):
        if inside:
            return function(*arguments, **keywords)
        inside.append(name)
        begin = time.process_time()
        try:
            return function(*arguments, **keywords)
        finally:
            spent[name] += time.process_time() - begin
            inside.pop()
    return call

import tasks.records
for name, where in {CHECKS!r}.items():
    module, _, function = where.partition(":")
    module = importlib.import_module(module)
    setattr(module, function, timed(name, getattr(module, function)))
atexit.register(lambda: print({MARK!r} + json.dumps([spent, time.process_time()]), flush=True))
from tasks.framework.command import run
sys.argv[0] = "law"
sys.exit(run())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", default=",".join(COMMANDS), help="task and parameters, separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for command in options.commands.split(","):
        words = shlex.split(command)
        shares: dict[str, list[float]] = {}
        totals, verified = [], []
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}\n", flush=True)
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                own = {"ERUMFLOW_STORE": f"{folder}/store", "ERUMFLOW_COMPILED": f"{folder}/compiled"}
                line = [sys.executable, "-c", PROGRAM, "run", *words, "--workers", "1"]
                cost = measure(line, os.environ | own)
                spent, whole = _spent(cost.output)
                totals.append(whole)
                for name, seconds in spent.items():
                    shares.setdefault(name, []).append(seconds)
                study = words[words.index("--study") + 1]
                verified.append(measure([LAW, "run", "VerifyRecords", "--study", study], os.environ | own).wall)
        print(f"| `law run {command} --workers 1` | processor, s | of the command |")
        print("| --- | ---: | ---: |")
        print(f"| all of it | {statistics.median(totals):.1f} | |")
        for name, seconds in shares.items():
            part = statistics.median(one / whole for one, whole in zip(seconds, totals, strict=True))
            print(f"| {name} | {statistics.median(seconds):.2f} | {part:.2%} |")
        every = [sum(some) for some in zip(*shares.values(), strict=True)]
        part = statistics.median(one / whole for one, whole in zip(every, totals, strict=True))
        print(f"| all checks | {statistics.median(every):.2f} | **{part:.2%}** |")
        print(f"\n`law run VerifyRecords` of all its records: {statistics.median(verified):.1f} s\n", flush=True)


def _spent(output: str) -> tuple[dict[str, float], float]:
    import json

    (line,) = (one for one in output.splitlines() if one.startswith(MARK))
    spent, whole = json.loads(line.removeprefix(MARK))
    return spent, whole


if __name__ == "__main__":
    main()
