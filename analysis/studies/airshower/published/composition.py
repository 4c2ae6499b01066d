"""Readers of what the measured depths of shower maximum say about the mass of the primaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import StudyError
from analysis.studies.airshower.published.columns import columns, damaged, numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Fractions", "LogMass", "read_fractions_2014", "read_fractions_2017", "read_log_mass"]

_PRIMARIES = 4
_MODELS_2014 = {
    "EPOS-LHC": "comp-eps-4-tot.dat",
    "QGSJetII-04": "comp-q04-4-tot.dat",
    "Sibyll2.1": "comp-s21-4-tot.dat",
}
_MODELS_2017 = ("EPOS-LHC", "QGSJetII-04", "Sibyll2.3")
_LOG_MASS = {model: f"lnA_{model}.txt" for model in _MODELS_2014}


@dataclass(frozen=True, eq=False)
class Fractions:
    """Fractions of protons, helium, nitrogen and iron (in this order) that describe the measured X_max best.

    Args:
        log10_energy: (b,) log10(E/eV).
        fractions: (4, b) between 0 and 1.
        statistical: (2, 4, b) statistical uncertainty downwards and upwards, not negative.
        systematic: (2, 4, b) systematic uncertainty downwards and upwards; ``None`` where only the total one is
            published.
        total: (2, 4, b) total uncertainty downwards and upwards; ``None`` where it is not published.
        p_value: (b,) of the fit; ``None`` where it is not published.
    """

    log10_energy: NDArray[np.float64]
    fractions: NDArray[np.float64]
    statistical: NDArray[np.float64]
    systematic: NDArray[np.float64] | None
    total: NDArray[np.float64] | None
    p_value: NDArray[np.float64] | None


@dataclass(frozen=True, eq=False)
class LogMass:
    """Mean and variance of ln A as the moments of X_max give them.

    Args:
        log10_energy: (b,) log10(E/eV).
        mean: (b,) <ln A>.
        mean_statistical: (b,) its statistical uncertainty.
        mean_systematic: (2, b) its systematic uncertainty downwards and upwards, both positive.
        variance: (b,) of ln A; negative where X_max fluctuates less than any one primary lets it.
        variance_statistical: (b,) its statistical uncertainty.
        variance_systematic: (2, b) its systematic uncertainty downwards and upwards, both positive.
    """

    log10_energy: NDArray[np.float64]
    mean: NDArray[np.float64]
    mean_statistical: NDArray[np.float64]
    mean_systematic: NDArray[np.float64]
    variance: NDArray[np.float64]
    variance_statistical: NDArray[np.float64]
    variance_systematic: NDArray[np.float64]


def read_fractions_2014(files: Mapping[str, Path], model: str) -> Fractions:
    """Read the composition of PRD 90 (2014) 122006 (figure 4).

    The file has no heading. A row holds the energy in eV, then, for each primary, the fraction and the ends of its
    intervals (lower statistical, lower total, upper statistical, upper total), then the p-value and the ends of its
    systematic interval.

    Args:
        files: of the publication ``composition2014``, by name.
        model: hadronic interaction model.

    Raises:
        StudyError: the model is not among the published ones.
        DataError: the file is missing or damaged.
    """
    path = _path(files, _MODELS_2014, model)
    table = numbers(path, 18, 24)
    value, low, lowest, high, highest = np.moveaxis(table[:, 1:21].reshape(-1, _PRIMARIES, 5), (2, 1), (0, 1))
    # the ends of intervals are printed to 0.001 at most where a fraction is at its limit
    if (np.diff(np.stack([lowest, low, value, high, highest]), axis=0) < -1e-3).any() or (table[:, 0] <= 0).any():
        raise damaged(path, "has intervals that do not hold their fraction")
    _check(path, value)
    return Fractions(
        log10_energy=np.log10(table[:, 0]),
        fractions=value,
        statistical=np.maximum(0.0, np.stack([value - low, high - value])),
        systematic=None,
        total=np.maximum(0.0, np.stack([value - lowest, highest - value])),
        p_value=table[:, 21],
    )


def read_fractions_2017(files: Mapping[str, Path], model: str) -> Fractions:
    """Read the composition of PoS(ICRC2017)506.

    Args:
        files: of the publication ``composition2017``, by name.
        model: hadronic interaction model.

    Raises:
        StudyError: the model is not among the published ones.
        DataError: the file is missing or damaged.
    """
    path = _path(files, dict.fromkeys(_MODELS_2017, "comp_all_2017.dat"), model)
    table = numbers(path, 24, 61)
    begin = 1 + 20 * _MODELS_2017.index(model)
    blocks = np.moveaxis(table[:, begin : begin + 20].reshape(-1, _PRIMARIES, 5), (2, 1), (0, 1))
    if (blocks < 0).any():
        raise damaged(path, "has a negative fraction or uncertainty")
    _check(path, blocks[0])
    return Fractions(
        log10_energy=table[:, 0],
        fractions=blocks[0],
        statistical=blocks[1:3],
        systematic=blocks[3:5],
        total=None,
        p_value=None,
    )


def read_log_mass(files: Mapping[str, Path], model: str) -> LogMass:
    """Read the moments of ln A of PRD 90 (2014) 122005.

    Args:
        files: of the publication ``lnA2014``, by name.
        model: hadronic interaction model.

    Raises:
        StudyError: the model is not among the published ones.
        DataError: the file is missing or damaged.
    """
    path = _path(files, _LOG_MASS, model)
    table = columns(path, 18)
    try:
        energy = table["logE"]
        mean, mean_low, mean_high = (table[name] for name in ("mlnA", "mlnAsyslo", "mlnAsyshi"))
        variance, variance_low, variance_high = (table[name] for name in ("vlnA", "vlnAsyslo", "vlnAsyshi"))
        statistical = table["mlnAstat"], table["vlnAstat"]
    except KeyError as error:
        raise damaged(path, f"has no column {error}") from error
    # the systematic columns are the ends of intervals
    systematic = (
        np.stack([mean - mean_low, mean_high - mean]),
        np.stack([variance - variance_low, variance_high - variance]),
    )
    if any((uncertainty <= 0).any() for uncertainty in (*statistical, *systematic)):
        raise damaged(path, "has an uncertainty of the wrong sign")
    return LogMass(energy, mean, statistical[0], systematic[0], variance, statistical[1], systematic[1])


def _path(files: Mapping[str, Path], names: Mapping[str, str], model: str) -> Path:
    if model not in names:
        raise StudyError(
            f"no composition is published for the interaction model {model!r}", cure="use one of: " + ", ".join(names)
        )
    return Path(files.get(names[model], names[model]))


def _check(path: Path, fractions: NDArray[np.float64]) -> None:
    """Fractions are printed with three or four digits: they add up to one within that."""
    if (fractions < 0).any() or np.abs(fractions.sum(axis=0) - 1.0).max() > 0.01:
        raise damaged(path, "has fractions that do not add up to one")
