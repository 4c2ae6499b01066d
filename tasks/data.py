"""Raw data: where the graph begins."""

from __future__ import annotations

from typing import Any

from tasks.framework.progress import bytes_progress
from tasks.framework.record_task import recorded
from tasks.framework.record_workflow import DatasetWorkflow
from tasks.framework.settings import mirror

__all__ = ["FetchData"]


class FetchData(DatasetWorkflow):
    """Bring public files into the store: from the mirror folder if there is one, else by download; checksums decide."""

    payload = ("root",)

    def labels(self, series: str) -> tuple[str, ...]:
        return tuple(file.name.removesuffix(".root") for file in self.definition.dataset(series).files)

    def ingredients(self, series: str) -> dict[str, Any]:
        # the content alone: the same file from another address is the same record
        return {"sha256": [file.sha256 for file in self.definition.dataset(series).files]}

    @recorded
    def run(self, draft):
        from analysis.events.catalogue import fetch

        (file,) = (file for file in self.dataset.files if file.name.removesuffix(".root") == self.own_label)
        # in the workspace, so that a download goes on where a killed one ended
        arrived = draft.workspace / file.name
        with bytes_progress(file.name, file.size) as progress:
            fetch(file, arrived, mirror=mirror(), progress=progress)
        arrived.replace(draft.path("root"))
