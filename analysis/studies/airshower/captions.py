"""Names, titles and captions of the study's figures."""

from __future__ import annotations

__all__ = ["CALIBRATION", "COMPOSITION", "OBSERVATORY", "PUBLICATIONS", "RECONSTRUCTION", "TRAINING"]

Captions = tuple[tuple[str, str, str], ...]

COMPOSITION: Captions = (
    *(
        (
            f"fractions_{name}",
            f"Composition, {model}",
            "Fractions of primaries that describe the measured $X_{max}$ best, with statistical and total "
            "uncertainties, beside the published ones; below, the p-value of each energy bin.",
        )
        for name, model in (("epos_lhc", "EPOS-LHC"), ("qgsjetii_04", "QGSJetII-04"), ("sibyll2_1", "Sibyll 2.1"))
    ),
    (
        "log_mass",
        "Mean and variance of ln A",
        "All interaction models, beside those published from the moments of $X_{max}$ and their systematics.",
    ),
    ("fitted_distributions", "Distributions of $X_{max}$", "Measured ones with the fitted mixture of primaries."),
)

OBSERVATORY: Captions = (
    (
        "observatory_moments",
        "Moments of $X_{max}$, simulated observatory",
        "All surface events with the calibrated depth of the networks, beside the hybrid events alone. Simulation.",
    ),
    (
        "observatory_log_mass",
        "Mean ln A, simulated observatory",
        "The same samples, each energy bin fitted by itself, and the hidden mixture. Simulation.",
    ),
    (
        "depth_scale",
        "Calibration of $X_{max}$ on hybrid events",
        "Mean error of the networks before and after it, as an observatory sees it and against the truth. Simulation.",
    ),
)

PUBLICATIONS: Captions = (
    (
        "moments",
        "Moments of $X_{max}$",
        "Mean and standard deviation of the measured $X_{max}$ against energy, with what pure primaries would give.",
    ),
    (
        "distributions",
        "Measured $X_{max}$",
        "With what pure primaries would give, detector effects included.",
    ),
)

CALIBRATION: Captions = (
    ("muon_humps", "Muon humps", "Histograms of background muons, and the fits that give one VEM. Simulation."),
    (
        "vem_charge_in_time",
        "Charge of one VEM",
        "Derived against true, photomultiplier by photomultiplier. Simulation.",
    ),
    ("gain_ratio", "Gain ratio", "High over low gain, derived against true. Simulation."),
)

RECONSTRUCTION: Captions = (
    ("traces", "Traces", "Raw and calibrated traces of one station. Simulation."),
    ("footprint", "A shower on the array", "Signals, arrival times and the fitted lateral distribution. Simulation."),
    ("angular_resolution", "Angular resolution", "68 % of the directions are reconstructed within it. Simulation."),
    ("energy_resolution", "Energy", "Bias and resolution against energy. Simulation."),
    ("attenuation", "Attenuation", "How signals fall with the zenith angle at constant intensity. Simulation."),
    (
        "energy_scale",
        "Energy scale",
        "Shower size against the fluorescence energy, with the fitted power law. Simulation.",
    ),
)

TRAINING: Captions = (
    ("history", "Training", "Loss and error of training and validation events, epoch by epoch. Simulation."),
    ("resolution_energy", "$X_{max}$ against energy", "Bias and resolution, networks and rise times. Simulation."),
    (
        "resolution_zenith",
        "$X_{max}$ against zenith angle",
        "Bias and resolution, networks and rise times. Simulation.",
    ),
    ("prediction", "Predicted depth", "Against the true one, of events that the network had no part in. Simulation."),
    ("pulls", "Pulls", "Prediction minus truth over the predicted uncertainty. Simulation."),
    ("merit_factor", "Merit factor", "How well protons and iron are told apart, against energy. Simulation."),
)
