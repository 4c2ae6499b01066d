"""Names, titles and captions of the study's figures."""

from __future__ import annotations

__all__ = ["CALIBRATION"]

CALIBRATION: tuple[tuple[str, str, str], ...] = (
    ("jpsi", r"$J/\psi \to \mu\mu$", "Muon pairs before and after the calibration, with the fits that give the scale."),
    ("z", r"$Z \to \mu\mu$", "Muon pairs before and after the calibration, with the fits that give the scale."),
)
