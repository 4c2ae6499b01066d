"""Validation of the model: data and prediction in the control and signal regions, before any fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from analysis.inference.checks import check_model, result_of
from analysis.studies.htautau.workspace import compared

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.studies.htautau.measurement_settings import ValidationSettings

__all__ = ["validate"]


def validate(
    histograms: Histograms, data: Literal["observed", "asimov"], settings: ValidationSettings
) -> dict[str, Any]:
    """Compare data and model in each distribution, with what the control regions tell of its free factors.

    Args:
        histograms: scaled to the luminosity of the data.
        data: ``"asimov"``: the data are not looked at, and nothing is compared.
        settings: what is compared.

    Returns:
        JSON, see :func:`analysis.inference.checks.result_of`.
    """
    if data == "asimov":
        return result_of((), data)
    checks = []
    for shown in settings.compared:
        made = compared(histograms, settings.model, shown)
        words = (shown.name, shown.variable.title, shown.title)
        checks.append(check_model(made, words, settings.known, settings.judgement))
    return result_of(checks, data)
