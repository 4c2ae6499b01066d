"""Check a study's code before it is believed: every step on a first chunk of each data set, under guard."""

from __future__ import annotations

import time
from typing import Any

from analysis.chapters import Apply, Training
from analysis.checking.step_files import steps_of
from analysis.errors import StudyError
from analysis.provenance.fingerprint import fingerprint
from analysis.stages import Publications
from analysis.study import Dataset
from analysis.wiring import wiring
from tasks.data import FetchData
from tasks.families import task_class
from tasks.framework.data_access import data_access
from tasks.framework.numbers import WholeNumber
from tasks.framework.record_task import Need
from tasks.framework.reporting import tell
from tasks.framework.study_task import StudyTask
from tasks.published import FetchNetworks
from tasks.stage_values import value_of

__all__ = ["CheckStudy"]


class CheckStudy(StudyTask):
    """Run every step of the study on a first chunk of each data set, under guard, and say what is wrong, all at once.

    Inputs must not be changed, results must be what is declared, finite, of the same events in the same order, and the
    same when the step runs again, in another process and on the two halves of the events.
    """

    events = WholeNumber(
        least=1,
        default=1000,
        significant=False,
        description="number of events of each data set that are looked at; default: 1000",
    )

    checked = -1

    def complete(self):
        return self.checked >= 0

    def output(self):
        return []

    def requires(self) -> dict[str, Any]:
        """Public files, and what steps of chunks take that is made of all events: calibrations, published numbers."""
        study = self.definition
        files = tuple(dataset.name for dataset in study.datasets if dataset.files and not dataset.in_place)
        needed: dict[str, Any] = {"files": FetchData.req(self, datasets=files)} if files else {}
        needed |= {f"published {one.name}": FetchNetworks.req(self, stage=one.name) for one in study.stages_of(Apply)}
        return {**needed, **{stage: self._task(stage) for stage in self._taken()}}

    def _taken(self) -> list[str]:
        study = self.definition
        taken = dict.fromkeys(
            name
            for stage in study.stages
            if stage.per in ("chunk", "dataset") or not wiring(study, stage).stages
            for name in (*wiring(study, stage).stages.values(),)
            if study.stage(name).per not in ("chunk", "dataset") and not isinstance(study.stage(name), Training)
        )
        published = (stage.name for stage in study.stages_of(Publications))
        return list(dict.fromkeys((*taken, *published)))

    def _task(self, name: str) -> Any:
        return task_class(self.definition.stage(name)).req(self, stage=name)

    def run(self):
        from analysis.checking.step_checks import in_words
        from analysis.checking.study_checks import StudyChecks

        begin = time.perf_counter()
        for step in steps_of(self.definition):
            # warns of code that no key knows
            fingerprint(step.function)
        applied = {
            one.name: FetchNetworks.req(self, stage=one.name).given() for one in self.definition.stages_of(Apply)
        }
        checks = StudyChecks(self.definition, self.campaign, self.events, self._first_events, self._made(), applied)
        findings: list[Any] = []
        for row in checks.rows():
            findings += row.findings
            tell(str(row))
        if findings:
            told = "\n".join(f"  {line}" for finding in in_words(findings) for line in finding.splitlines())
            raise StudyError(
                f"the study {self.study!r} has {len(findings)} fault{'s' * (len(findings) != 1)}:\n{told}",
                cure="correct them one by one, and check again",
            )
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.checked = checks.steps
        tell(f"\nchecked {self.checked} steps of {self.study} in {time.perf_counter() - begin:.0f} s: nothing is wrong")

    def _first_events(self, dataset: Dataset, events: int) -> Any:
        """Read the first events of a data set that has files."""
        from analysis.readers.chunks import read_chunk

        if dataset.in_place:
            return read_chunk(None, dataset, 0, events, access=data_access())
        task = FetchData.req(self, datasets=(dataset.name,))
        (name,) = task.payload_of(dataset.name)
        paths = [task.record(dataset.name, one).path(name) for one in task.labels(dataset.name)]
        return read_chunk(paths, dataset, 0, events)

    def _made(self) -> dict[str, Any]:
        """Values of stages that are there already: those that are required, and networks where they are trained."""
        study = self.definition
        trained = [stage.name for stage in study.stages_of(Training) if self._task(stage.name).complete()]
        return {name: value_of(Need(self._task(name)), "", None) for name in (*self._taken(), *trained)}
