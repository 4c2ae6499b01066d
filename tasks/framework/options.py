"""Short forms of ``--set`` for what is changed most: networks, their training, and which data are fitted.

They say the same as ``--set`` and travel as such, so that they enter no key themselves.
"""

from __future__ import annotations

from typing import Any

import luigi
from luigi.freezing import FrozenOrderedDict

from analysis.chapters import Fit, Training
from analysis.errors import StudyError
from tasks.framework.parameters import ChangesParameter
from tasks.framework.project_task import ProjectTask
from tasks.framework.settings import study_named

__all__ = ["DataOptions", "NetworkOptions"]


class NetworkOptions(ProjectTask):
    """Tasks that depend on networks."""

    exclude_index = True

    network = luigi.Parameter(
        default="",
        significant=False,
        description="name of a network of the study; default: the study's first",
    )
    network_settings = ChangesParameter(
        default={},
        significant=False,
        description="changes of the network's settings, such as hidden=64,64; default: none",
    )
    training = ChangesParameter(
        default={},
        significant=False,
        description="changes of the training's settings, such as epochs=20,optimizer=lion,optimizer.b1=0.95; "
        "default: none",
    )
    tuning = luigi.Parameter(
        default="",
        significant=False,
        description="name of a tuning of the study, whose best settings are used; default: none",
    )

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Say the same as changes of the study's training.

        Raises:
            StudyError: the study has no training, or several; or a name is wrong.
        """
        changes = {name: params[name] for name in ("network", "tuning") if params[name]}
        for short, kind in (("network_settings", "network"), ("training", "training")):
            changes |= {f"{kind}.{name}": text for name, text in params[short].items()}
        if changes:
            trainings = study_named(params["study"]).stages_of(Training)
            if len(trainings) != 1:
                names = ", ".join(stage.name for stage in trainings)
                raise StudyError(
                    f"the study {params['study']!r} trains {names or 'no networks'}, so it is not clear what to change",
                    cure="say it with --set STAGE.network=NAME,STAGE.training.epochs=20" if names else "leave it out",
                )
            own = {f"{trainings[0].name}.{name}": text for name, text in changes.items()}
            params["set"] = FrozenOrderedDict(sorted({**own, **params["set"]}.items()))
        none = FrozenOrderedDict()
        return super().modify_param_values(
            {**params, "network": "", "tuning": "", "network_settings": none, "training": none}
        )


class DataOptions(NetworkOptions):
    """Tasks that depend on a fit."""

    exclude_index = True

    data = luigi.ChoiceParameter(
        default="",
        choices=["", "asimov", "observed"],
        significant=False,
        description="'observed': the measured data; 'asimov': what the model expects, so that nobody sees the result "
        "too early; default: observed, unless the study is blind",
    )

    limits = luigi.ChoiceParameter(
        default="",
        choices=["", "asymptotic", "toys"],
        significant=False,
        description="how upper limits are found: 'asymptotic' by formulae, which need about ten events of background, "
        "or with 'toys', which takes minutes; default: what the study says",
    )

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Say the same as a change of all fits of the study.

        Raises:
            StudyError: no fit of the study finds upper limits in the way that is asked for.
        """
        fits = study_named(params["study"]).stages_of(Fit)
        own = {f"{fit.name}.data": params["data"] for fit in fits if params["data"] not in ("", fit.fitted)}
        if wanted := params["limits"]:
            known = {fit.name: fit.step.settings.limits for fit in fits if hasattr(_settings(fit), "limits")}
            if not known:
                raise StudyError(
                    f"--limits {wanted}: no fit of the study {params['study']!r} finds upper limits so",
                    cure="leave it out; fits with FitSettings (analysis.inference.measurement:measure) do",
                )
            own |= {f"{name}.limits": wanted for name, limits in known.items() if limits != wanted}
        params["set"] = FrozenOrderedDict(sorted({**own, **params["set"]}.items()))
        return super().modify_param_values({**params, "data": "", "limits": ""})


def _settings(fit: Fit) -> Any:
    return fit.step.settings if fit.step else None
