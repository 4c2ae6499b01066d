"""The result page: what a study ends in."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analysis.chapters import Fit, Histograms, Validation
from analysis.checking.names import did_you_mean
from analysis.provenance.environment import source as source_of
from analysis.stages import Figures, Result, Stage, Task
from tasks.data import repeated_events
from tasks.dataset_rows import dataset_rows
from tasks.framework.pins import pins_in_words
from tasks.framework.record_task import Need, recorded
from tasks.framework.settings import place_of_study, stores
from tasks.losses import lost_by_histograms
from tasks.results import CollectResults, ResultTask
from tasks.stage_values import headline_of

if TYPE_CHECKING:
    from analysis.results import Number

__all__ = ["Report"]


class Report(ResultTask):
    """Make the result page: numbers, figures, the graph of records, data sets, and how to make it again."""

    payload = ("report.html",)
    varying = payload
    tells_of_needs = True
    needs_lineage = True

    def ingredients(self, series: str) -> dict[str, Any]:
        from analysis.report import appearance

        # all that a reader sees; titles and captions enter no other key
        study = self.definition
        return {
            "title": study.title,
            "measures": study.measures,
            "campaign": self._conditions(),
            "sections": {stage.name: stage.title for stage in study.stages},
            "captions": {stage.name: list(stage.captions) for stage in study.stages_of(Figures)},
            "figures": {stage.name: list(stage.names) for stage in study.stages_of(Figures)},
            "datasets": [dataclasses.asdict(row) for row in dataset_rows(study, self.campaign)],
            "command": self.command(),
            "titles": self._titles(),
            "highlights": study.highlights,
            "data": self.fitted(),
            "appearance": appearance.digest(),
            # the page says so
            **({"pinned": pinned} if (pinned := self.pins_behind(series)) else {}),
        }

    def needs(self, series: str) -> dict[str, Need]:
        results = {f"result {name}": need for name, need in self.holding("results").items()}
        figures = {f"figures {name}": need for name, need in self.holding("figures").items()}
        filled = {f"histograms {one.name}": self.made(one.name) for one in self.definition.stages_of(Histograms)}
        return {"results": Need(CollectResults.req(self)), **results, **figures, **filled}

    def command(self) -> str:
        """Return the command that makes this page again, on any machine."""
        study = self.definition
        words = ["law run Report", f"--study {self.study}"]
        usual = {
            "campaign": study.campaigns[0].name if study.campaigns else "",
            "statistics": study.statistics[0].name,
        }
        decisive = {name: self._serialised(name) for name in ("campaign", "statistics", "set")}
        words += [f"--{name} {shlex.quote(value)}" for name, value in decisive.items() if value != usual.get(name, "")]
        return " ".join(word for word in words if word)

    @recorded
    def run(self, draft):
        from analysis.report.material import Page, SourcedNumber
        from analysis.report.ordering import technical_stages
        from analysis.report.page import render
        from analysis.report.records import collect
        from analysis.results import Check, Table

        results = json.loads(self.input_path("results", "results.json").read_text())
        technical = technical_stages(self.definition)
        numbers = tuple(
            SourcedNumber(
                _number(number),
                number["record"],
                number["source"] in technical and number["name"] not in self.definition.highlights,
            )
            # strengths before what they rest on
            for number in sorted(results["numbers"], key=lambda one: one["source"] in technical)
        )
        checks = tuple(Check.from_json(one) for one in results.get("checks", ()))
        roots = [record for role in self.needs(self.own_series) for record in self.input_records(role)]
        manifest, records = roots[0].manifest(), collect(roots, stores())
        page = Page(
            title=self.definition.title,
            study=self.study,
            subtitle=self.definition.measures,
            campaign=self._conditions(),
            data="asimov" if self.fitted() == "asimov" else "observed",
            simulation_note=self._simulation_note(),
            warnings=(
                *pins_in_words(self.pins_behind(self.own_series)),
                *self._warnings,
                *self._lost_highlights(),
                *_warnings_of(records),
            ),
            checks=checks,
            headline=(*self._headline(), *self._highlights(one.number for one in numbers)),
            numbers=numbers,
            # those of checks stand above
            tables=tuple(
                Table.from_json(one) for one in results["tables"] if one["name"] not in {c.table for c in checks}
            ),
            sections=self._sections(),
            records=records,
            datasets=dataset_rows(self.definition, self.campaign),
            command=self.command(),
            elsewhere=self._elsewhere(),
            titles=self._titles(),
            environment=_environment(manifest),
            versions={"python": manifest["software"]["python"], **manifest["software"]["packages"]},
        )
        draft.path("report.html").write_text(render(page), encoding="utf-8")

    def summary(self):
        if self.definition.stages_of(Fit):
            yield "data", self.fitted()
        yield from self._told_of(self.definition.stages_of(Validation))
        yield from self._headline()
        results = json.loads(self.input_path("results", "results.json").read_text())
        yield from self._highlights(map(_number, results["numbers"]))
        for text in (*self._warnings, *self._lost_highlights()):
            yield "WARNING", text
        yield "page", self.own_record.store.url(self.own_record.place, "report.html")

    @cached_property
    def _warnings(self) -> list[str]:
        """Return the warnings: regions in which prediction and data are far apart, and events that are lost."""
        from analysis.histograms.yields import disagreements

        needs, found = self.needs(self.own_series), []
        for stage in self.definition.stages_of(Histograms):
            need = needs[f"histograms {stage.name}"]
            (histograms,) = need.task.load(need.records(""))
            described = tuple(region.name for region in stage.regions if not region.from_data)
            found += disagreements(histograms, regions=described) if described and self.fitted() == "observed" else []
            found += lost_by_histograms(self.definition, stage.name, histograms)
        used = (*self.definition.measured(self.campaign), *self.definition.simulated)
        return found + repeated_events(self, tuple(dataset.name for dataset in used))

    def _headline(self) -> list[tuple[str, str]]:
        """Return the main results: of the fits and the study's own results, or of whatever else there is.

        Where the study names highlights, what no fit feeds is told by them alone.
        """
        from analysis.report.ordering import technical_stages

        study = self.definition
        fits, behind = study.stages_of(Fit), technical_stages(study) if study.highlights else set()
        own = [
            stage
            for stage in study.holding("results")
            if isinstance(stage, (Result, Task)) and stage.name not in behind
        ]
        rest = [stage for stage in study.holding("results") if not isinstance(stage, Validation)]
        told = (*fits, *own) if fits else rest
        return self._told_of(told)

    def _told_of(self, stages: Iterable[Stage]) -> list[tuple[str, str]]:
        """Read the headlines of stages that hold results."""
        needs, warned = self.needs(self.own_series), "; ".join(self._warnings)
        lines = [
            (stage.title or stage.name, name, text)
            for stage in stages
            for name, text in headline_of(
                stage, needs[f"result {stage.name}"].task.load(needs[f"result {stage.name}"].records(""))[0]
            )
            # what is said above everything else is not said again
            if text not in warned
        ]
        names = [name for _, name, _ in lines]
        # two fits have a goodness each
        return [(f"{name} ({stage})" if names.count(name) > 1 else name, text) for stage, name, text in lines]

    def _highlights(self, numbers: Iterable[Number]) -> list[tuple[str, str]]:
        from analysis.report.formatting import number_text

        found = {one.name: one for one in numbers}
        return [
            (
                f"{found[name].title} ({found[name].note})" if found[name].note else found[name].title,
                number_text(found[name]),
            )
            for name in self.definition.highlights
            if name in found
        ]

    def _lost_highlights(self) -> list[str]:
        """Highlights that no number is called: misspelt, or a number that too few events do not tell."""
        numbers = json.loads(self.input_path("results", "results.json").read_text())["numbers"]
        known = [number["name"] for number in numbers]
        return [
            f"no number is called {name!r}, which the study's highlights name{did_you_mean(name, known)} "
            f"(there are {', '.join(known) or 'none'})"
            for name in self.definition.highlights
            if name not in known
        ]

    def _serialised(self, name: str) -> str:
        return str(dict(self.get_params())[name].serialize(getattr(self, name)))

    def _sections(self) -> tuple[Any, ...]:
        from analysis.report.material import FigureFile, Section

        sections = []
        for stage in self.definition.stages_of(Figures):
            captions = {name: (title, caption) for name, title, caption in stage.captions}
            figures = tuple(
                FigureFile(
                    name=name,
                    title=captions.get(name, (name.replace("_", " "), ""))[0],
                    caption=captions.get(name, ("", ""))[1],
                    png=self.input_path(f"figures {stage.name}", f"{name}.png").read_bytes(),
                    pdf=self.input_path(f"figures {stage.name}", f"{name}.pdf").read_bytes(),
                )
                for name in stage.names
            )
            sections.append(Section(stage.title or stage.name.replace("_", " ").capitalize(), "", figures))
        return tuple(sections)

    def _conditions(self) -> str:
        study = self.definition
        parts = [study.observe or study.experiment, self.campaign]
        if self.campaign:
            parts.append(f"{self.luminosity:g}/fb")
        if study.energy is not None:
            parts.append(f"{study.energy:g} TeV")
        return ", ".join(part for part in parts if part)

    def _simulation_note(self) -> str:
        simulated = self.definition.simulated
        titles = ", ".join(process.title for process in self.definition.processes) or ", ".join(
            dataset.title for dataset in simulated
        )
        made = "simulated by this study itself" if all(one.generate for one in simulated) else "simulated"
        return f"Events of {titles} are {made}." if simulated else ""

    def _titles(self) -> dict[str, str]:
        """Titles of regions and processes by name, without names that have two."""
        filled = self.definition.stages_of(Histograms)
        groups = [self.definition.processes, *(part for stage in filled for part in (stage.processes, stage.regions))]
        known: dict[str, set[str]] = {}
        for one in (one for group in groups for one in group):
            known.setdefault(one.name, set()).add(one.title)
        return {name: next(iter(titles)) for name, titles in known.items() if len(titles) == 1 and all(titles)}

    def _elsewhere(self) -> Any:
        """Return the origin of the code of a study from outside: no place on this machine."""
        from analysis.report.material import Elsewhere

        # found by the framework: the registry knows all of the vocabulary, which decides no page
        found = place_of_study(self.study)
        if found.origin == "built in":
            return None
        state = source_of(found.file) if found.file else {}
        cited = self.definition.citation
        commit = "" if state.get("dirty") else state.get("commit") or ""
        return Elsewhere(found.module, found.origin, cited.url if cited else "", commit)


def _number(content: dict[str, Any]) -> Number:
    """A number as results hold it, which also say what it is from."""
    from analysis.results import Number

    return Number.from_json({field.name: content[field.name] for field in dataclasses.fields(Number)})


def _warnings_of(records: tuple[Any, ...]) -> list[str]:
    """Warnings from when records were made, each once."""
    return list(dict.fromkeys(text for record in records for text in record.warnings))


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
