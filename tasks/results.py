"""The study's numbers in one place, and as tables for others."""

from __future__ import annotations

import json
from typing import Any

from tasks.families import task_class
from tasks.framework.options import DataOptions
from tasks.framework.record_task import Need, RecordTask, recorded

__all__ = ["CollectResults", "ResultTask"]


class ResultTask(DataOptions, RecordTask):
    """Common base of tasks about all results of a study: they ask the graph for them."""

    exclude_index = True
    takes_job = False

    def record_name(self) -> str:
        return self.campaign or "default"

    def holding(self, what: str) -> dict[str, Need]:
        """The stages that hold something, by name, in the order of the study."""
        return {stage.name: self.made(stage.name) for stage in self.definition.holding(what)}

    def made(self, name: str) -> Need:
        """Return the requirement of a stage's records."""
        return Need(task_class(self.definition.stage(name)).req(self, stage=name))

    def fitted(self) -> str:
        """Return the kind of data that are fitted: ``asimov`` if any fit looks at them."""
        from analysis.chapters import looked_at

        return looked_at(self.definition.stages)


class CollectResults(ResultTask):
    """Collect every number of the study, with uncertainties, unit, method and record; write tables for HEPData.

    Fits of the campaigns that stand beside this one give a table.
    """

    payload = ("results.json", "hepdata.zip")

    def ingredients(self, series: str) -> dict[str, Any]:
        study = self.definition
        beside = {"luminosities": luminosities} if (luminosities := self._luminosities()) else {}
        common = {"title": study.title, "measures": study.measures, "keywords": self._keywords(), "data": self.fitted()}
        return {**common, **beside}

    def needs(self, series: str) -> dict[str, Need]:
        beside = {
            _role(stage, name): Need(task_class(stage).req(self, stage=stage.name, campaign=name))
            for stage in self._fits_by_campaign()
            for name in self._luminosities()
            if name != self.campaign
        }
        return {**self.holding("results"), **beside}

    def _luminosities(self) -> dict[str, float]:
        """Luminosities of this campaign and of those beside it, by name; empty if there are none beside it."""
        own = self.definition.campaign(self.campaign) if self.campaign else None
        shown = (own, *map(self.definition.campaign, own.beside)) if own and own.beside else ()
        return {one.name: one.luminosity for one in shown}

    def _fits_by_campaign(self) -> list[Any]:
        from analysis.chapters import Fit

        return [stage for stage in self.definition.stages_of(Fit) if stage.per == "campaign"]

    @recorded
    def run(self, draft):
        from analysis.report.campaigns import by_campaign
        from analysis.report.collecting import collect_results
        from analysis.report.hepdata import write_submission

        loaded = {}
        for role, need in self.needs(self.own_series).items():
            (record,) = need.records("")
            (value,) = need.task.load([record])
            loaded[role] = (value if isinstance(value, dict) else value.measurements, record.key, record.place)
        luminosities, stages = self._luminosities(), {}
        for fit in self._fits_by_campaign() if luminosities else ():
            roles = {name: fit.name if name == self.campaign else _role(fit, name) for name in luminosities}
            table = by_campaign(fit.name, {name: (luminosities[name], loaded[role][0]) for name, role in roles.items()})
            stages[f"{fit.name} by campaign"] = ({"tables": [table.as_json()]}, "", "")
        stages |= {name: loaded[name] for name in self.holding("results")}
        found, numbers, tables = collect_results(stages)
        found = {"study": self.study, "campaign": self.campaign, "data": self.fitted(), **found}
        draft.path("results.json").write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
        comment = ": ".join(part for part in (self.definition.title, self.definition.measures) if part)
        write_submission(draft.path("hepdata.zip"), tables, numbers, comment=comment, keywords=self._keywords())

    def _keywords(self) -> dict[str, list[str | float]]:
        """HEPData's own, for searching."""
        energy = self.definition.energy
        return {"phrases": [self.study], **({"cmenergies": [energy * 1000.0]} if energy else {})}

    def summary(self):
        found = json.loads(self.own_record.path("results.json").read_text())
        yield "numbers", f"{len(found['numbers'])}, and {len(found['tables'])} tables"
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)


def _role(stage: Any, campaign: str) -> str:
    return f"{stage.name} in {campaign}"
