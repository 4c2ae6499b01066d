"""Overhead of a branch: a workflow of records against the same workflow in plain law, in turn.

    python benchmarks/scheduling.py [--branches 300] [--runs 3]

Both write one small file a branch and run with one worker; erumflow's also writes a manifest with checksums.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from workflow_of_records import RECORDS

LAW = str(Path(sys.executable).parent / "law")
BASE = Path(__file__).resolve().parent.parent

# in a module of its own, so that law runs as it comes
PLAIN = """
import law


class Plain(law.LocalWorkflow):
    output_collection_cls = law.SiblingFileCollection

    def create_branch_map(self):
        return list(range({branches}))

    def output(self):
        return law.LocalFileTarget("{folder}/plain/%d.txt" % self.branch)

    def run(self):
        self.output().dump("result", formatter="text")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--branches", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    times: dict[str, list[float]] = {"Records": [], "Plain": []}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "own.py").write_text(RECORDS.format(branches=options.branches))
            Path(folder, "plain.py").write_text(PLAIN.format(branches=options.branches, folder=folder))
            environment = os.environ | {
                "ERUMFLOW_STORE": f"{folder}/store",
                "PYTHONPATH": f"{BASE}:{folder}",
                "LAW_CONFIG_FILE": str(BASE / "law.cfg"),
                "LAW_HOME": folder,
            }
            for name in times:
                task = ["own.Records", "--datasets", "TTbar"] if name == "Records" else ["plain.Plain"]
                start = time.perf_counter()
                subprocess.run([LAW, "run", *task], env=environment, check=True, capture_output=True)
                times[name].append(time.perf_counter() - start)
    ratio = statistics.median(plain / ours for ours, plain in zip(times["Records"], times["Plain"], strict=True))
    for name, label in (("Records", "erumflow"), ("Plain", "plain law")):
        print(f"{label}: {statistics.median(times[name]):.1f} s for {options.branches} branches")
    print(f"plain law / erumflow: {ratio:.2f} (median of {options.runs} pairs)")


if __name__ == "__main__":
    main()
