"""A workflow of records that are small files: all of its time is overhead."""

from __future__ import annotations

__all__ = ["RECORDS"]

#: a module of tasks, but for the number of branches
RECORDS = """
from tasks.framework.record_task import recorded
from tasks.framework.record_workflow import DatasetWorkflow


class Records(DatasetWorkflow):
    payload = ("txt",)

    def labels(self, series):
        return tuple(str(i) for i in range({branches}))

    @recorded
    def run(self, draft):
        draft.path("txt").write_text("result")
"""
