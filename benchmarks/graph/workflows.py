"""One workflow in the words of each tool: independent results, each a small file. All of its time is overhead."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RECORDS", "TOOLS", "Tool", "ToolMissingError"]

HERE = Path(__file__).resolve().parent
BASE = HERE.parents[1]
PROGRAMS = Path(sys.executable).parent

#: a module of tasks, but for the number of branches
RECORDS = """
from tasks.framework.record_task import recorded
from tasks.framework.record_workflow import RecordWorkflow


class Records(RecordWorkflow):
    payload = ("txt",)

    def series_names(self):
        return ("small",)

    def labels(self, series):
        return tuple(str(i) for i in range({number}))

    @recorded
    def run(self, draft):
        draft.path("txt").write_text("result")
"""

LAW = """
import law


class Plain(law.LocalWorkflow):
    output_collection_cls = law.SiblingFileCollection

    def create_branch_map(self):
        return list(range({number}))

    def output(self):
        return law.LocalFileTarget("{folder}/results/%d.txt" % self.branch)

    def run(self):
        self.output().dump("result", formatter="text")
"""
LAW_CFG = (
    "[luigi_core]\nlocal_scheduler: True\nno_lock: True\nautoload_range: False\n[logging]\nluigi-interface: ERROR\n"
)

LUIGI = """
import luigi


class Small(luigi.Task):
    number = luigi.IntParameter()

    def output(self):
        return luigi.LocalTarget(f"results/{{self.number}}.txt")

    def run(self):
        with self.output().open("w") as stream:
            stream.write("result")


class All(luigi.WrapperTask):
    def requires(self):
        return [Small(number=number) for number in range({number})]
"""

B2LUIGI = """
import b2luigi


class Small(b2luigi.Task):
    number = b2luigi.IntParameter()

    def output(self):
        yield self.add_to_output("result.txt")

    def run(self):
        with open(self.get_output_file_name("result.txt"), "w") as stream:
            stream.write("result")


if __name__ == "__main__":
    b2luigi.set_setting("result_dir", "results")
    b2luigi.process([Small(number=number) for number in range({number})], workers={workers})
"""

SNAKEMAKE = """
rule all:
    input:
        expand("results/{{number}}.txt", number=range({number})),

rule small:
    output:
        "results/{{number}}.txt",
    shell:
        "echo result > {{output}}"
"""


class ToolMissingError(Exception):
    """A peer cannot be had on this machine."""


@dataclass(frozen=True)
class Tool:
    """One tool and its workflow.

    Args:
        title: for people.
        files: by name, with ``{number}`` of results, ``{workers}`` and ``{folder}``.
        command: arguments, from the folder of its programs and the number of workers.
        results: pattern of the files that it leaves, one for each result.
        variables: of its environment, beside the machine's; ``{folder}`` is its own.
        peer: whether it lives in an environment of its own, made of the lock of its name.
    """

    title: str
    files: dict[str, str]
    command: Callable[[Path, int], list[str]]
    results: str
    variables: dict[str, str]
    peer: bool = False

    def write(self, folder: Path, number: int, workers: int) -> None:
        """Write the workflow of so many results into a folder, which is made."""
        folder.mkdir(parents=True)
        for name, text in self.files.items():
            (folder / name).write_text(text.format(number=number, workers=workers, folder=folder))

    def environment(self, folder: Path) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ERUMFLOW_", "LAW_", "LUIGI_", "PYTHON"))}
        return kept | {name: value.format(folder=folder, base=BASE) for name, value in self.variables.items()}

    def count(self, folder: Path) -> int:
        """How many results there are."""
        return sum(1 for _ in folder.glob(self.results))


def programs_of(name: str) -> Path:
    """Folder of the programs of a peer, in an environment that is made the first time.

    Raises:
        ToolMissingError: it cannot be made; the message says why.
    """
    command = ["bash", str(BASE / "tests/validators/install.sh"), str(HERE / f"{name}.lock")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["install.sh failed"])[-1]
        raise ToolMissingError(f"{name} cannot be had here: {reason}")
    return Path(done.stdout.strip()) / "bin"


def _records(programs: Path, workers: int) -> list[str]:
    return [str(programs / "law"), "run", "own.Records", "--workers", str(workers)]


def _law(programs: Path, workers: int) -> list[str]:
    return [str(programs / "law"), "run", "plain.Plain", "--workers", str(workers)]


def _luigi(programs: Path, workers: int) -> list[str]:
    given = ["--local-scheduler", "--log-level", "ERROR", "--workers", str(workers)]
    return [str(programs / "luigi"), "--module", "plain", "All", *given]


def _b2luigi(programs: Path, workers: int) -> list[str]:
    return [str(programs / "python"), "plain.py"]


def _snakemake(programs: Path, workers: int) -> list[str]:
    return [str(programs / "snakemake"), "--cores", str(workers), "--quiet", "all"]


#: by name; the first one is the project's
TOOLS = {
    "erumflow": Tool(
        "erumflow, full manifests",
        {"own.py": RECORDS},
        _records,
        "store/*/Records/*/*.manifest.json",
        {
            "ERUMFLOW_BASE": "{base}",
            "ERUMFLOW_STORE": "{folder}/store",
            "LAW_CONFIG_FILE": "{base}/law.cfg",
            "LAW_HOME": "{folder}",
            "PYTHONPATH": "{base}:{folder}",
        },
    ),
    "law": Tool(
        "plain law",
        {"plain.py": LAW, "law.cfg": LAW_CFG},
        _law,
        "results/*.txt",
        {"LAW_CONFIG_FILE": "{folder}/law.cfg", "LAW_HOME": "{folder}", "PYTHONPATH": "{folder}"},
    ),
    "luigi": Tool("plain luigi", {"plain.py": LUIGI}, _luigi, "results/*.txt", {"PYTHONPATH": "{folder}"}),
    "b2luigi": Tool("b2luigi", {"plain.py": B2LUIGI}, _b2luigi, "results/*/result.txt", {}, peer=True),
    "snakemake": Tool("snakemake", {"Snakefile": SNAKEMAKE}, _snakemake, "results/*.txt", {}, peer=True),
}
