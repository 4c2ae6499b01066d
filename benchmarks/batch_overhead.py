"""Overhead of a branch on a batch system: a workflow of records against the same workflow in plain law, in turn.

    python benchmarks/batch_overhead.py [--systems htcondor,slurm] [--branches 4] [--rounds 3] [--tasks-per-job 1]
                                        [--peers defaults,tuned]

It brings up the servers of tests/services (HTCondor in a root of its own, Slurm with accounting; each runs four jobs
at once) and needs root. Every branch writes one small file, so all of the time is overhead. Peers are law's own
``HTCondorWorkflow`` and ``SlurmWorkflow``: ``defaults`` as they come; ``bundled`` with as many branches in a job as
erumflow's; ``tuned`` bundled, and asking every 2 s instead of every minute.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from benchmarks.graph.workflows import RECORDS  # noqa: E402
from tests.services.servers import Condor, Slurm  # noqa: E402
from tests.tasks.batch.clusters import belongs_to_user  # noqa: E402
from tests.tasks.project import copy_project  # noqa: E402

# in a module of its own, so that law runs as it comes
PLAIN = """
import law
import luigi

law.contrib.load("htcondor", "slurm")


class Plain(law.htcondor.HTCondorWorkflow, law.slurm.SlurmWorkflow, law.LocalWorkflow):
    folder = luigi.Parameter()

    def create_branch_map(self):
        return list(range({branches}))

    def output(self):
        return law.LocalFileTarget("%s/%d.txt" % (self.folder, self.branch))

    def run(self):
        self.output().dump("result", formatter="text")

    def htcondor_output_directory(self):
        return law.LocalDirectoryTarget(self.folder)

    def htcondor_bootstrap_file(self):
        return law.JobInputFile("{home}/bootstrap.sh", share=True, render_job=True)

    def slurm_output_directory(self):
        return law.LocalDirectoryTarget(self.folder)

    def slurm_bootstrap_file(self):
        return law.JobInputFile("{home}/bootstrap.sh", share=True, render_job=True)
"""
PLAIN_CFG = "[luigi_core]\nlocal_scheduler: True\nno_lock: True\nautoload_range: False\n"
PEERS = {"defaults": (), "bundled": ("--tasks-per-job",), "tuned": ("--tasks-per-job", "--poll-interval", "2s")}


@dataclass
class Place:
    """Where commands are given.

    Args:
        name: of the batch system.
        folder: of this machine, with the code.
        home: the same folder as commands and jobs see it.
        programs: folder of the environment's programs, as they see it.
        condor: the pool that all this is inside of, if any.
        exported: variables that lead to the batch system.
    """

    name: str
    folder: Path
    home: str
    programs: str
    condor: Condor | None
    exported: dict[str, str]

    def prepare(self, branches: int) -> None:
        """Write the two workflows, and what the jobs of plain law need to find them."""
        copy_project(BASE, self.folder, "htautau")
        (self.folder / "own.py").write_text(RECORDS.format(number=branches))
        (self.folder / "plain.py").write_text(PLAIN.format(branches=branches, home=self.home))
        (self.folder / "plain.cfg").write_text(PLAIN_CFG)
        exports = [f"export {name}={shlex.quote(value)}" for name, value in self.variables("plain.cfg").items()]
        (self.folder / "bootstrap.sh").write_text("\n".join(exports) + "\n")
        if self.condor:
            belongs_to_user(self.condor, self.folder)

    def variables(self, config: str, store: str = "") -> dict[str, str]:
        own = {"ERUMFLOW_BASE": self.home, "ERUMFLOW_STORE": f"{self.home}/{store}"} if store else {}
        return {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "PYTHONPATH": self.home,
            "LAW_HOME": f"{self.home}/.law",
            "LAW_CONFIG_FILE": f"{self.home}/{config}",
            **self.exported,
            **own,
        }

    def run(self, words: list[str], variables: dict[str, str]) -> float:
        """Seconds that a command takes."""
        command = ["env", *(f"{name}={value}" for name, value in variables.items()), *words]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        begin = time.perf_counter()
        if self.condor:
            process = self.condor.start_command(command, **pipes)
        else:
            process = subprocess.Popen(command, cwd=self.folder, text=True, **pipes)
        output, _ = process.communicate()
        seconds = time.perf_counter() - begin
        if process.returncode:
            raise SystemExit(f"{shlex.join(words)} ended with {process.returncode}:\n{output}")
        return seconds

    def records(self, branches: int, per_job: int) -> float:
        """Seconds that erumflow takes."""
        store = f"store-{uuid.uuid4().hex[:8]}"
        task = ["law", "run", "own.Records"]
        jobs = ["--workflow", self.name, "--tasks-per-job", str(per_job)]
        seconds = self.run([*task, *jobs], self.variables("law.cfg", store))
        self.check(self.folder / store, "htautau/Records/*/*manifest.json", branches)
        return seconds

    def plain(self, branches: int, per_job: int, flags: tuple[str, ...]) -> float:
        """Seconds that plain law takes."""
        folder = f"plain-{uuid.uuid4().hex[:8]}"
        words = [word for flag in flags for word in ((flag, str(per_job)) if flag == "--tasks-per-job" else (flag,))]
        task = ["law", "run", "plain.Plain", "--folder", f"{self.home}/{folder}", "--workflow", self.name, *words]
        seconds = self.run(task, self.variables("plain.cfg"))
        self.check(self.folder / folder, "*.txt", branches)
        return seconds

    def check(self, folder: Path, pattern: str, branches: int) -> None:
        """No time counts without its results."""
        found = len([path for path in folder.glob(pattern) if path.stem.isdecimal() or path.suffix == ".json"])
        if found != branches:
            raise SystemExit(f"{found} of {branches} results in {folder}")
        shutil.rmtree(folder)


@contextmanager
def place(name: str) -> Iterator[Place]:
    """A batch system, up, and a folder that its jobs see."""
    if name == "slurm":
        slurm = Slurm(("slurm.sh", "--accounting")).up()
        with tempfile.TemporaryDirectory() as base:
            folder = Path(base, "project")
            yield Place(name, folder, str(folder), str(Path(sys.executable).parent), None, dict(slurm.exported))
        return
    condor = Condor().up()
    programs = f"{condor.project(BASE)}/.venv/bin"
    home = f"{condor.home}/overhead-{uuid.uuid4().hex[:8]}"
    try:
        yield Place(name, condor.outside(home), home, programs, condor, {})
    finally:
        shutil.rmtree(condor.outside(home))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", default="htcondor,slurm", help="separated by commas")
    parser.add_argument("--branches", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks-per-job", type=int, default=1)
    parser.add_argument("--peers", default="defaults,tuned", help=f"of {', '.join(PEERS)}")
    options = parser.parse_args()
    peers = [peer for peer in options.peers.split(",") if peer]
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    print("| | jobs of | s (median) | ms a branch | over erumflow | rounds |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for system in options.systems.split(","):
        with place(system) as where:
            where.prepare(options.branches)
            times: dict[str, list[float]] = {"": [], **{peer: [] for peer in peers}}
            for _ in range(options.rounds):
                for peer, seconds in times.items():
                    if peer:
                        seconds.append(where.plain(options.branches, options.tasks_per_job, PEERS[peer]))
                    else:
                        seconds.append(where.records(options.branches, options.tasks_per_job))
                    print(f"{system} {peer or 'erumflow'}: {seconds[-1]:.1f} s", file=sys.stderr, flush=True)
        for peer, seconds in times.items():
            median = statistics.median(seconds)
            ratio = statistics.median(theirs / ours for ours, theirs in zip(times[""], seconds, strict=True))
            label = f"{system}, " + (f"plain law, {peer}" if peer else "erumflow")
            per_job = 1 if peer == "defaults" else options.tasks_per_job
            each = 1000 * median / options.branches
            print(f"| {label} | {per_job} | {median:.1f} | {each:.0f} | {ratio:.1f} | {options.rounds} |", flush=True)


if __name__ == "__main__":
    main()
