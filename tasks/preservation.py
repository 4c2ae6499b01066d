"""Preservation: a study as one file that a stranger can run again and verify."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import luigi

from analysis.preservation.order import frontier
from analysis.provenance.records import Record
from tasks.batch import code_bundle
from tasks.export import ExportModel
from tasks.framework.record_task import Need, recorded
from tasks.framework.settings import base_folder, store
from tasks.measurement import BuildWorkspace, DataTask, FitMeasurement
from tasks.report import Report
from tasks.results import CollectResults
from tasks.training import TrainModel

__all__ = ["MakeResults", "PreserveStudy"]

# of a user's own settings only what decides results
_SETTINGS = ("studies",)
_LICENCE = "LICENSE"


class MakeResults(DataTask):
    """Make everything that is preserved of a study: numbers, page, figures, workspaces, networks for other programs."""

    takes_job = False

    def needs(self, series: str) -> dict[str, Need]:
        return {
            "results": Need(CollectResults.req(self)),
            "page": Need(Report.req(self)),
            "fit": Need(FitMeasurement.req(self)),
            "workspaces": Need(BuildWorkspace.req(self)),
            "networks": Need(TrainModel.req(self)),
            "export": Need(ExportModel.req(self)),
            **{f"figures {role}": Need(task) for role, task in Report.req(self).drawn().items()},
        }

    def output(self) -> Any:
        return {role: need.task.output() for role, need in self.needs(self.own_series).items()}

    def run(self) -> None:
        """Nothing: what it requires is all there is."""

    def summary(self):
        yield from CollectResults.req(self).summary()


class PreserveStudy(DataTask):
    """Make a capsule: code, lock, numbers, networks and the manifests of all records in one file.

    Anybody can run it again, with nothing but Python: ``python3 CAPSULE``. It ends in a table that says which numbers
    agree.
    """

    with_data = luigi.BoolParameter(
        default=False, description="put the public files that the study reads into the capsule; default: no"
    )
    with_wheels = luigi.BoolParameter(
        default=False,
        description="put the packages of the lock into the capsule, for this Python and kind of machine; default: no",
    )
    from_task = luigi.Parameter(
        default="",
        description="name of a task whose records go into the capsule, so that a rerun begins after it; default: none",
    )

    payload = ("capsule.zip",)
    takes_job = False

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"source": code_bundle.digest(self._source()), "title": self.definition.title}

    def needs(self, series: str) -> dict[str, Need]:
        return MakeResults.req(self).needs(series)

    @recorded
    def run(self, draft):
        from analysis.preservation import archive
        from analysis.preservation.assembling import Material, members
        from analysis.preservation.collecting import manifests_under
        from analysis.preservation.inputs import inputs_of

        roots = [record for role in self.needs(self.own_series) for record in self.input_records(role)]
        manifests = manifests_under(roots)
        (results,) = self.input_records("results")
        inputs = inputs_of(self.definition, self.campaign)
        material = Material(
            study=self.study,
            title=self.definition.title,
            measures=self.measurement.title,
            file=f"{self.study}.capsule.zip",
            arguments=("run", "MakeResults", *self._arguments()),
            parameters=self._decisive(),
            source=self._source() | {_LICENCE: (base_folder() / _LICENCE).read_bytes()},
            manifests=manifests,
            results=results.manifest(),
            numbers=json.loads(results.path("results.json").read_text())["numbers"],
            files=self._files(),
            inputs=inputs,
            tolerances=self.definition.tolerances,
            varying={family.get_task_family(): family.varying for family in (TrainModel, Report)},
            private={str(base_folder()): "PROJECT", str(Path.home()): "HOME"},
            more=self._more(manifests, inputs, draft.workspace),
        )
        archive.write(draft.path("capsule.zip"), members(material))

    def summary(self):
        path = self.own_record.path("capsule.zip")
        yield "capsule", str(path)
        yield "size", f"{path.stat().st_size / 1e6:.1f} MB"
        yield "rerun", f"python3 {path}"

    def _source(self) -> dict[str, bytes]:
        return code_bundle.source_files(base_folder(), _SETTINGS)

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
            "fit.json": "the fit of the measurement",
        }
        folders = {"workspaces": "workspaces/", "networks": "networks/", "export": "networks/"}
        found = {}
        for role in self.needs(self.own_series):
            folder = "figures/" if role.startswith("figures ") else folders.get(role, "")
            for record in self.input_records(role):
                for name, path in record.paths().items():
                    what = role.removeprefix("figures ")
                    found[f"{folder}{name}"] = path, titles.get(name, f"{what}: {name}")
        return found

    def _more(self, manifests: list[dict[str, Any]], inputs: Any, workspace: Path) -> dict[str, Any]:
        """Data, records and packages, as far as they are asked for."""
        from analysis.preservation.wheels import fetch, fetch_pip

        # a bare Python may have no pip
        pip = fetch_pip(workspace / "pip")
        found: dict[str, Any] = {f"environment/{pip.name}": pip}
        if self.with_data:
            found |= _events(manifests, inputs)
        if self.from_task:
            for manifest in frontier(manifests, self.from_task):
                found |= {f"store/{name}": path for name, path in _content_of(manifest).items()}
        if self.with_wheels:
            lock = base_folder() / manifests[-1]["software"]["lock"]
            found |= {f"wheels/{file.name}": file for file in fetch(lock, workspace / "wheels")}
        return found


def _content_of(manifest: Mapping[str, Any]) -> dict[str, Path]:
    """Files of a record: manifest and payload, by name in the store."""
    head = manifest["record"]
    record = Record(store(head["family"]), head["place"], head["label"], tuple(manifest["payload"]))
    return {f"{record.place}/{record.file_name(name)}": path for name, path in record.paths().items()}


def _events(manifests: list[dict[str, Any]], inputs: Sequence[Any]) -> dict[str, Path]:
    """Files from outside as a mirror folder has them, from the records that keep them."""
    wanted = {one.sha256: f"data/{one.mirror}" for one in inputs if one.mirror}
    found = {}
    for manifest in manifests:
        for name, entry in manifest["payload"].items():
            if (place := wanted.get(entry["sha256"])) and place not in found:
                head = manifest["record"]
                record = Record(store(head["family"]), head["place"], head["label"], (name,))
                found[place] = record.path(name)
    return found
