"""From histograms to results: the statistical model and its fit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, ClassVar

from analysis.chapters import SEED
from analysis.formats.format import format_step
from tasks.framework.options import DataOptions, NetworkOptions
from tasks.framework.progress import count_progress
from tasks.stages import MakeResult

__all__ = ["BuildWorkspace", "FetchPublications", "FitMeasurement", "ValidateModel"]


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

    def called(self, function: Any, arguments: dict[str, Any]) -> Any:
        found = super().called(function, arguments)
        if not getattr(self.chapter, "per_seed", False):
            return found
        filled = {name: value for name, value in arguments.items() if getattr(value, "by_seed", ())}
        for seed in range(max((len(value.by_seed) for value in filled.values()), default=0)):
            own = {name: value.of_seed(seed) for name, value in filled.items()}
            built = super().called(function, {**arguments, **own})
            found |= {f"{name}{SEED}{seed + 1}": workspace for name, workspace in built.items()}
        return found


class FitMeasurement(DataOptions, MakeResult):
    """Fit the statistical models: strengths, intervals, impacts, significances, limits, goodness of fit."""

    job_resources: ClassVar[dict[str, int]] = {}

    def called(self, function: Any, arguments: dict[str, Any]) -> Any:
        from analysis.inference.watching import watched

        with ExitStack() as shown:
            shows: dict[str, Callable[[int], None]] = {}

            def report(what: str, done: int, total: int) -> None:
                if what not in shows:
                    # one display at a time
                    shown.close()
                    shows[what] = shown.enter_context(count_progress(what, total))
                shows[what](done)

            with watched(report):
                return super().called(function, arguments)

    def summary(self):
        yield "data", self.definition.stage(self.stage).fitted
        yield from super().summary()


class ValidateModel(DataOptions, MakeResult):
    """Compare data and model in each distribution before any fit: chi2 with all uncertainties, p-values."""

    def summary(self):
        from analysis.results import Check

        for check in map(Check.from_json, self.load([self.own_record])[0].get("checks", ())):
            verdict = "  NOT DESCRIBED" if check.failed else ""
            yield f"{check.title}, {check.where}", f"{check.told}{verdict}"
        yield from super().summary()
