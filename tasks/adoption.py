"""Adoption of records: a change that does not matter need not cost days of computing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import law
import luigi

from analysis.chapters import Training
from analysis.checking.names import did_you_mean
from analysis.errors import StudyError
from analysis.provenance.adoption import Adoption, adopt, adopted_records, made_of, read_all, remove_adopted, set_aside
from analysis.provenance.records import Record
from analysis.wiring import covered
from tasks.batch.table import counted
from tasks.families import task_class, task_name
from tasks.framework.adoption_plan import Node, Plan, Planned, graph, plan
from tasks.framework.adoption_words import may_go_on, tell_plan, tell_records
from tasks.framework.inputs import describe_inputs
from tasks.framework.made_anew import compare_made_anew
from tasks.framework.numbers import WholeNumber
from tasks.framework.options import DataOptions
from tasks.framework.pin_options import NOMINAL, OTHER_TASKS
from tasks.framework.record_workflow import DatasetWorkflow
from tasks.framework.reporting import tell
from tasks.framework.settings import stores, study_of
from tasks.framework.study_task import StudyTask
from tasks.preservation import MakeResults
from tasks.results import ResultTask
from tasks.shifted_workflow import ShiftedWorkflow
from tasks.tuning import TuneModel

__all__ = ["Adopt"]

_TELL_SECONDS = 5.0


class Adopt(DataOptions, StudyTask):
    """Let existing records serve under their new key, after a change of a task that does not matter; say why.

    The records of the task get the new key, and so does all that was made of them and is otherwise unchanged. Nothing
    is computed; payloads are not copied in a folder. Both keys and the reason are in the manifests, and on the page.
    """

    task = law.CSVParameter(
        default=(),
        description="names of the tasks or stages that were changed, such as CalibrateEvents or STUDY.STAGE",
    )
    reason = luigi.Parameter(
        default="", significant=False, description="why the change does not matter, for manifests and page"
    )
    old = law.CSVParameter(
        default=(),
        description="keys of the records that are adopted, or their first digits, one for each data set and shift; "
        "default: the nearest complete ones",
    )
    datasets = law.CSVParameter(default=(), description="names of data sets to begin with; default: all")
    shift = law.CSVParameter(
        default=(), description="names of shifts to begin with, or 'nominal'; default: nominal events and all shifts"
    )
    alone = luigi.BoolParameter(
        default=False, description="adopt only the records of the task; what was made of them is then due; default: no"
    )
    verify = WholeNumber(
        least=0,
        default=0,
        significant=False,
        description="number of records of the task that are made anew first, beside the store, and compared bit for "
        "bit; a difference ends the command before anything is adopted; default: 0",
    )
    undo = luigi.BoolParameter(
        default=False,
        description="delete what was adopted, of --task or of all tasks, and nothing else; default: no",
    )
    yes = luigi.BoolParameter(default=False, significant=False, description="do not ask on the terminal; default: ask")

    exclude_params_req: ClassVar[set[str]] = {"task"}

    done = False

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check names, and that there is a reason.

        Raises:
            StudyError: a task, data set or shift does not exist, or there is no reason.
        """
        params = super().modify_param_values(params)
        study = study_of(params["study"], params["statistics"], params["set"])
        if not params["undo"]:
            if not params["task"]:
                raise StudyError("no task is named", cure="--task NAME says whose records are adopted")
            if not params["reason"].strip():
                raise StudyError(
                    "an adoption needs a reason", cure='--reason "TEXT" says why the change does not matter'
                )
        known = {name for stage in study.stages for name in (*_names_of_stage(stage), stage.family)} | {*OTHER_TASKS}
        for name in params["task"]:
            if name.removeprefix(f"{study.name}.") not in known:
                raise StudyError(
                    f"the study {study.name!r} has no task or stage {name!r}{did_you_mean(name, sorted(known))}",
                    cure=f"law run ListStages --study {study.name} lists them",
                )
        study.dataset_names(params["datasets"], params["campaign"])
        for shift in params["shift"]:
            if shift != NOMINAL:
                study.shift(shift)
        if params["verify"] < 0:
            raise StudyError(f"--verify {params['verify']}", cure="give the number of records to make anew")
        return params

    def complete(self) -> bool:
        return self.done

    def output(self) -> Any:
        return []

    def run(self) -> None:
        if self.undo:
            self._undo()
        else:
            self._adopt()
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.done = True

    def _adopt(self) -> None:
        nodes = graph((need.task for need in MakeResults.req(self).needs("").values()), self._more())
        found = plan(nodes, self._begins, self.old, lambda node: isinstance(node.task, ResultTask))
        if self.alone:
            found.follow.clear()
        tell_plan(found)
        if not found.number:
            lacking = [
                one for one in found.begin if one.problem and (one.known or not any(o.known for o in found.begin))
            ]
            if lacking:
                raise StudyError(
                    f"there is nothing to adopt: {lacking[0].node}: {lacking[0].problem}",
                    cure="law run TASK makes the records",
                )
            tell("nothing to adopt: all are there under their new keys")
            return
        verified = self._verified(found)
        if not may_go_on(f"adopt {counted(found.number, 'record')}?", self.yes):
            return
        adoption = Adoption(uuid.uuid4().hex, self.reason.strip(), tuple(one.node.name for one in found.begin))
        adopted, told = 0, time.monotonic()
        for one in found.steps:
            node = one.node
            for old, new in one.records:
                adopted += adopt(
                    old,
                    new,
                    adoption,
                    parts=node.task.key_parts(node.series),
                    inputs=_inputs(node, new.label),
                    pinned=node.task.pins_behind(node.series),
                    verified=verified.get(node.place, ()),
                )
                if time.monotonic() - told > _TELL_SECONDS:
                    told = time.monotonic()
                    tell(f"adopted {adopted} of {found.number}")
        tell(f"adopted {counted(adopted, 'record')}; law run Adopt --undo takes that back")

    def _more(self) -> Iterator[Any]:
        """Yield tasks that results need not have asked for: stages under all shifts, and searches."""
        results = MakeResults.req(self)
        for stage in self.definition.stages:
            cls = task_class(stage)
            more: dict[str, Any] = {}
            if issubclass(cls, DatasetWorkflow):
                more["datasets"] = tuple(covered(self.definition, stage.name))
            if issubclass(cls, ShiftedWorkflow):
                more["shift"] = ("all",)
            if more.get("datasets", True):
                yield cls.req(results, stage=stage.name, **more)
            if isinstance(stage, Training) and stage.tunings:
                yield TuneModel.req(results, stage=stage.name)

    def _begins(self, node: Node) -> bool:
        task, (dataset, _, shift) = node.task, node.series.partition(".")
        stage = self.definition.stage(task.stage) if getattr(task, "stage", "") else None
        of_stage = _names_of_stage(stage) if stage and stage.family == task.maker else ()
        names = {name.removeprefix(f"{self.study}.") for name in self.task}
        if not names & {*of_stage, task.family}:
            return False
        chosen = self.definition.dataset_names(self.datasets, self.campaign) if self.datasets else (dataset,)
        return dataset in chosen and (not self.shift or (shift or NOMINAL) in self.shift)

    def _verified(self, found: Plan) -> dict[str, list[str]]:
        """Make some records anew, of each series in turn, and compare them with those that are adopted."""
        waiting = [[(one, old) for old, _ in one.records] for one in found.begin if one.records]
        chosen: list[tuple[Planned, Record]] = []
        while len(chosen) < self.verify and any(waiting):
            chosen += [some.pop(len(some) // 2) for some in waiting if some][: self.verify - len(chosen)]
        verified: dict[str, list[str]] = {}
        for one, old in chosen:
            begin = time.perf_counter()
            how = compare_made_anew(one.node.task, one.node.series, old)
            what = " ".join(filter(None, (str(one.node), old.label)))
            tell(f"verified {what}: {how} ({time.perf_counter() - begin:.1f} s)")
            for other in found.begin:
                verified.setdefault(other.node.place, []).append(f"{what} was made anew with {how}")
        return verified

    def _undo(self) -> None:
        names = {name.removeprefix(f"{self.study}.") for name in self.task}
        stages = {name: stage for stage in self.definition.stages for name in _names_of_stage(stage)}
        families = [f"{self.study}/{_folder(self.definition, stages[n]) if n in stages else n}" for n in sorted(names)]
        records = [found for store in stores() for found in read_all(store, self.study)]
        adopted = adopted_records(records, families)
        if not adopted:
            raise StudyError("no records were adopted" + (f" of {', '.join(self.task)}" if self.task else ""))
        others = made_of(records, list(adopted))
        tell_records("undo ", adopted)
        tell_records("again", others)
        if not may_go_on(
            f"delete {counted(len(adopted), 'record')}{f', set {len(others)} aside' if others else ''}?", self.yes
        ):
            return
        removed = sum(remove_adopted(record, identity) for record, identity in adopted.items())
        tell(f"deleted {counted(removed, 'record')} that had been adopted; what they were adopted from is where it was")
        # under their keys they would pass for made of what the present code makes
        if number := sum(bool(set_aside(record)) for record in others):
            tell(
                f"set aside {counted(number, 'record')} made of adopted ones: the same command as ever makes them anew"
            )


def _names_of_stage(stage: Any) -> tuple[str, ...]:
    return stage.name, task_name(stage)


def _folder(study: Any, stage: Any) -> str:
    """Name of the folder that a stage's records lie in."""
    if stage.family.startswith("Make"):
        return str(stage.name)
    return stage.family if study.stage_of(stage.family).name == stage.name else f"{stage.family}.{stage.name}"


def _inputs(node: Node, label: str) -> list[dict[str, Any]]:
    task = node.task
    one = task.branches_of(node.series, label)[0] if hasattr(task, "branches_of") else task
    return describe_inputs(one, contents=False)
