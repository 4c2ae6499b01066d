"""Preservation: a study as one file that a stranger can run again and verify."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import luigi

from analysis.chapters import Training, Workspaces
from analysis.citation import Citation
from analysis.errors import StudyError
from analysis.formats.workspaces import SEEDS
from analysis.preservation.study_lock import STUDY_LOCK, study_lock
from analysis.provenance.environment import source as source_of
from analysis.provenance.locks import lock_of
from analysis.provenance.records import Record
from analysis.registry import locate_study
from tasks.batch import code_bundle
from tasks.batch.study_code import parts_behind, study_code
from tasks.export import ExportModel
from tasks.families import families_below, load_families
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.framework.settings import base_folder, stores, studies_from_outside, study_of
from tasks.preserved_brought import brought
from tasks.preserved_data import check_amount, lacking, preserved_data, publishable
from tasks.preserved_frozen import frozen, frozen_in, refuse_frozen
from tasks.report import Report
from tasks.results import CollectResults, ResultTask

__all__ = ["MakeResults", "PreserveStudy"]

# of a user's own settings only what decides results
_SETTINGS = ("studies",)
_LICENCE = "LICENSE"


class MakeResults(ResultTask):
    """Make everything that is preserved of a study: numbers, page, figures, workspaces, networks for other programs."""

    def needs(self, series: str) -> dict[str, Need]:
        study = self.definition
        kept = [*study.stages_of(Workspaces), *study.stages_of(Training)]
        return {
            "results": Need(CollectResults.req(self)),
            "page": Need(Report.req(self)),
            **{f"result {name}": need for name, need in self.holding("results").items()},
            **{f"{stage.format} {stage.name}": self.made(stage.name) for stage in kept},
            **{f"export {one.name}": Need(ExportModel.req(self, stage=one.name)) for one in study.stages_of(Training)},
            **{f"figures {name}": need for name, need in self.holding("figures").items()},
        }

    def output(self) -> Any:
        return {role: need.task.output() for role, need in self.needs(self.own_series).items()}

    def run(self) -> None:
        """Nothing: what it requires is all there is."""

    def check_result(self) -> None:
        # what it tells of; there is no record of its own
        CollectResults.req(self).check_result()

    def summary(self):
        yield from CollectResults.req(self).summary()


class PreserveStudy(ResultTask):
    """Make a capsule: code, lock, numbers, networks and the manifests of all records in one file.

    Anybody can run it again, with nothing but Python: ``python3 CAPSULE``. It ends in a table that says which numbers
    agree.
    """

    needs_lineage = True

    with_data = luigi.BoolParameter(
        default=False, description="put all files of events that the study reads into the capsule; default: no"
    )
    with_wheels = luigi.BoolParameter(
        default=False,
        description="put the packages of the lock into the capsule, for this Python and kind of machine; default: no",
    )
    from_task = luigi.Parameter(
        default="",
        description="name of a task or stage whose records go into the capsule, so that a rerun begins after it; "
        "default: none",
    )

    allow_adopted = luigi.BoolParameter(
        default=False,
        description="preserve results of pinned or adopted records, too; capsule and verdicts tell which they are; "
        "default: no",
    )

    takes_job = False

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check also the task that a rerun begins after, and how much data are to come along, before hours of work.

        Raises:
            StudyError: there is no such task, the message lists those there are; or there are too much data.
        """
        params = super().modify_param_values(params)
        study = study_of(params["study"], params["statistics"], params["set"])
        if params["with_data"]:
            check_amount(study, params["campaign"])
        if not params["from_task"]:
            return params
        load_families()
        known = [*sorted(families_below(RecordTask) - {"PreserveStudy"}), *(stage.name for stage in study.stages)]
        if params["from_task"] not in known:
            raise StudyError(f"there is no task {params['from_task']!r}", cure=f"use one of: {', '.join(known)}")
        return params

    @property
    def file(self) -> str:
        """Name of the capsule."""
        return f"{self.study}.capsule.zip"

    @property
    def payload(self) -> tuple[str, ...]:  # type: ignore[override]
        return (self.file,)

    def ingredients(self, series: str) -> dict[str, Any]:
        return {
            "source": code_bundle.digest(self._source()),
            "title": self.definition.title,
            "citation": self.definition.citation,
            "unlocked": study_code(self.study, self._modules()).unlocked,
        }

    def needs(self, series: str) -> dict[str, Need]:
        return MakeResults.req(self).needs(series)

    def requires(self) -> dict[str, Any]:
        # before hours of work
        refuse_frozen(frozen(self.pins_behind(self.own_series)), allowed=self.allow_adopted)
        return super().requires()

    @recorded
    def run(self, draft):
        from analysis.preservation import archive
        from analysis.preservation.assembling import Material, members
        from analysis.preservation.collecting import manifests_under

        roots = [record for role in self.needs(self.own_series) for record in self.input_records(role)]
        manifests, pinned = manifests_under(roots, stores()), self.pins_behind(self.own_series)
        told = frozen(pinned, manifests)
        refuse_frozen(told, allowed=self.allow_adopted)
        lying = code_bundle.code_files(base_folder(), self.study, self._modules())
        data = preserved_data(
            self.definition,
            self.campaign,
            lying={path: f"source/{name}" for name, path in lying.items()},
            manifests=manifests,
            workspace=draft.workspace,
            all_of_it=self.with_data,
            needed=not self.from_task,
        )
        private = data.private | {str(base_folder()): "PROJECT", str(Path.home()): "HOME"}
        (results,) = self.input_records("results")
        found = json.loads(results.path("results.json").read_text())
        source = self._source() | {_LICENCE: (base_folder() / _LICENCE).read_bytes()} | self._locked()
        material = Material(
            study=self.study,
            title=self.definition.title,
            measures=self.definition.measures,
            file=self.file,
            arguments=("run", "MakeResults", *self._arguments()),
            parameters=self._decisive(),
            source=publishable(self.definition, source, lying, data.private),
            manifests=manifests,
            results=results.manifest(),
            numbers=found["numbers"],
            tables=found["tables"],
            files=self._files(),
            inputs=data.inputs,
            tolerances=self.definition.tolerances,
            varying=self._varying(),
            private=private,
            more=self._brought(roots, manifests, private)
            | data.members
            | self._more(manifests, draft.workspace, source.get(STUDY_LOCK, b"")),
            **self._whose(),
            frozen=told,
            pinned=[one["place"] for one in pinned],
        )
        archive.write(draft.path(self.file), members(material))

    def summary(self):
        path = self.own_record.path(self.file)
        yield "capsule", str(path)
        yield "size", f"{path.stat().st_size / 1e6:.1f} MB"
        yield "rerun", shlex.join(["python3", str(path)])
        yield from frozen_in(path)
        # what begins with records needs no events
        if not self.from_task:
            yield from lacking(path)

    def _varying(self) -> dict[str, tuple[str, ...]]:
        """Files that hold times, by family; each training has one of its own."""
        trained = [self.made(stage.name).task for stage in self.definition.stages_of(Training)]
        return {task.family: task.varying for task in (*trained, Report.req(self))}

    def _source(self) -> dict[str, bytes]:
        return code_bundle.source_files(base_folder(), _SETTINGS, self.study, self._modules())

    def _modules(self) -> set[str]:
        """Modules that fingerprints of the results have seen, wherever they lie."""
        needs = self.needs(self.own_series).values()
        parts = parts_behind((one.task, one.series or one.task.series_names()[0]) for one in needs)
        modules = {locate_study(self.study, studies_from_outside()).module}
        return modules.union(*(one.modules() for one in parts.values()))

    def _locked(self) -> dict[str, bytes]:
        """A lock of what the study needs and no lock has, as an extra of the capsule's own."""
        extra = [self.definition.extra] if self.definition.extra else []
        if not (names := study_code(self.study, self._modules()).unlocked):
            return {}
        held = ["requirements.lock", *(f"requirements-{name}.lock" for name in extra)]
        lock = study_lock(names, base_folder(), held)
        return {STUDY_LOCK: lock, code_bundle.EXTRAS: ",".join([*extra, "study\n"]).encode()}

    def _whose(self) -> dict[str, Any]:
        """Of a study from outside, what it says of itself; nothing of this project's is claimed for it."""
        where = locate_study(self.study, studies_from_outside())
        if where.origin == "built in":
            return {}
        commit = source_of(where.file)
        stated = self.definition.citation or Citation(self.definition.title, ())
        return {"citation": stated, "commit": "" if commit["dirty"] else commit["commit"] or ""}

    def _decisive(self) -> dict[str, str]:
        """The parameters that decide the results, as texts."""
        task = CollectResults.req(self)
        texts = {
            name: str(parameter.serialize(getattr(task, name)))
            for name, parameter in task.get_params()
            if parameter.significant and name not in task.interactive_params
        }
        return {name: text for name, text in texts.items() if text}

    def _arguments(self) -> list[str]:
        return [word for name, text in self._decisive().items() for word in (f"--{name.replace('_', '-')}", text)]

    def _files(self) -> dict[str, tuple[Path, str]]:
        """Results for people, by name, with what they are."""
        titles = {
            "results.json": "all numbers and tables",
            "hepdata.zip": "tables for HEPData",
            "report.html": "the result page",
        }
        folders = {"figures": "figures/", "workspaces": "workspaces/", "networks": "networks/", "export": "networks/"}
        found: dict[str, tuple[Path, str]] = {}
        for role in self.needs(self.own_series):
            kind, _, stage = role.partition(" ")
            for record in self.input_records(role):
                for name, path in record.paths().items():
                    # no workspace itself; programs of others take every file beside the workspaces for one
                    apart = (kind, name) == ("workspaces", SEEDS)
                    folder = "workspaces/seeds/" if apart else folders.get(kind, "")
                    # two stages may have files of one name
                    place = f"{folder}{stage}/{name}" if f"{folder}{name}" in found else f"{folder}{name}"
                    found[place] = path, titles.get(name, f"{stage}: {name}")
        return found

    def _brought(
        self, roots: Sequence[Record], manifests: list[dict[str, Any]], private: Mapping[str, str]
    ) -> dict[str, Any]:
        """Records for a rerun to begin with, as a store has them; of those before them the manifests, for the page."""
        if not self.from_task:
            return {}
        stages = {stage.name: self.made(stage.name).task for stage in self.definition.stages}
        begin = stages[self.from_task].family if self.from_task in stages else self.from_task
        return brought(begin, roots, manifests, private)

    def _more(self, manifests: list[dict[str, Any]], workspace: Path, study_lock: bytes) -> dict[str, Any]:
        """Packages, as far as they are asked for."""
        from analysis.preservation.wheels import fetch, fetch_pip

        # a bare Python may have no pip
        pip = fetch_pip(workspace / "pip")
        found: dict[str, Any] = {f"environment/{pip.name}": pip}
        if self.with_wheels:
            locks = [base_folder() / manifests[-1]["software"]["lock"]]
            locks += [lock_of(self.definition.extra)] if self.definition.extra else []
            if study_lock:
                (workspace / STUDY_LOCK).write_bytes(study_lock)
                locks.append(workspace / STUDY_LOCK)
            found |= {f"wheels/{file.name}": file for file in fetch(locks, workspace / "wheels")}
        return found
