"""Export: trained networks for readers without this project."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from analysis.stages import Stage
from analysis.wiring import wiring
from tasks.framework.record_task import Need
from tasks.stage_values import headline_of
from tasks.training import NetworkTask, TrainModel

__all__ = ["ExportModel"]

CHECKED_EVENTS = 1000  # of each data set


class ExportModel(NetworkTask):
    """Write the networks as ONNX and StableHLO, compare both on real events, and say on a card what they are."""

    payload: ClassVar[tuple[str, ...]] = (  # type: ignore[misc]
        *("model.onnx", "model.stablehlo", "model_card.md", "model_card.json"),
    )

    def ingredients(self, series: str) -> dict[str, Any]:
        return {}

    def needs(self, series: str) -> dict[str, Need]:
        prepared = self.producing(self.chapter.inputs, datasets=("simulated", "measured"), shift=("nominal",))
        return {
            "networks": Need(TrainModel.req(self)),
            **{f"judged {stage.name}": Need(self.producing(stage.name)) for stage in self._judging()},
            **{f"inputs {name}": Need(prepared, name) for name in prepared.series_names()},
        }

    def _judging(self) -> list[Stage]:
        """Stages of results that are made of these networks alone."""
        study = self.definition
        return [
            stage
            for stage in study.holding("results")
            if self.stage in wiring(study, stage).stages.values() and stage.per == "study"
        ]

    def make(self, draft: Any) -> None:
        from analysis.learning.export.exported import check, export
        from analysis.learning.export.study_card import study_card

        needs = self.needs(self.own_series)
        (trained,) = needs["networks"].task.load(needs["networks"].records(""))
        metrics: dict[str, str] = {}
        for stage in self._judging():
            need = needs[f"judged {stage.name}"]
            metrics |= headline_of(stage, need.task.load(need.records(""))[0])
        names = [role.removeprefix("inputs ") for role in self.needs(self.own_series) if role.startswith("inputs ")]
        card = study_card(
            self.definition,
            trained,
            [self.definition.dataset(name) for name in names],
            self.input_records("networks")[0].place,
            metrics,
        )
        paths = draft.path("model.onnx"), draft.path("model.stablehlo")
        export(trained, *paths, card.metadata())
        differences = check(trained, *paths, first_events(self, names))
        card.with_differences(differences).save(draft.path("model_card.md"), draft.path("model_card.json"))

    def summary(self) -> Any:
        card = json.loads(self.own_record.path("model_card.json").read_text())
        yield "inputs", ", ".join(block["name"] for block in card["features"])
        yield "predictions", ", ".join(card["predictions"]) + f"    ({card['folds']} networks)"
        for form, difference in card["differences"].items():
            yield form, f"agrees with the trained networks to {difference:.0e}"
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)


def first_events(task: NetworkTask, names: list[str]) -> Any:
    """The first events of data sets, from a task's roles ``inputs NAME``, however they are cut into chunks."""
    import numpy as np

    from analysis.learning.data.inputs import TrainingInputs, concatenate

    parts = []
    for name in names:
        missing = CHECKED_EVENTS
        for record in task.input_records(f"inputs {name}"):
            inputs = TrainingInputs.load(record.path("safetensors"))
            parts.append(inputs.select(np.arange(min(missing, len(inputs)))))
            missing -= len(parts[-1])
            if not missing:
                break
    return concatenate(parts)
