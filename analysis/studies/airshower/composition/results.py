"""Quoted results of a measured composition: numbers, tables, and a headline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import StudyError
from analysis.inference.rounding import measured_text
from analysis.results import Axis, Column, Number, Table
from analysis.studies.airshower.composition.settings import identifier

if TYPE_CHECKING:
    from analysis.studies.airshower.composition.settings import CompositionSettings

__all__ = ["energy_bin", "headline", "numbers", "tables"]

_METHOD = "Poisson likelihood fit of templates to the distribution of X_max"
_LOG_MASS = r"$\langle\ln A\rangle$"
_ENERGY = r"$\lg(E/\mathrm{eV})$"


def energy_bin(energy: Mapping[str, Any], value: float) -> int:
    """Number of the energy bin that begins at a value or holds it.

    Args:
        energy: ``low`` and ``high`` edges of the bins, log10(E/eV).
        value: log10(E/eV).

    Raises:
        StudyError: there is no such bin.

    Examples:
        >>> energy_bin({"low": [17.8, 17.9], "high": [17.9, 18.0]}, 17.9)
        1
    """
    for index, (low, high) in enumerate(zip(energy["low"], energy["high"], strict=True)):
        if low <= value < high:
            return index
    raise StudyError(
        f"no energy bin of the composition holds lg(E/eV) = {value:g}",
        cure=f"choose energies from {min(energy['low'])} to {max(energy['high'])}",
    )


def numbers(models: Mapping[str, Any], settings: CompositionSettings, data: str) -> list[Number]:
    """The proton fraction and <ln A> at the highlighted energies, and the mean p-value, for each model.

    Args:
        models: as :func:`~analysis.studies.airshower.composition.fit.fit` gives them.
        settings: with the highlights.
        data: ``"observed"`` or ``"asimov"``.

    Raises:
        StudyError: there is no energy bin at a highlight.
    """
    found = list(_highlights(models, settings, data))
    for model, result in models.items():
        p_values = result["goodness"]["p_value"]
        found.append(
            Number(
                f"mean_p_value_{identifier(model)}",
                f"mean p-value of all energy bins, {model}",
                round(float(np.mean(p_values)), 6),
                None,
                None,
                "",
                f"deviance of {result['goodness']['toys']} toys in each energy bin",
                _note(data),
            )
        )
    return found


def headline(models: Mapping[str, Any], settings: CompositionSettings, data: str) -> dict[str, str]:
    """<ln A> at the highlighted energies, and mean p-values, as texts; arguments and errors as in :func:`numbers`.

    All of it stands on one line each, without formulas: it is read in a terminal.
    """
    texts = {}
    expected = "" if data == "observed" else " (expected)"
    for model, found in models.items():
        quantity = found["log_mass"]["mean"]
        for value in settings.highlights:
            index = energy_bin(found["energy"], value)
            low, high = found["energy"]["low"][index], found["energy"]["high"][index]
            parts = [(part, tuple(quantity[part][index])) for part in ("stat", "syst")]
            texts[f"<ln A> at lg(E/eV) {low:.1f}–{high:.1f}, {model}"] = (
                measured_text(quantity["value"][index], *parts) + expected
            )
        texts[f"mean p-value, {model}"] = f"{np.mean(found['goodness']['p_value']):.2f}" + expected
    return texts


def tables(models: Mapping[str, Any], data: str) -> list[Table]:
    """Fractions against energy for each model, and the moments of ln A of all of them; arguments as before."""
    result = []
    for model, found in models.items():
        columns = [_column(f"fraction of {name}", fraction, model) for name, fraction in found["fractions"].items()]
        qualifiers = {"model": model, "data": data}
        columns.append(Column("p-value", "", tuple(found["goodness"]["p_value"]), {}, qualifiers))
        columns.append(Column("events", "", tuple(found["events"]), {}, qualifiers))
        result.append(
            Table(
                f"fractions_{identifier(model)}",
                f"Fractions of primaries at the top of the atmosphere, {model}",
                (_axis(found),),
                tuple(columns),
            )
        )
    moments = [
        _column(title, found["log_mass"][kind], model)
        for model, found in models.items()
        for kind, title in (("mean", _LOG_MASS), ("variance", r"$V(\ln A)$"))
    ]
    first = next(iter(models.values()))
    title = "Mean and variance of the logarithm of the mass number"
    return [*result, Table("log_mass", title, (_axis(first),), tuple(moments))]


def _highlights(models: Mapping[str, Any], settings: CompositionSettings, data: str) -> Iterator[Number]:
    lightest = settings.primaries[0][0]
    for model, found in models.items():
        for value in settings.highlights:
            index = energy_bin(found["energy"], value)
            low, high = found["energy"]["low"][index], found["energy"]["high"][index]
            where = f"{_ENERGY} {low:.1f}–{high:.1f}, {model}"
            name = f"{identifier(model)}_{low:.1f}".replace(".", "p")
            chosen = (
                (f"{lightest}_fraction", f"fraction of {lightest}s", found["fractions"][lightest]),
                ("log_mass", _LOG_MASS, found["log_mass"]["mean"]),
            )
            for short, title, quantity in chosen:
                stat, syst = (tuple(quantity[part][index]) for part in ("stat", "syst"))
                yield Number(
                    f"{short}_{name}",
                    f"{title}, {where}",
                    quantity["value"][index],
                    stat,
                    syst,
                    "",
                    _METHOD,
                    _note(data),
                )


def _axis(found: Mapping[str, Any]) -> Axis:
    energy = found["energy"]
    return Axis(_ENERGY, "", tuple(zip(energy["low"], energy["high"], strict=True)))


def _column(title: str, quantity: Mapping[str, Any], model: str) -> Column:
    errors = {part: tuple((low, high) for low, high in quantity[part]) for part in ("stat", "syst")}
    return Column(title, "", tuple(quantity["value"]), errors, {"model": model})


def _note(data: str) -> str:
    return "" if data == "observed" else "expected of equal fractions; no data were used"
