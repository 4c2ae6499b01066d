"""Events that a study loses without having said so, as tasks tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.chapters import Fit, Workspaces
from analysis.inference.histfactory_settings import Model, Models
from analysis.wiring import upstream

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.study import Study

__all__ = ["fitted_channels", "lost_by_histograms"]


def lost_by_histograms(study: Study, stage: str, histograms: Histograms) -> list[str]:
    """Tell of simulated events of no process, and of fitted variables that leave out many events.

    Args:
        study: with the stage.
        stage: name of the stage that the histograms are of.
        histograms: of all data sets.

    Returns:
        Sentences; of measured events only where they are fitted.
    """
    from analysis.histograms.losses import belonging_nowhere, left_out

    measured = all(fit.fitted == "observed" for fit in study.stages_of(Fit))
    return [*belonging_nowhere(histograms), *left_out(histograms, fitted_channels(study, stage), measured=measured)]


def fitted_channels(study: Study, stage: str) -> list[tuple[str, str]]:
    """Region and variable of each channel of the standard models that are built from a stage of histograms."""
    found: list[tuple[str, str]] = []
    for one in study.stages_of(Workspaces):
        settings = one.step.settings if one.step and stage in upstream(study, one.name) else None
        models = settings.models if isinstance(settings, Models) else (settings,)
        for model in (model for model in models if isinstance(model, Model)):
            found += [(channel.region, channel.variable) for channel in model.channels]
    return found
