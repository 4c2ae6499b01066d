"""Looking after the records themselves."""

from __future__ import annotations

from analysis.errors import RecordError
from analysis.provenance.verification import records_of, verify
from tasks.framework.settings import stores
from tasks.framework.study_task import StudyTask

__all__ = ["VerifyRecords"]


class VerifyRecords(StudyTask):
    """Check sizes and SHA-256 of all records of a study; damaged ones are set aside and made anew by the next run."""

    verified = -1

    def complete(self):
        return self.verified >= 0

    def output(self):
        return []

    def run(self):
        records = [record for store in stores() for record in records_of(store, self.study)]
        damaged = [problem for problem in map(verify, records) if problem]
        if damaged:
            raise RecordError(
                f"{len(damaged)} of {len(records)} records are damaged:\n  " + "\n  ".join(damaged),
                cure="run the command that needs them again: they are made anew",
            )
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.verified = len(records)

    def summary(self):
        yield "verified", f"{self.verified} records of {self.study}: sizes and SHA-256 as their manifests say"
