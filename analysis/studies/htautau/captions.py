"""What the study's figures show, in words."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["CALIBRATION", "TRAINING", "measured"]

Captions = tuple[tuple[str, str], ...]

CALIBRATION: Captions = (
    (
        "jpsi",
        "Muon pairs near the J/psi before and after the calibration, with the fits that give the muon momentum scale.",
    ),
    ("z", "Muon pairs near the Z boson before and after the calibration."),
)

TRAINING: Captions = (
    ("history", "Loss and AUC of training and validation events, epoch by epoch. Simulation."),
    ("roc", "Each class against the rest, events that the networks had no part in. Simulation."),
    ("confusion", "Where events of each class end up. Simulation."),
)


def measured(strengths: Iterable[tuple[str, str]], workspaces: Iterable[tuple[str, str]]) -> Captions:
    """Captions of the measurement's figures.

    Args:
        strengths: name and title of each parameter of interest.
        workspaces: name and title of each workspace.
    """
    strengths = tuple(strengths)
    found = [("strengths", "Measured over predicted rates: statistical and total uncertainties.")]
    for name, title in workspaces:
        for poi, symbol in strengths:
            found += [
                (
                    f"pulls_{poi}_{name}",
                    f"Pulls of the parameters, and what each does to {symbol}, fit of {title}.",
                ),
                (f"scan_{poi}_{name}", f"Profile likelihood of {symbol}, fit of {title}."),
            ]
        found.append((f"correlation_{name}", f"Correlations of the parameters, fit of {title}."))
    return tuple(found)
