"""The result page: what a study ends in."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from tasks.framework.record_task import Need, recorded
from tasks.framework.settings import default_study
from tasks.measurement import DataTask, FitMeasurement
from tasks.plots import (
    FigureTask,
    PlotCalibration,
    PlotMeasurement,
    PlotPublications,
    PlotReconstruction,
    PlotTraining,
)
from tasks.results import CollectResults

__all__ = ["Report"]

# in the order of the page
_SECTIONS: dict[str, tuple[type[FigureTask], str]] = {
    "measurement": (PlotMeasurement, "Measurement"),
    "publications": (PlotPublications, "Published numbers"),
    "networks": (PlotTraining, "Networks"),
    "reconstruction": (PlotReconstruction, "Reconstruction"),
    "calibration": (PlotCalibration, "Calibration"),
}


class Report(DataTask):
    """Make the result page: numbers, figures, the graph of records, data sets, and how to make it again."""

    payload = ("report.html",)
    varying = payload
    takes_job = False

    def ingredients(self, series: str) -> dict[str, Any]:
        from analysis.report import appearance

        # all that a reader sees; titles and captions enter no other key
        return {
            "title": self.definition.title,
            "measurement": self.measurement.title,
            "campaign": self._conditions(),
            "captions": {role: list(task.figures.captions) for role, task in self.drawn().items()},
            "figures": {role: list(task.figures.names) for role, task in self.drawn().items()},
            "datasets": [dataclasses.asdict(row) for row in self._datasets()],
            "command": self.command(),
            "highlights": self.measurement.highlights,
            "appearance": appearance.digest(),
        }

    def needs(self, series: str) -> dict[str, Need]:
        return {
            "results": Need(CollectResults.req(self)),
            "fit": Need(FitMeasurement.req(self)),
            **{f"figures {role}": Need(task) for role, task in self.drawn().items()},
        }

    def command(self) -> str:
        """What makes this page again, on any machine."""
        decisive = {name: self._serialised(name) for name in ("campaign", "statistics", "data", "training", "network")}
        words = ["law run Report", "" if self.study == default_study() else f"--study {self.study}"]
        usual = {
            "campaign": self.definition.campaigns[0].name if self.definition.campaigns else "",
            "statistics": self.definition.statistics[0].name,
            "data": "asimov" if self.measurement.blind else "observed",
        }
        words += [f"--{name} {value}" for name, value in decisive.items() if value != usual.get(name, "")]
        return " ".join(word for word in words if word)

    @recorded
    def run(self, draft):
        from analysis.report.material import Page, SourcedNumber
        from analysis.report.page import render
        from analysis.report.records import collect
        from analysis.results import Number, Table

        results = json.loads(self.input_path("results", "results.json").read_text())
        fit = json.loads(self.input_path("fit", "fit.json").read_text())
        fields = [field.name for field in dataclasses.fields(Number)]
        numbers = tuple(
            SourcedNumber(Number.from_json({name: number[name] for name in fields}), number["record"])
            for number in results["numbers"]
        )
        roots = [record for role in self.needs(self.own_series) for record in self.input_records(role)]
        manifest = roots[0].manifest()
        page = Page(
            title=self.definition.title,
            study=self.study,
            subtitle=self.measurement.title,
            campaign=self._conditions(),
            data="asimov" if self.data == "asimov" else "observed",
            simulation_note=self._simulation_note(),
            headline=(*fit["headline"].items(), *self._highlights(numbers)),
            numbers=numbers,
            tables=tuple(Table.from_json(table) for table in results["tables"]),
            sections=self._sections(),
            records=collect(roots),
            datasets=self._datasets(),
            command=self.command(),
            environment=_environment(manifest),
            versions={"python": manifest["software"]["python"], **manifest["software"]["packages"]},
        )
        draft.path("report.html").write_text(render(page), encoding="utf-8")

    def summary(self):
        yield "data", self.data
        yield from json.loads(self.input_path("fit", "fit.json").read_text())["headline"].items()
        yield "page", self.own_record.store.url(self.own_record.place, "report.html")

    def _highlights(self, numbers: tuple[Any, ...]) -> list[tuple[str, str]]:
        from analysis.report.formatting import number_text

        found = {one.number.name: one.number for one in numbers}
        return [
            (
                f"{found[name].title} ({found[name].note})" if found[name].note else found[name].title,
                number_text(found[name]),
            )
            for name in self.measurement.highlights
            if name in found
        ]

    def _serialised(self, name: str) -> str:
        return str(dict(self.get_params())[name].serialize(getattr(self, name)))

    def drawn(self) -> dict[str, FigureTask]:
        """The figures that the study has."""
        drawn = {}
        for role, (family, _) in _SECTIONS.items():
            if family is PlotMeasurement or getattr(self.definition, family.figures_of):
                drawn[role] = family.req(self)
        return drawn

    def _sections(self) -> tuple[Any, ...]:
        from analysis.report.material import FigureFile, Section

        sections = []
        for role, task in self.drawn().items():
            captions = {name: (title, caption) for name, title, caption in task.figures.captions}
            figures = tuple(
                FigureFile(
                    name=name,
                    title=captions.get(name, (name.replace("_", " "), ""))[0],
                    caption=captions.get(name, ("", ""))[1],
                    png=self.input_path(f"figures {role}", f"{name}.png").read_bytes(),
                    pdf=self.input_path(f"figures {role}", f"{name}.pdf").read_bytes(),
                )
                for name in task.figures.names
            )
            sections.append(Section(_SECTIONS[role][1], "", figures))
        return tuple(sections)

    def _conditions(self) -> str:
        study = self.definition
        parts = [self.measurement.observe or study.experiment, self.campaign]
        if self.campaign:
            parts.append(f"{self.luminosity:g}/fb")
        if study.energy is not None:
            parts.append(f"{study.energy:g} TeV")
        return ", ".join(part for part in parts if part)

    def _simulation_note(self) -> str:
        simulated = self.definition.simulated
        titles = ", ".join(process.title for process in self.definition.processes)
        made = "simulated by this study itself" if all(one.generate for one in simulated) else "simulated"
        return f"Events of {titles} are {made}." if simulated else ""

    def _datasets(self) -> tuple[Any, ...]:
        from analysis.report.material import DatasetRow

        study = self.definition
        measured = study.measured(self.campaign)
        named = (*study.calibration_datasets, *study.scale_datasets)
        used = dict.fromkeys((*measured, *study.simulated, *(study.dataset(name) for name in named)))
        rows = [
            DatasetRow(
                name=dataset.name,
                title=dataset.title,
                kind=dataset.kind,
                events=dataset.events,
                licence=dataset.licence,
                doi=dataset.doi,
                citation=dataset.citation,
                url=dataset.files[0].url if dataset.files and not dataset.doi else "",
            )
            for dataset in used
        ]
        rows += [
            DatasetRow(
                name=publication.name,
                title=publication.title,
                kind="published",
                licence=publication.licence,
                doi=publication.doi,
                citation=publication.citation,
            )
            for publication in study.publications
        ]
        return tuple(rows)


def _environment(manifest: dict[str, Any]) -> dict[str, str]:
    source, host = manifest["source"], manifest["host"]
    known = {"commit": source["commit"]} if source.get("commit") else {}
    if source.get("dirty"):
        known["changes"] = "files differed from the commit"
    return {
        **known,
        "lock": manifest["software"].get("lock_sha256") or "none",
        "system": f"{host['system']} {host['machine']}",
        "processor": f"{host['processor']}, {host['cores']} cores",
    }
