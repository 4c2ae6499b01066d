"""The study as one object: htautau with a Bayesian network beside its own, simulated events alone."""

from __future__ import annotations

from dataclasses import replace

from analysis.studies.htautau.networks import NETWORKS
from analysis.studies.htautau.study import study as htautau
from analysis.study import Figures, Result, Scores, Step, Training

__all__ = ["study"]

_HERE = "analysis.studies.htautau_bayesian"
_BAYESIAN = tuple(network for network in NETWORKS if network.name == "bayesian")

study = replace(
    htautau,
    name="htautau_bayesian",
    title=r"$H \to \tau\tau \to \mu\tau_h$ with a Bayesian network",
    measures="Reliability and epistemic uncertainty of networks",
    highlights=(),
    shifts=(),
    campaigns=(replace(htautau.campaigns[0], beside=()),),
    stages=(
        *(htautau.stage(name) for name in ("calibration", "calibrated", "reconstructed", "inputs")),
        replace(htautau.stage("training"), tunings=()),
        htautau.stage("scores"),
        Training("bayesian", networks=_BAYESIAN),
        Scores("bayesian_scores", training="bayesian"),
        Result("reliability", Step(f"{_HERE}.evaluation:evaluate"), datasets=("simulated",)),
        Figures(
            "reliability_figures",
            Step(f"{_HERE}.evaluation:draw"),
            datasets=("simulated",),
            captions=(("reliability", "Reliability", "How often a class is true, against its predicted probability."),),
            simulation=True,
            title="Networks",
        ),
    ),
)
"""The study ``htautau_bayesian``."""
