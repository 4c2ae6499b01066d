"""Histograms: of every data set under every shift, chunk by chunk, and all of them together."""

from __future__ import annotations

from typing import Any, ClassVar

from analysis.chapters import Histograms
from analysis.errors import StudyError
from analysis.formats.format import format_step
from tasks.data import events_only
from tasks.framework.options import NetworkOptions
from tasks.framework.record_task import Need
from tasks.losses import lost_by_histograms
from tasks.stages import MakeEvents, MakeResult

__all__ = ["FillHistograms", "MergeHistograms"]


class FillHistograms(NetworkOptions, MakeEvents):
    """Fill histograms of the study's variables by process, region and shift; shifts of weights all at once."""

    makes = "MergeHistograms"
    payload: ClassVar[tuple[str, ...]] = ("histograms.zip",)  # type: ignore[misc]

    @property
    def per(self) -> str:
        return "chunk"

    @property
    def chapter(self) -> Histograms:
        return histograms_of(super().chapter)

    def ingredients(self, series: str) -> dict[str, Any]:
        stage, dataset = self.chapter, self.dataset_of(series)
        return {
            "weights": stage.weights,
            "shifts": stage.weight_shifts,
            "variables": stage.variables,
            "regions": stage.regions,
            "processes": stage.processes or self.definition.processes,
            "dataset": events_only(dataset),
            "weight_per_fb": dataset.weight_per_fb,
            "shift": self.shift_of(series),
            "format": format_step("histograms"),
        }

    def make(self, draft: Any) -> None:
        from analysis.formats.histograms import save
        from analysis.histograms.stage import fill_stage

        given = self.arguments()
        filled = fill_stage(
            given["events"],
            [given[name] for name in self.chapter.scores],
            self.chapter,
            self.chapter.processes or self.definition.processes,
            events_only(self.dataset),
            self.dataset.weight_per_fb,
            self.shift_of(self.own_series),
            where=self.where(),
            taken=given,
        )
        save(filled, draft.path, self.chapter)


class MergeHistograms(NetworkOptions, MakeResult):
    """Add the histograms of all data sets and chunks up; simulated events for the luminosity of the campaign."""

    def ingredients(self, series: str) -> dict[str, Any]:
        # a study of measured events alone has nothing to scale
        luminosity = self.luminosity
        if luminosity is None and self.definition.simulated:
            # tells that there is none
            luminosity = self.definition.campaign(self.campaign).luminosity
        return {"luminosity": luminosity, "format": format_step("histograms")}

    def needs(self, series: str) -> dict[str, Need]:
        wanted = self.chapter.datasets or ("simulated", "measured")
        filled = FillHistograms.req(self, datasets=wanted, shift=("all",))
        return {name: Need(filled, name) for name in filled.series_names()}

    def make(self, draft: Any) -> None:
        from analysis.checking.calling import told
        from analysis.formats.histograms import combine, save
        from analysis.histograms.losses import check_edges
        from analysis.histograms.stage import merge_stage

        needs = self.needs(self.own_series)
        filled = {name: combine(need.task.load(need.records(""))) for name, need in needs.items()}
        shifts = [name for shift in self.definition.shifts for name in shift.names]
        # those with a purpose of their own, too, if they are filled
        simulated = [one.name for one in self.definition.datasets if one.kind == "simulated" and one.name in filled]
        luminosity = self.ingredients(self.own_series)["luminosity"]
        merged = merge_stage(filled, simulated, shifts, luminosity)
        with told(self.stage, self.where(), None):
            check_edges(merged)
        save(merged, draft.path, self.chapter)

    def summary(self):
        for text in lost_by_histograms(self.definition, self.stage, self.load([self.own_record])[0]):
            yield "WARNING", text
        yield from super().summary()


def histograms_of(stage: Any) -> Histograms:
    """The stage, which has to say what is filled.

    Raises:
        StudyError: it does not.
    """
    assert isinstance(stage, Histograms)
    if stage.weights is None or not stage.variables:
        raise StudyError(f"the stage {stage.name!r} declares no variables or weights to fill histograms with")
    return stage
