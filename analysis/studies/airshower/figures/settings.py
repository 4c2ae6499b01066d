"""Names of the study's figures."""

__all__ = ["CALIBRATION_FIGURES"]

CALIBRATION_FIGURES = ("muon_humps", "vem_charge_in_time", "gain_ratio")
"""What :func:`analysis.studies.airshower.figures.calibration.draw` draws."""
