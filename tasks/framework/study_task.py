"""The parameters that every task of a study has."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import luigi
from luigi.freezing import FrozenOrderedDict

from analysis.checking.words import DEBUG
from analysis.study import Study
from tasks.framework.parameters import ChangesParameter
from tasks.framework.project_task import ProjectTask
from tasks.framework.settings import default_study, study_named, study_of

__all__ = ["StudyTask"]


class StudyTask(ProjectTask):
    """A task of one study."""

    exclude_index = True

    study = luigi.Parameter(
        default=default_study(),
        description=f"name of the study; default: {default_study()}",
    )
    campaign = luigi.Parameter(
        default="",
        description="name of the campaign, the choice of measured data; default: the study's first",
    )
    statistics = luigi.Parameter(
        default="",
        description="how many events are simulated, such as 'large'; default: the study's first choice",
    )

    set = ChangesParameter(
        default={},
        description="changes of settings, STAGE.field=value,...: such as training.training.epochs=20,fit.data=asimov; "
        "law run ListStages names them; default: none",
    )

    debug = luigi.BoolParameter(
        default=False,
        significant=False,
        description="show the traceback of what fails in a study's own code; default: no",
    )

    @classmethod
    def req(cls, inst: Any, **kwargs: Any) -> Any:
        # the same answer to the same question; law goes through all parameters each time, and every data set asks
        if any(name.startswith("_") for name in kwargs):
            return super().req(inst, **kwargs)
        question = (cls, tuple(sorted(kwargs.items())))
        known: dict[Any, Any] = inst.__dict__.setdefault("_required", {})
        if question not in known:
            known[question] = super().req(inst, **kwargs)
        return known[question]

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check study, campaign, statistics and changes, and fill in the study's defaults.

        Raises:
            StudyError: a name is unknown; the message lists the known ones.
        """
        params = super().modify_param_values(params)
        if params["debug"]:
            # for jobs and processes of this command, too
            os.environ[DEBUG] = "1"
        study = study_named(params["study"])
        if study.campaigns or params["campaign"]:
            params["campaign"] = study.campaign(params["campaign"] or study.campaigns[0].name).name
        params["statistics"] = params["statistics"] or study.statistics[0].name
        params["set"] = FrozenOrderedDict(params["set"])
        study_of(study.name, params["statistics"], params["set"])
        return params

    @property
    def luminosity(self) -> float | None:
        """Of the campaign, in 1/fb; ``None`` for a study without campaigns."""
        return self.definition.campaign(self.campaign).luminosity if self.campaign else None

    def describe_datasets(self, names: Iterable[str]) -> tuple[str, str]:
        """A line of a summary: whether events were simulated or measured, and which."""
        datasets = [self.definition.dataset(name) for name in names]
        kinds = dict.fromkeys(dataset.kind for dataset in datasets)
        listed = (f"{kind}: " + ", ".join(d.name for d in datasets if d.kind == kind) for kind in kinds)
        return "data sets", "; ".join(listed)

    @property
    def definition(self) -> Study:
        """The study itself."""
        # asked for thousands of times, and parameters do not change
        known: dict[str, Any] = self.__dict__
        if "_definition" not in known:
            known["_definition"] = study_of(self.study, self.statistics, self.set)
        found: Study = known["_definition"]
        return found
