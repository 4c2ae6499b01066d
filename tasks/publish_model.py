"""Networks published: a folder that others read without this project, and a deposit of it on Zenodo."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import luigi

from analysis.chapters import Training
from analysis.citation import Citation
from analysis.errors import StudyError
from analysis.exchange.description import NAME
from analysis.registry import locate_study
from tasks.export import ExportModel
from tasks.framework.models_section import model_folders, models_settings
from tasks.framework.numbers import WholeNumber
from tasks.framework.progress import bytes_progress
from tasks.framework.record_task import Need
from tasks.framework.settings import base_folder, studies_from_outside
from tasks.stage_values import numbers_of, value_of
from tasks.training import NetworkTask, TrainModel

__all__ = ["PublishModel"]

ZENODO = "zenodo"


class PublishModel(NetworkTask):
    """Publish networks as a folder NAME-VERSION, and with --to zenodo as a draft of a deposit (docs/exchange.md).

    The same networks again are nothing to do; others are the next version, which names the one before.
    """

    takes_job = False

    to = luigi.Parameter(
        default="",
        significant=False,
        description="folder that holds the versions, or 'zenodo' for a deposit as well; default: the first of the "
        "folders in law.cfg, section [models]",
    )
    model_name = luigi.Parameter(
        default="",
        significant=False,
        description="name of the published networks; default: the study's, of a study with several trainings with the "
        "stage's behind it",
    )
    capsule = luigi.Parameter(
        default="", significant=False, description="file of the capsule that makes the networks again; default: none"
    )
    deposit = WholeNumber(
        least=0,
        default=0,
        significant=False,
        description="number of the deposit on Zenodo that this is a new version of, or of a draft; default: the one "
        "that is noted beside the version before, else a new one",
    )
    publish_deposit = luigi.BoolParameter(
        default=False,
        significant=False,
        description="publish the deposit for good, which nobody can take back; default: no, it stays a draft",
    )

    published: Any = None
    deposited: Any = None

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check what decides where the networks go, before they are trained.

        Raises:
            StudyError: the name is none, options of deposits are given without one.
            StoreError: there is no token for a deposit.
        """
        params = super().modify_param_values(params)
        name = params["model_name"]
        if name and not NAME.fullmatch(name):
            raise StudyError(f"--model-name is {name!r}", cure="use letters, digits and ._-")
        if params["to"] == ZENODO:
            from analysis.exchange.zenodo import Zenodo

            Zenodo(models_settings().zenodo)
        elif params["deposit"] or params["publish_deposit"]:
            raise StudyError("a deposit is asked for, but not where", cure=f"add --to {ZENODO}")
        return params

    def needs(self, series: str) -> dict[str, Need]:
        export = ExportModel.req(self)
        judged = {role: one for role, one in export.needs(export.own_series).items() if role.startswith("judged ")}
        return {"networks": Need(TrainModel.req(self)), "export": Need(export), **judged}

    def output(self) -> Any:
        return []

    def complete(self) -> bool:
        return self.published is not None

    def check_result(self) -> None:
        """Nothing: the folder was read when it was written."""

    def run(self) -> None:
        from analysis.exchange.publishing import publish

        material = self._material()
        parent = model_folders()[0] if self.to in ("", ZENODO) else Path(os.path.expanduser(self.to))
        published = publish(material, parent)
        if self.to == ZENODO:
            self.deposited = self._deposit(material, published.folder)
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.published = published

    def _material(self) -> Any:
        from analysis.exchange.capsules import capsule_with
        from analysis.exchange.folder import ONNX, PARAMETERS, STABLEHLO
        from analysis.exchange.material import Material

        study, needs = self.definition, self.needs(self.own_series)
        (networks,), (export,) = self.input_records("networks"), self.input_records("export")
        judged = [need for role, need in needs.items() if role.startswith("judged ")]
        inputs = [
            role.removeprefix("inputs ") for role in ExportModel.req(self).needs("") if role.startswith("inputs ")
        ]
        return Material(
            name=self.model_name or self._usual_name(),
            card=json.loads(export.path("model_card.json").read_text()),
            text=export.path("model_card.md").read_text(),
            network=json.loads(networks.path("network.json").read_text()),
            numbers=tuple(number for need in judged for number in numbers_of(value_of(need, "", None))),
            datasets=tuple(study.dataset(name) for name in inputs),
            citation=self._citation(),
            measures=study.measures,
            experiment=study.experiment or study.observe,
            made=networks.manifest()["made"]["end"],
            files={
                PARAMETERS: networks.path("parameters.safetensors"),
                ONNX: export.path("model.onnx"),
                STABLEHLO: export.path("model.stablehlo"),
            },
            capsule=capsule_with(networks.place, Path(os.path.expanduser(self.capsule))) if self.capsule else None,
        )

    def _usual_name(self) -> str:
        several = len(self.definition.stages_of(Training)) > 1
        return f"{self.study}-{self.stage}" if several else self.study

    def _citation(self) -> Citation:
        """Whose the networks are: of a study from outside nothing of this project's is claimed."""
        if self.definition.citation is not None:
            return self.definition.citation
        if locate_study(self.study, studies_from_outside()).origin != "built in":
            return Citation(self.definition.title, ())
        project = tomllib.loads((base_folder() / "pyproject.toml").read_text())["project"]
        authors, url = (one["name"] for one in project["authors"]), project.get("urls", {}).get("Homepage", "")
        return Citation(self.definition.title, tuple(authors), project["license"], url=url, version=project["version"])

    def _deposit(self, material: Any, folder: Any) -> Any:
        from analysis.exchange.deposits import deposit_folder
        from analysis.exchange.zenodo import Zenodo
        from analysis.exchange.zenodo_metadata import zenodo_metadata

        zenodo = Zenodo(models_settings().zenodo)
        with bytes_progress(f"{folder.folder.name} to {zenodo.address}", sum(folder.sizes.values())) as report:
            return deposit_folder(
                zenodo,
                folder,
                zenodo_metadata(material, folder),
                self.deposit or None,
                publish=self.publish_deposit,
                report=report,
            )

    def summary(self):
        folder, about = self.published.folder, self.published.folder.description
        yield "published", f"{folder.folder}" + ("" if self.published.new else "    (as it was: nothing is new)")
        if about.replaces:
            yield "replaces", f"{about.replaces.name}-{about.replaces.version}"
        yield "digest", folder.digest
        yield "use", f'Pretrained("{folder.folder}", sha256="{folder.digest}")'
        if one := self.deposited:
            state = "published" if one.published else "a draft, which --publish-deposit publishes for good"
            yield "deposit", f"{one.address}    ({state})"
            yield "DOI", one.doi
