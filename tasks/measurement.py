"""From histograms to results: the statistical model and its fit."""

from __future__ import annotations

from typing import Any, ClassVar

from analysis.formats.format import format_step
from tasks.framework.options import DataOptions, NetworkOptions
from tasks.stages import MakeResult

__all__ = ["BuildWorkspace", "FetchPublications", "FitMeasurement"]


class FetchPublications(MakeResult):
    """Bring published numbers, which come with an installed package, into the store; checksums decide."""

    takes_job = False

    def ingredients(self, series: str) -> dict[str, Any]:
        files = (
            (f"{one.name}.{file.name}", file.sha256)
            for one in self.definition.stage(self.stage).publications
            for file in one.files
        )
        return {"sha256": dict(files), "format": format_step("files")}

    def make(self, draft: Any) -> None:
        from analysis.formats.files import save

        save(None, draft.path, self.chapter)

    def summary(self):
        for one in self.definition.stage(self.stage).publications:
            yield one.name, f"{one.title}; {one.citation}; doi:{one.doi}"
        yield "record", self.own_record.address


class BuildWorkspace(NetworkOptions, MakeResult):
    """Write the statistical models as HistFactory workspaces, in the JSON that pyhf and others read."""


class FitMeasurement(DataOptions, MakeResult):
    """Fit the statistical models: strengths, intervals, impacts, significances, limits, goodness of fit."""

    job_resources: ClassVar[dict[str, int]] = {}

    def summary(self):
        yield "data", self.definition.stage(self.stage).fitted
        yield from super().summary()
