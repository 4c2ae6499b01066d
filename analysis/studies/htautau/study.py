"""The study as one object: all of its names and numbers, none of its code.

Numbers stand here, not in the steps, so that a change of one reruns only the step that is given it.
"""

from __future__ import annotations

from analysis.plotting.figure_settings import training_captions
from analysis.studies.htautau import captions, measuring
from analysis.studies.htautau.datasets import COLLISIONS, DIMUON, FRACTIONS, SIMULATION, WHOLE_LUMINOSITY
from analysis.studies.htautau.measuring import ISOLATED, OPPOSITE, PROCESSES
from analysis.studies.htautau.networks import NETWORKS, TUNINGS
from analysis.studies.htautau.settings import (
    CalibrationSettings,
    DimuonSettings,
    FeatureSettings,
    ParticleSettings,
    PeakFigureSettings,
    PeakSettings,
    PileupSettings,
    ReconstructionSettings,
)
from analysis.study import (
    Campaign,
    Corrections,
    Cut,
    Events,
    Figures,
    Fit,
    Histograms,
    Inputs,
    Result,
    Scores,
    Step,
    Study,
    Training,
    Validation,
    Workspaces,
)

__all__ = ["study"]

# masses and widths: S. Navas et al. (Particle Data Group), Review of Particle Physics, Phys. Rev. D 110 (2024) 030001
# power: the mass spectrum of quark annihilation is m^3 / |propagator|^2 times the luminosity of quark pairs, at 8 TeV
# and this mass about m^-2.8; shape uncertainties: other resolution and window (J/psi), power by 0.5 and window (Z)
_PEAKS = (
    PeakSettings("jpsi", r"$J/\psi \to \mu\mu$", 3.096900, 0.000006, 0.0000926, 0.0, 0.0003, (2.80, 3.40), 300),
    PeakSettings("z", r"$Z \to \mu\mu$", 91.1880, 0.0020, 2.4955, 0.2, 0.020, (70.0, 110.0), 400),
)

_FEATURES = (
    *("pt_1", "eta_1", "mt_1", "pt_2", "eta_2", "m_2", "mt_2", "prongs_2", "pi0s_2", "pt_met"),
    *("m_vis", "pt_vis", "pt_tt", "mt_tot", "d_zeta", "deta_tt", "dphi_tt", "dr_tt", "dphi_1_met", "dphi_2_met"),
    *("njets", "jpt_1", "jeta_1", "jbtag_1", "jpt_2", "jeta_2", "jbtag_2", "mjj", "ptjj", "deta_jj", "dphi_jj"),
    *("eta_product_jj", "centrality_tt", "pt_ttjj"),
)

_PARTICLES = (
    ParticleSettings("muon", "pt_1", "phi_1", "eta_1", "m_1"),
    ParticleSettings("hadronic tau decay", "pt_2", "phi_2", "eta_2", "m_2"),
    ParticleSettings("first jet", "jpt_1", "jphi_1", "jeta_1", "jm_1"),
    ParticleSettings("second jet", "jpt_2", "jphi_2", "jeta_2", "jm_2"),
    ParticleSettings("missing transverse momentum", "pt_met", "phi_met"),
)

study = Study(
    name="htautau",
    title=r"$H \to \tau\tau \to \mu\tau_h$ at 8 TeV with CMS Open Data",
    measures=r"Strengths of $Z \to \tau\tau$ and $H \to \tau\tau$",
    highlights=("auc_higgs", "mass_z_after"),
    datasets=(*SIMULATION, *COLLISIONS, DIMUON),
    campaigns=(
        Campaign("2012BC", ("Run2012B", "Run2012C"), 1.1467, beside=("2012B", "2012C")),
        Campaign("2012B", ("Run2012B",), 0.4412),
        Campaign("2012C", ("Run2012C",), 0.7055),
    ),
    processes=PROCESSES,
    shifts=measuring.SHIFTS,
    stages=(
        Corrections(
            "calibration",
            Step(
                "analysis.studies.htautau.dimuon:derive",
                DimuonSettings(peaks=_PEAKS, eta_edges=(0.0, 0.9, 1.6, 2.4), min_pt=3.0, min_pairs=300),
            ),
            datasets=("calibration",),
        ),
        Events(
            "calibrated",
            Step("analysis.studies.htautau.calibration:calibrate", CalibrationSettings(correction="muon_scale")),
            datasets=("simulated", "measured"),
            task="CalibrateEvents",
        ),
        Events(
            "reconstructed",
            Step(
                "analysis.studies.htautau.reconstruction:reconstruct",
                ReconstructionSettings(processes=PROCESSES, stored_luminosity=WHOLE_LUMINOSITY, fractions=FRACTIONS),
            ),
            task="ReconstructEvents",
        ),
        Inputs(
            "inputs",
            Step(
                "analysis.studies.htautau.training:prepare_training",
                FeatureSettings(
                    features=_FEATURES,
                    classes=tuple(process.name for process in PROCESSES),
                    particles=_PARTICLES,
                    selection=(OPPOSITE, ISOLATED),
                ),
            ),
        ),
        Corrections(
            "pileup",
            Step(
                "analysis.studies.htautau.pileup:derive",
                PileupSettings(
                    groups=(
                        ("DYJetsToLL",),
                        tuple(dataset.name for dataset in SIMULATION if dataset.name != "DYJetsToLL"),
                    ),
                    measured=(ISOLATED, Cut("mt_1", ">", 30.0)),
                    simulated=(ISOLATED,),
                    edges=(0.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 34.0, 60.0),
                    relative=0.05,
                ),
            ),
            datasets=("simulated", "measured"),
            reads={"reconstructed": ("identity", "npv", "iso_1", "mt_1")},
            task="MakeResult",
        ),
        Training("training", networks=NETWORKS, tunings=TUNINGS),
        Scores("scores"),
        Result(
            "performance",
            Step("analysis.learning.evaluation.classification:evaluate"),
            datasets=("simulated",),
            task="EvaluateModel",
        ),
        Histograms(
            "histograms",
            events="reconstructed",
            scores=("scores",),
            variables=measuring.VARIABLES,
            regions=measuring.REGIONS,
            weights=Step("analysis.studies.htautau.weights:weigh", measuring.WEIGHTS),
            weight_shifts=measuring.WEIGHT_SHIFTS,
            per_seed=True,
        ),
        Workspaces(
            "workspaces",
            Step("analysis.studies.htautau.workspace:build", measuring.MODEL),
            names=measuring.WORKSPACES,
            per_seed=True,
        ),
        Validation("validation", Step("analysis.studies.htautau.validation:validate", measuring.VALIDATION)),
        Fit("fit", Step("analysis.inference.measurement:measure", measuring.FIT)),
        Result(
            "stability",
            Step("analysis.studies.htautau.stability:measure_stability", measuring.STABILITY),
            per="campaign",
            datasets=next(process.datasets for process in PROCESSES if process.name == "w"),
        ),
        Figures(
            "measurement_figures",
            Step("analysis.studies.htautau.measurement_figures:draw", measuring.FIGURES),
            per="campaign",
            names=measuring.FIGURE_NAMES,
            captions=measuring.CAPTIONS,
            task="PlotMeasurement",
            title="Measurement",
        ),
        Figures(
            "training_figures",
            Step("analysis.plotting.classification:draw"),
            datasets=("simulated",),
            names=("history", "roc", "confusion", *(f"score_{process.name}" for process in PROCESSES)),
            captions=training_captions({process.name: process.title for process in PROCESSES}),
            simulation=True,
            task="PlotTraining",
            title="Networks",
        ),
        Figures(
            "calibration_figures",
            Step(
                "analysis.studies.htautau.figures:draw_peaks",
                PeakFigureSettings(tuple((peak.name, peak.title) for peak in _PEAKS)),
            ),
            names=tuple(peak.name for peak in _PEAKS),
            captions=captions.CALIBRATION,
            task="PlotCalibration",
            title="Calibration",
        ),
    ),
    experiment="CMS Open Data",
    energy=8.0,
)
"""The study ``htautau``."""
