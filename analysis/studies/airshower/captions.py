"""What the study's figures show, in words."""

from __future__ import annotations

__all__ = ["CALIBRATION", "COMPOSITION", "PUBLICATIONS", "RECONSTRUCTION", "TRAINING"]

Captions = tuple[tuple[str, str], ...]

COMPOSITION: Captions = (
    *(
        (
            f"fractions_{name}",
            f"Fractions of protons, helium, nitrogen and iron that describe the measured X_max best, if "
            f"{model} describes air showers: this fit (statistical and total uncertainties) beside the published one; "
            "below, the p-value of each energy bin.",
        )
        for name, model in (("epos_lhc", "EPOS-LHC"), ("qgsjetii_04", "QGSJetII-04"), ("sibyll2_1", "Sibyll 2.1"))
    ),
    (
        "log_mass",
        "Mean and variance of ln A for all interaction models, beside those published from the moments of X_max with "
        "their systematic uncertainties.",
    ),
    ("fitted_distributions", "Measured distributions of X_max with the fitted mixture of primaries."),
)

PUBLICATIONS: Captions = (
    (
        "moments",
        "Mean and standard deviation of the measured X_max against energy, with what pure primaries would give.",
    ),
    (
        "distributions",
        "Measured distributions of X_max, with what pure primaries would give, detector effects included.",
    ),
)

CALIBRATION: Captions = (
    (
        "muon_humps",
        "Histograms of background muons and the fits that give one vertical-equivalent muon (VEM). Simulation.",
    ),
    ("vem_charge_in_time", "Derived against true charge of one VEM, photomultiplier by photomultiplier. Simulation."),
    ("gain_ratio", "Derived against true ratio of the high to the low gain. Simulation."),
)

RECONSTRUCTION: Captions = (
    ("traces", "Raw and calibrated traces of one station. Simulation."),
    ("footprint", "One shower on the array: signals, arrival times and the fitted lateral distribution. Simulation."),
    ("angular_resolution", "Angle that 68 % of the directions are reconstructed within. Simulation."),
    ("energy_resolution", "Bias and resolution of the energy. Simulation."),
    ("attenuation", "How signals fall with the zenith angle at constant intensity. Simulation."),
    ("energy_scale", "Shower size against the fluorescence energy, with the fitted power law. Simulation."),
)

TRAINING: Captions = (
    ("history", "Loss and error of training and validation events, epoch by epoch. Simulation."),
    ("resolution_energy", "Bias and resolution of X_max against energy, networks and rise times. Simulation."),
    ("resolution_zenith", "Bias and resolution of X_max against the zenith angle. Simulation."),
    ("prediction", "Predicted against true depth, of events that the network had no part in. Simulation."),
    ("pulls", "Prediction minus truth over the predicted uncertainty. Simulation."),
    ("merit_factor", "How well protons and iron are told apart, against energy. Simulation."),
)
