"""Looking after the records themselves."""

from __future__ import annotations

from analysis.errors import RecordError
from analysis.provenance.records import records_of
from analysis.provenance.verification import Verification, verify_all
from tasks.batch.table import counted
from tasks.framework.progress import count_progress
from tasks.framework.reporting import tell
from tasks.framework.settings import stores
from tasks.framework.study_task import StudyTask

__all__ = ["VerifyRecords"]

_SHOWN = 20


class VerifyRecords(StudyTask):
    """Check all records of a study: sizes and SHA-256 of their files, and that they were made of what there is.

    Those that are damaged, or whose inputs hold something else by now, are set aside and made anew by the next run.
    """

    verified: Verification | None = None

    def complete(self):
        return self.verified is not None

    def output(self):
        return []

    def run(self):
        from tasks.report import Report
        from tasks.training import TrainModel

        records = [record for store in stores() for record in records_of(store, self.study)]
        varying = {Report.get_task_family(): Report.varying, TrainModel.get_task_family(): TrainModel.varying}
        with count_progress("records", len(records)) as report:
            found = verify_all(records, varying=varying, report=report)
        self._tell_older(found)
        if found.damaged or found.outdated:
            counts = [
                f"{len(some)} of {found.number} records {'is' if len(some) == 1 else 'are'} {what}"
                for some, what in ((found.damaged, "damaged"), (found.outdated, "outdated"))
                if some
            ]
            raise RecordError(
                f"{', and '.join(counts)}:\n  " + "\n  ".join([*found.damaged, *found.outdated]),
                cure="run the command that needs them again: they are made anew, and what was made of them where it "
                "does not agree with them",
            )
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.verified = found

    def _tell_older(self, found: Verification) -> None:
        if found.upgraded:
            tell(f"{counted(found.upgraded, 'record')} of an older store say by now what their inputs held")
        if found.unknown:
            tell(
                f"{counted(len(found.unknown), 'record')} of an older store do not say what their inputs held, and "
                "these are not there or were made later; delete what you do not trust:"
            )
            for address in found.unknown[:_SHOWN]:
                tell(f"  {address}")
            if len(found.unknown) > _SHOWN:
                tell(f"  and {len(found.unknown) - _SHOWN} more")

    def summary(self):
        assert self.verified is not None
        yield (
            "verified",
            f"{counted(self.verified.number, 'record')} of {self.study}: sizes and SHA-256 as their manifests say, "
            "and made of what their inputs hold",
        )
