"""The study's numbers in one place, and as tables for others."""

from __future__ import annotations

import json
from typing import Any

from tasks.calibration import DeriveCalibration
from tasks.evaluation import EvaluateModel
from tasks.framework.record_task import Need, recorded
from tasks.measurement import DataTask, FitMeasurement
from tasks.reconstruction import EvaluateReconstruction

__all__ = ["CollectResults"]

# where each task keeps what it found
_FILES = {
    "measurement": "fit.json",
    "networks": "metrics.json",
    "reconstruction": "resolution.json",
    "calibration": "measurements.json",
}


class CollectResults(DataTask):
    """Collect every number of the study, with uncertainties, unit, method and record; write tables for HEPData."""

    payload = ("results.json", "hepdata.zip")
    takes_job = False

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"title": self.definition.title, "measurement": self.measurement.title, "keywords": self._keywords()}

    def needs(self, series: str) -> dict[str, Need]:
        needs = {
            "measurement": Need(FitMeasurement.req(self)),
            "networks": Need(EvaluateModel.req(self)),
            "calibration": Need(DeriveCalibration.req(self)),
        }
        if self.definition.evaluate_reconstruction:
            needs["reconstruction"] = Need(EvaluateReconstruction.req(self))
        return needs

    @recorded
    def run(self, draft):
        from analysis.report.hepdata import write_submission
        from analysis.results import Number, Table

        found: dict[str, Any] = {"study": self.study, "campaign": self.campaign, "data": self.data, "numbers": []}
        numbers, tables = [], []
        for role in _FILES:
            if role not in self.needs(self.own_series):
                continue
            (record,) = self.input_records(role)
            stored = json.loads(record.path(_FILES[role]).read_text())
            source = {"key": record.key, "record": record.place}
            found["numbers"] += [{**number, "source": role, **source} for number in stored.get("numbers", [])]
            numbers += [Number.from_json(number) for number in stored.get("numbers", [])]
            tables += [Table.from_json(table) for table in stored.get("tables", [])]
        found["tables"] = [table.as_json() for table in tables]
        draft.path("results.json").write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
        comment = f"{self.definition.title}: {self.measurement.title}"
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
