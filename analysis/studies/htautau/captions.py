"""What the study's figures are called and what they show, in words."""

from __future__ import annotations

from collections.abc import Iterable

from analysis.study import Variable

__all__ = ["CALIBRATION", "measured", "training"]

Captions = tuple[tuple[str, str, str], ...]
Titles = tuple[tuple[str, str], ...]

CALIBRATION: Captions = (
    ("jpsi", r"$J/\psi \to \mu\mu$", "Muon pairs before and after the calibration, with the fits that give the scale."),
    ("z", r"$Z \to \mu\mu$", "Muon pairs before and after the calibration, with the fits that give the scale."),
)


def training(processes: Titles) -> Captions:
    """Captions of the networks' figures.

    Args:
        processes: name and title of each class.
    """
    scores = (
        (f"score_{name}", f"Score of {title}", "Training and test events. Simulation.") for name, title in processes
    )
    return (
        ("history", "Training", "Loss and AUC of training and validation events, epoch by epoch. Simulation."),
        ("roc", "ROC curves", "Each class against the rest, events that the networks had no part in. Simulation."),
        ("confusion", "Confusion", "Where events of each class end up. Simulation."),
        *scores,
    )


def measured(strengths: Titles, workspaces: Titles, variables: Iterable[Variable]) -> Captions:
    """Captions of the measurement's figures.

    Args:
        strengths: name and title of each parameter of interest.
        workspaces: name and title of each workspace.
        variables: that are drawn before and after the fit.
    """
    found = [("strengths", "Strengths", "Measured over predicted rates: statistical and total uncertainties.")]
    for name, title in workspaces:
        for poi, symbol in strengths:
            found += [
                (
                    f"pulls_{poi}_{name}",
                    f"Impacts on {symbol}, {title}",
                    "Pulls of the parameters, and what each of them does to the strength.",
                ),
                (f"scan_{poi}_{name}", f"Likelihood of {symbol}, {title}", "All other parameters are fitted anew."),
            ]
        found.append((f"goodness_{name}", f"Goodness of fit, {title}", "The data among simulated data sets."))
        found.append((f"correlation_{name}", f"Correlations, {title}", "Of those most correlated with the strengths."))
    shown = "Data and prediction; the band is the uncertainty of the prediction."
    for variable in variables:
        for when in ("before", "after"):
            found.append((f"{variable.name}_{when}", f"{variable.title} {when} the fit", shown))
    return tuple(found)
