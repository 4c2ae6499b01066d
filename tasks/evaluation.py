"""Evaluation: what the networks say of every event, and how good that is."""

from __future__ import annotations

from typing import Any

from analysis.formats.format import format_step
from tasks.framework.options import NetworkOptions
from tasks.framework.record_task import Need
from tasks.published import FetchNetworks
from tasks.stages import MakeEvents, MakeResult

__all__ = ["ApplyNetworks", "EvaluateModel", "ScoreEvents"]


class ScoreEvents(NetworkOptions, MakeEvents):
    """Let the one network that had no part in an event judge it, for every event, measured ones too."""

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"format": format_step("scores")}

    def make(self, draft: Any) -> None:
        from analysis.formats.scores import save
        from analysis.learning.application.scores import score

        given = self.arguments()
        save(score(given["networks"], given["inputs"]), draft.path, self.chapter)


class ApplyNetworks(MakeEvents):
    """Apply a published network, as it is, to every event, measured ones too."""

    @property
    def published(self) -> FetchNetworks:
        """The task that brings the network."""
        task: FetchNetworks = FetchNetworks.req(self, stage=self.stage)
        return task

    def needs(self, series: str) -> dict[str, Need]:
        return {**super().needs(series), "published": Need(self.published)}

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), **self.published.given()}


class EvaluateModel(NetworkOptions, MakeResult):
    """Judge the networks by events that they never saw, and compare with those they were trained on."""
