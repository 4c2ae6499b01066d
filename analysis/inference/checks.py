"""Validation of a model: the agreement of data and prediction in each distribution, as a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from analysis.inference.agreement import agreement
from analysis.inference.histfactory import display
from analysis.inference.histfactory_settings import Channel
from analysis.inference.model import build_model
from analysis.results import Axis, Check, Column, Table

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.inference.check_settings import Checks, Judgement

__all__ = ["check_model", "result_of", "validate"]

_TABLE = "agreement"


def validate(histograms: Histograms, data: Literal["observed", "asimov"], settings: Checks) -> dict[str, Any]:
    """Compare data and model in all distributions, before any fit.

    Args:
        histograms: scaled to the luminosity of the data.
        data: ``"asimov"``: the data are not looked at, and nothing is compared.
        settings: what is compared, and with which model.

    Returns:
        JSON, see :func:`result_of`.

    Raises:
        StudyError: a variable, region, process or shift was never filled.
    """
    if data == "asimov":
        return result_of((), data)
    found = []
    for variable, region in settings.pairs:
        name = f"{variable.name}_{region.name}"
        made = display(histograms, settings.model, {name: Channel(region.name, variable.name)})
        if made["channels"]:
            found.append(
                check_model(
                    made, (name, variable.title, region.title or region.name), settings.known, settings.judgement
                )
            )
    return result_of(found, data)


def check_model(
    specification: Mapping[str, Any], words: tuple[str, str, str], known: Mapping[str, float], judgement: Judgement
) -> Check:
    """Compare data and model in the channels of a workspace, all together.

    Args:
        specification: HistFactory workspace; its first channel is the distribution, others tell about free factors.
        words: name of the check, title of the distribution, title of the region.
        known: see :func:`analysis.inference.agreement.agreement`.
        judgement: what is good enough.
    """
    name, title, where = words
    model = build_model(specification)
    found = agreement(model, known={one: known[one] for one in known if one in model.names}, fewest=judgement.fewest)
    p_value = None if found.p_value is None else float(f"{found.p_value:.4g}")
    return Check(name, title, where, round(found.statistic, 4), found.ndf, p_value, judgement.least, table=_TABLE)


def result_of(checks: Sequence[Check], data: Literal["observed", "asimov"] = "observed") -> dict[str, Any]:
    """Put checks together as the result of a stage.

    Args:
        checks: in the order of the table.
        data: what was compared.

    Returns:
        JSON: ``checks``, ``tables`` with the same and a ``headline``.
    """
    if not checks:
        told = "not compared: the measured events have not been looked at" if data == "asimov" else "nothing to compare"
        return {"checks": [], "numbers": [], "tables": [], "headline": {"data and model": told}}
    return {
        "checks": [one.as_json() for one in checks],
        "numbers": [],
        "tables": [_table(checks).as_json()],
        "headline": {"data and model": _told(checks)},
    }


def _told(checks: Sequence[Check]) -> str:
    judged = [one for one in checks if one.p_value is not None]
    failed = [one for one in judged if one.failed]
    least = max((one.least for one in judged), default=0.0)
    chance = f"{sum(one.least for one in judged):.1g} by chance"
    if not failed:
        return f"all {len(judged)} distributions are described (p ≥ {least:g})"
    worst = "; ".join(f"{one.title}, {one.where}: p = {one.p_value:.2g}" for one in failed)
    return f"{len(failed)} of {len(judged)} distributions are not described (p < {least:g}, {chance}); {worst}"


def _table(checks: Iterable[Check]) -> Table:
    listed = list(checks)
    columns: dict[str, list[float | None]] = {
        "χ²": [one.statistic for one in listed],
        "Degrees of freedom": [one.ndf for one in listed],
        "p-value": [one.p_value for one in listed],
    }
    return Table(
        name=_TABLE,
        title="Agreement of data and model before the fit",
        axes=(
            Axis("Distribution", "", tuple(one.title for one in listed)),
            Axis("Events", "", tuple(one.where for one in listed)),
        ),
        columns=tuple(Column(title, "", tuple(values), {}, {}) for title, values in columns.items()),
    )
