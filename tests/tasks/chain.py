"""A chain of tasks whose records are small files: of processes and signals, not of physics."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CHAIN", "PARTS", "write_chain"]

PARTS = 12

CHAIN = """
import time
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.framework.record_workflow import DatasetWorkflow


class First(DatasetWorkflow):
    payload = ("txt",)

    def labels(self, series):
        return tuple(f"part_{i}" for i in range(PARTS))

    @recorded
    def run(self, draft):
        # in First
        time.sleep(0.05)
        draft.path("txt").write_text(f"{self.own_label} " * 1000)


class Second(DatasetWorkflow):
    payload = ("txt",)

    def labels(self, series):
        return tuple(f"part_{i}" for i in range(PARTS))

    def needs(self, series):
        return {"first": Need(First.req(self), series, aligned=True)}

    @recorded
    def run(self, draft):
        # in Second
        time.sleep(0.05)
        draft.path("txt").write_text(self.input_path("first", "txt").read_text().upper())


class Last(RecordTask):
    payload = ("txt",)

    def needs(self, series):
        return {"second": Need(Second.req(self, datasets=("TTbar",)), "TTbar")}

    @recorded
    def run(self, draft):
        draft.path("txt").write_text("".join(path.read_text() for path in self.input_paths("second", "txt")))
"""


def write_chain(folder: Path) -> None:
    """Write the tasks as the module ``chain`` into a project's folder."""
    (folder / "chain.py").write_text(CHAIN.replace("PARTS", str(PARTS)))
