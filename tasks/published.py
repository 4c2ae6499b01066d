"""Published networks: brought into the store for what starts from them, or applies them as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import luigi

from analysis.chapters import Apply, Network, Training
from analysis.errors import StudyError
from analysis.exchange.folder import CONFIG, PARAMETERS, SUMS
from analysis.exchange.published import Published
from analysis.stages import Stage
from tasks.framework.data_access import data_access
from tasks.framework.progress import bytes_progress
from tasks.framework.record_task import RecordTask, recorded
from tasks.framework.settings import study_of

if TYPE_CHECKING:
    from analysis.learning.training.starting import Start

__all__ = ["FetchNetworks", "published_of"]


class FetchNetworks(RecordTask):
    """Bring published networks into the store: from a folder, a mirror or a server; their digest decides."""

    # workers seldom reach the network
    takes_job = False

    stage = luigi.Parameter(
        default="",
        description="name of the stage that they are for; default: the first one that has published networks",
    )

    selecting_parameters = RecordTask.selecting_parameters | {"stage"}

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Fill in the first stage that has published networks.

        Raises:
            StudyError: there is none, or that stage has none.
        """
        params = super().modify_param_values(params)
        study = study_of(params["study"], params["statistics"], params["set"])
        having = [one.name for one in study.stages if published_of(one) is not None]
        if (params["stage"] or "none") not in having and (params["stage"] or not having):
            raise StudyError(
                f"the stage {params['stage']!r} has no published networks"
                if params["stage"]
                else f"the study {study.name!r} has no published networks",
                cure=f"name one of: {', '.join(having)}"
                if having
                else "say start=Pretrained(...) or a stage Apply(...)",
            )
        params["stage"] = params["stage"] or having[0]
        return params

    @property
    def published(self) -> Published:
        """The folder of published networks."""
        found = published_of(self.definition.stage(self.stage))
        assert found is not None
        return found

    @property
    def payload(self) -> tuple[str, ...]:  # type: ignore[override]
        stage = self.definition.stage(self.stage)
        return (SUMS, *dict.fromkeys((stage.card, stage.file) if isinstance(stage, Apply) else (CONFIG, PARAMETERS)))

    def record_name(self) -> str:
        return str(self.stage)

    def ingredients(self, series: str) -> dict[str, Any]:
        # the content alone: the same networks from another address are the same record
        return {"sha256": self.published.sha256, "files": self.payload}

    @recorded
    def run(self, draft):
        from analysis.exchange.bringing import bring

        with bytes_progress(f"networks for {self.stage}", None) as progress:
            # in the workspace, so that a download goes on where a killed one ended
            bring(self.published, self.payload[1:], draft.workspace, data_access(), progress)
        for name in self.payload:
            (draft.workspace / name).replace(draft.path(name))
        draft.sources = [self.published.sha256]

    def given(self) -> dict[str, Any]:
        """The arguments of the function that applies them: their files, and the units of fields."""
        from analysis.exchange.units import units_of

        record = self.own_record
        return {"published": {name: record.path(name) for name in self.payload}, "units": units_of(self.definition)}

    def start(self, network: Network) -> Start:
        """The networks as a training starts from them."""
        from analysis.exchange.units import units_of
        from analysis.learning.training.starting import read_start

        record = self.own_record
        return read_start(record.path(PARAMETERS), record.path(CONFIG), network.training, units_of(self.definition))


def published_of(stage: Stage) -> Published | None:
    """Return the published networks that a stage starts from or applies; ``None`` for all others."""
    if isinstance(stage, Training):
        found: Published | None = stage.chosen.training.start
        return found
    return stage.model if isinstance(stage, Apply) else None
